import assert from "node:assert/strict";
import { test } from "node:test";
import { dayRead } from "../../../static/js/programme/days.js";

test("the day that is read is the last that begins above the line", () => {
  assert.equal(dayRead([-900, 80, 1400], 120, false), 1);
  assert.equal(dayRead([-2000, -900, 119], 120, false), 2);
});

test("above the first day none is read", () => {
  assert.equal(dayRead([300, 900, 1400], 120, false), -1);
});

test("at the end of the page the last day is read, however short it is", () => {
  assert.equal(dayRead([-900, -300, 500], 120, true), 2);
});
