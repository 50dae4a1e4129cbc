import assert from "node:assert/strict";
import { test } from "node:test";

import { hostOf, inOrder, sizeOf, target } from "../../../static/js/realtime/materials.js";

/** @param {number} id
 * @param {number} position
 * @param {boolean} [pinned]
 * @returns {any} */
const made = (id, position, pinned = false) => ({ id, position, pinned });

test("what is on top comes first, the others by their places", () => {
  assert.deepEqual(inOrder([made(1, 2), made(2, 0), made(3, 5, true), made(4, 2)]).map(({ id }) => id), [3, 2, 1, 4]);
});

test("one place up and down, past nothing", () => {
  const line = inOrder([made(9, 1, true), made(1, 0), made(2, 2), made(3, 3)]);
  assert.deepEqual([target(line, 1, "up"), target(line, 1, "down")], [undefined, 3]);
  assert.deepEqual([target(line, 2, "up"), target(line, 2, "down")], [1, null]);
  assert.deepEqual([target(line, 3, "up"), target(line, 3, "down")], [2, undefined]);
  assert.equal(target(line, 9, "up"), undefined);
});

test("sizes and hosts are told in few words", () => {
  assert.equal(sizeOf(300, "en"), "1 kB");
  assert.equal(sizeOf(2_140_000, "en"), "2.1 MB");
  assert.equal(hostOf("https://maps.example.org/x?y"), "maps.example.org");
  assert.equal(hostOf("nothing"), "");
});
