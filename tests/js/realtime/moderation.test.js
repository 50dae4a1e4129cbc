import assert from "node:assert/strict";
import { test } from "node:test";

import { pressed } from "../../../static/js/realtime/console-keys.js";
import { clockOf, standing } from "../../../static/js/realtime/countdown.js";
import { roster, together, wordsIn } from "../../../static/js/realtime/moderation.js";

const NOW = Date.UTC(2026, 10, 23, 6, 0);
const timer = (left, more = {}) => ({ id: 1, label: "", seconds: 600, called: false, ends: new Date(NOW + left * 1000).toISOString(), ...more });

test("two minutes are called when they are left, for a while, and not at the beginning of a short talk", () => {
  const phase = (left, more) => standing(timer(left, more), NOW).phase;
  assert.deepEqual([600, 121, 120, 101, 100, 1, 0, -30].map((left) => phase(left)), ["running", "running", "call", "call", "soon", "soon", "over", "over"]);
  assert.equal(phase(120, { seconds: 120 }), "soon");
  assert.equal(phase(120, { seconds: 120, called: true }), "call");
});

test("a clock is written as people read it, and what has run over has a minus", () => {
  assert.deepEqual([0, 5, 65, 600, 3605, -61].map(clockOf), ["0:00", "0:05", "1:05", "10:00", "1:00:05", "−1:01"]);
});

class Field {
  constructor(inside) { this.inside = inside; }
  closest() { return this.inside ? this : null; }
}
globalThis.Element ??= Field;
const press = (key, more = {}) => pressed({ key, code: `Key${key.toUpperCase()}`, target: null, ...more });

test("a key is meant for the console unless somebody writes, holds it or means another command", () => {
  assert.deepEqual([press("q"), press("Q", { shiftKey: true }), press("?"), press("ф", { code: "KeyA" })], ["q", "Shift+Q", "?", "a"]);
  assert.deepEqual([press("q", { ctrlKey: true }), press("q", { repeat: true }), press("q", { isComposing: true }), press("Enter")], ["", "", "", ""]);
  assert.equal(press("q", { target: new Field(true) }), "");
});

test("words are told apart by lines and by the commas of several scripts, each once", () => {
  assert.deepEqual(wordsIn(" spam \nfree  money,Spam，赚钱、贷款;\n\n"), ["Spam", "free money", "赚钱", "贷款"]);
  assert.deepEqual(wordsIn("  \n"), []);
});

const person = (id, name) => ({ id, name, name_latin: "", organisation: "" });

test("who was removed or muted stands first, then who is here, then who only wrote; nobody twice", () => {
  const room = {
    state: { message: new Map([[1, { author: person(3, "Cho") }], [2, { author: person(1, "An") }], [3, { author: { id: null, name: "Someone who left" } }]]), question: new Map([[4, { author: null }]]) },
    behind: { restriction: new Map([[5, { id: 5, person: person(5, "Zaw"), muted: false, removed: true }], [2, { id: 2, person: person(2, "Bo"), muted: true, removed: false }]]) },
  };
  const all = roster(/** @type {any} */ (room), /** @type {any} */ ([person(2, "Bo"), person(1, "An")]));
  assert.deepEqual(all.map(({ person: { name }, here, muted, removed }) => [name, here, muted, removed]), [
    ["Zaw", false, false, true], ["Bo", true, true, false], ["An", true, false, false], ["Cho", false, false, false],
  ]);
});

test("reports of one thing are one matter; after a decision the next report of it is another", () => {
  const report = (id, thing, decided = null) => ({ id, kind: "message", thing, decision: decided ? "nothing" : "", decided });
  const { open, decided } = together(/** @type {any} */ ([report(4, 9), report(1, 9, "2026-11-23T06:00:00Z"), report(3, 8), report(2, 9, "2026-11-23T06:00:00Z"), report(5, 8), report(6, 7, "2026-11-23T07:00:00Z")]));
  assert.deepEqual([open.map((group) => group.map(({ id }) => id)), decided.map((group) => group.map(({ id }) => id))], [[[3, 5], [4]], [[6], [1, 2]]]);
});
