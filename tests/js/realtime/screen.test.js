import assert from "node:assert/strict";
import { test } from "node:test";

import { Pressed, symbolsFor } from "../../../static/js/realtime/reactions.js";
import { isTall, largest, lengthOf, MOST_KEPT, percents, planOf, trim } from "../../../static/js/realtime/screen-plan.js";

const byId = (...things) => new Map(things.map((thing) => [thing.id, thing]));
const question = (id, more = {}) => ({ id, state: "open", pinned: false, merged_into: null, votes: 1, text: "?", ...more });
const poll = (id, more = {}) => ({ id, state: "open", shown: false, results: null, answers: 0, ...more });
const ids = (things) => things.map((each) => each.id);

test("an empty room is idle, and raised hands alone leave it so", () => {
  assert.equal(planOf({}).idle, true);
  const plan = planOf({ hand: byId({ id: 1, state: "waiting", position: 2 }, { id: 2, state: "speaking", position: 1 }) });
  assert.equal(plan.idle, true);
  assert.deepEqual(ids(plan.hands), [2, 1]);
});

test("what is answered stands alone, beside an open poll, and before results", () => {
  const asked = byId(question(1), question(2, { state: "answering" }), question(3, { pinned: true }));
  assert.deepEqual([planOf({ question: asked }).question.id, planOf({ question: asked }).waiting], [2, []]);
  assert.equal(planOf({ question: asked, poll: byId(poll(7)) }).poll.id, 7);
  assert.equal(planOf({ question: asked, poll: byId(poll(7, { state: "closed", shown: true, results: [] })) }).poll, null);
});

test("without an answer on the stage: an open poll, then shown results, then what most want to hear", () => {
  const asked = byId(question(1), question(2, { votes: 9 }), question(3, { pinned: true }), question(4, { merged_into: 1 }), question(5, { state: "answered" }), question(6, { votes: 2 }));
  assert.deepEqual(ids(planOf({ question: asked }).waiting), [3, 2, 6]);
  const shown = poll(7, { state: "closed", shown: true, results: [] });
  assert.deepEqual([planOf({ question: asked, poll: byId(shown) }).poll.id, planOf({ question: asked, poll: byId(shown) }).waiting], [7, []]);
  assert.equal(planOf({ poll: byId(poll(6), shown, poll(8, { state: "closed" })) }).poll.id, 6);
  assert.equal(planOf({ poll: byId(poll(8, { state: "closed" })) }).idle, true);
});

test("eight hours of a busy room leave a bounded rest, and not what is on the screen", () => {
  const state = { message: new Map(), question: new Map(), poll: new Map(), announcement: new Map() };
  for (let id = 1; id <= 20_000; id += 1) {
    state.message.set(id, { id });
    state.question.set(id, question(id, { pinned: id === 3, state: id === 5 ? "answering" : "answered" }));
    state.announcement.set(id, { id });
    trim(state);
  }
  assert.equal(state.message.size, 0);
  assert.equal(state.question.size, MOST_KEPT);
  assert.equal(state.announcement.size, MOST_KEPT);
  assert.ok(state.question.has(3) && state.question.has(5) && state.question.has(20_000) && !state.question.has(4));
});

test("the longer a text, the smaller; Han counts twice, marks not at all", () => {
  assert.equal(lengthOf("Who pays for the first year?"), "short");
  assert.equal(lengthOf("水".repeat(40)), "middle");
  assert.equal(lengthOf("a".repeat(200)), "long");
  assert.equal(lengthOf("a".repeat(500)), "endless");
  assert.equal(lengthOf("กี่".repeat(60)), "short");
  assert.deepEqual([isTall("ဘယ်"), isTall("کون"), isTall("Who?"), isTall("谁")], [true, true, false, false]);
});

test("the largest size that fits is taken, and the smallest where none does", () => {
  assert.equal(largest([1, 0.8, 0.6], (size) => size < 0.9), 0.8);
  assert.equal(largest([1, 0.8, 0.6], () => false), 0.6);
});

test("percentages are whole, and nobody is divided by", () => {
  assert.deepEqual(percents([{ count: 1 }, { count: 2 }], 3), [33, 67]);
  assert.deepEqual(percents([{ count: 0 }], 0), [0]);
});

test("few reactions rise one by one, many as a few and a number, and never more than there is room", () => {
  assert.deepEqual(symbolsFor({ clap: 2, idea: 1 }, 24), [{ name: "clap", times: 1 }, { name: "clap", times: 1 }, { name: "idea", times: 1 }]);
  assert.deepEqual(symbolsFor({ clap: 900 }, 24), [{ name: "clap", times: 900 }, ...Array(4).fill({ name: "clap", times: 1 })]);
  assert.equal(symbolsFor({ clap: 900, heart: 5000, idea: 40 }, 3).length, 3);
  assert.equal(symbolsFor({ clap: 900, heart: 5000 }, 3)[0].name, "heart");
  assert.deepEqual(symbolsFor({ clap: 3 }, 0), []);
  assert.deepEqual(symbolsFor({ clap: 3 }, -4), []);
  assert.deepEqual(symbolsFor({ nonsense: 3, clap: "9", heart: 0.5 }, 9), []);
});

test("what is pressed in one moment is one command, and no more than the server takes", () => {
  const pressed = new Pressed(10);
  for (let at = 0; at < 25; at += 1) pressed.press("clap");
  pressed.press("idea");
  assert.deepEqual([pressed.next(), pressed.next(), pressed.next(), pressed.empty], [{ emoji: "clap", times: 10 }, { emoji: "idea", times: 1 }, null, true]);
});
