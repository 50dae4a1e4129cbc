import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped, inLine, inOrder } from "../../../static/js/realtime/queue.js";

const question = (id, more = {}) => ({ id, state: "open", pinned: false, merged_into: null, votes: 1, ...more });
const hand = (id, position, state = "waiting") => ({ id, position, state });
const ids = (things) => things.map((each) => each.id);

test("what is being answered comes first, then what is pinned, then what most want to hear, then what was asked first", () => {
  const asked = [question(1), question(2, { votes: 5 }), question(3, { pinned: true }), question(4, { state: "answering" }), question(5, { votes: 5 })];
  assert.deepEqual(ids(inOrder(asked)), [4, 3, 2, 5, 1]);
});

test("what was merged stands under the other one, and by itself when that one is not seen", () => {
  const groups = grouped([question(1), question(2, { merged_into: 1 }), question(3, { merged_into: 9 })]);
  assert.deepEqual(groups.map((group) => [group.question.id, ids(group.merged)]), [[1, [2]], [3, []]]);
});

test("whoever has the word stands before the line", () => {
  assert.deepEqual(ids(inLine([hand(1, 0), hand(2, 2, "speaking"), hand(3, 1)])), [2, 1, 3]);
});
