import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { pick, Standing, stay, unseen, writtenIn } from "../../../static/js/realtime/announcements.js";

const NOW = Date.parse("2026-11-24T10:00:00Z");

/** @param {number} id
 * @param {object} [more] */
const made = (id, more = {}) => ({ id, event: 1, room: null, text: { en: `Words ${id}` }, link: "", urgent: false, author: { id: 1, name: "Yang" }, created: "2026-11-24T09:50:00Z", ...more });

test("the reader's language is picked as the server would", () => {
  // The same table is read by tests/core/test_text_and_times.py.
  const table = JSON.parse(readFileSync(new URL("./texts.json", import.meta.url), "utf8"));
  for (const { text, language, tag } of table) assert.deepEqual(pick(text, language), { tag, words: text[tag] ?? "" }, JSON.stringify(text));
});

test("banners: urgent first, newest first, three at most, nothing that was seen or is old", () => {
  const all = [made(1), made(2, { urgent: true }), made(3), made(4), made(5), made(6, { created: "2026-11-24T08:00:00Z" }), made(7, { urgent: true, created: "2026-11-24T01:00:00Z" })];
  assert.deepEqual(unseen(all, new Set([5]), NOW).map(({ id }) => id), [7, 2, 4]);
  assert.deepEqual(unseen(all, new Set([1, 2, 3, 4, 5, 7]), NOW), []);
});

test("an urgent one stays, another long enough to be read", () => {
  assert.equal(stay(made(1, { urgent: true }), "x"), Infinity);
  assert.equal(stay(made(1), "x"), 20_000);
  assert.equal(stay(made(1), "x".repeat(500)), 60_000);
});

test("what holds follows the updates of each stream, and says so only when it changes", () => {
  const standing = new Standing();
  let changes = 0;
  standing.addEventListener("change", () => { changes += 1; });
  standing.replace("event.1", [made(1)]);
  standing.replace("room.4", [made(2, { room: 4 })]);
  standing.replace("room.4", [made(2, { room: 4 })]);
  assert.equal(changes, 2);
  standing.take({ stream: "event.1", update: "announcement.saved", data: made(3) });
  standing.take({ stream: "room.4", update: "announcement.removed", data: { id: 2 } });
  standing.take({ stream: "room.4", update: "announcement.removed", data: { id: 2 } });
  assert.deepEqual(standing.all.map(({ id }) => id), [3, 1]);
  assert.equal(changes, 4);
});

test("what stands in the field for English is marked as what it is written in", () => {
  assert.deepEqual(["Lunch", "နေ့လည်စာ", "دوپہر کا کھانا", "午餐"].map((words) => writtenIn(words, "en")), ["en", "my", "ur", "zh-hans"]);
  assert.equal(writtenIn("午餐", "ja"), "ja");
});
