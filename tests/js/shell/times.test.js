import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, dayShift, lengthOf, relative } from "../../../static/js/times.js";

test("a session that crosses midnight has its true length", () => {
  assert.equal(lengthOf("Tue 24 Nov. 23:30–00:15"), 45);
});

test("a time without an end has no length", () => {
  assert.equal(lengthOf("14:15"), null);
});

test("clocks of quarter-hour zones are exact", () => {
  assert.equal(clock(new Date("2026-11-24T10:00:00+08:00"), "Asia/Kathmandu"), "07:45");
  assert.equal(clock(new Date("2026-11-24T10:00:00+08:00"), "Asia/Yangon"), "08:30");
});

test("midnight is written 00:00, not 24:00", () => {
  assert.equal(clock(new Date("2026-11-24T00:00:00+08:00"), "Asia/Shanghai"), "00:00");
});

test("another date than the event's is noticed on both sides", () => {
  assert.equal(dayShift("2026-11-24T01:00:00+08:00", "Asia/Kolkata"), -1);
  assert.equal(dayShift("2026-11-24T23:30:00+08:00", "Pacific/Auckland"), 1);
  assert.equal(dayShift("2026-11-24T12:00:00+08:00", "Asia/Dhaka"), 0);
});

test("distances in time are told in the page's language", () => {
  assert.equal(relative(12 * 60, "en"), "in 12 minutes");
  assert.equal(relative(-2 * 3600, "en"), "2 hours ago");
  assert.equal(relative(12 * 60, "zh-Hans"), "12分钟后");
});
