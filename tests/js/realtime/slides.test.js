import assert from "node:assert/strict";
import { test } from "node:test";

import { after, inOrder, leaf, showOf, sizeFor, turnOf } from "../../../static/js/realtime/slides-plan.js";

/** @type {any} */
const show = { id: 12, deck: 3, title: "", pages: 20, page: 8, reached: 9, address: "/s/3" };

test("keys turn the page, those of pointers too", () => {
  assert.deepEqual(["ArrowRight", "PageDown", "ArrowDown"].map((key) => turnOf(key)), ["next", "next", "next"]);
  assert.deepEqual(["ArrowLeft", "PageUp", "ArrowUp"].map((key) => turnOf(key)), ["previous", "previous", "previous"]);
  assert.deepEqual([turnOf("Home"), turnOf("End"), turnOf("a"), turnOf("Enter")], ["first", "last", null, null]);
});

test("who reads from right to left turns with the other arrow", () => {
  assert.deepEqual([turnOf("ArrowLeft", true), turnOf("ArrowRight", true), turnOf("PageDown", true)], ["next", "previous", "next"]);
});

test("no turn leads past the ends", () => {
  assert.deepEqual([after("next", 20, 20), after("previous", 1, 20), after("first", 7, 20), after("last", 7, 20)], [20, 1, 1, 20]);
});

test("who looks on leafs as far as was shown, and is with the speaker again where the speaker is", () => {
  assert.equal(leaf(show, null, "previous"), 7);
  assert.equal(leaf(show, 7, "next"), null);
  assert.equal(leaf(show, null, "next"), 9);
  assert.equal(leaf(show, 9, "next"), 9);
  assert.equal(leaf(show, 4, "first"), 1);
  assert.equal(leaf(show, 4, "last"), null);
});

test("the large picture is for large places on lines that carry it", () => {
  assert.deepEqual([sizeFor("full", 1600), sizeFor("full", 780), sizeFor("small", 1600), sizeFor("audio", 1600), sizeFor("full", 1600, true)], ["large", "small", "small", "small", "small"]);
});

test("behind the scenes one sees what is shown there, elsewhere what everyone sees", () => {
  const everyone = { id: 12, state: { slides: new Map([[12, show]]) }, backstage: {} };
  assert.equal(showOf(everyone)?.page, 8);
  assert.equal(showOf({ ...everyone, backstage: { slides: new Map([[12, { ...show, page: 2 }]]) } })?.page, 2);
  assert.equal(showOf({ id: 12, state: {}, backstage: {} }), null);
});

test("documents stand in the order in which they came", () => {
  assert.deepEqual(inOrder([{ id: 5 }, { id: 2 }].map((each) => /** @type {any} */ (each))).map(({ id }) => id), [2, 5]);
});
