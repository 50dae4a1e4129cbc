import assert from "node:assert/strict";
import { test } from "node:test";

import { AFTER_FAILURE, Refusal, WHILE_WAITING, judge, pauseAfter } from "../../../static/js/media/retry.js";
import { iceServersIn } from "../../../static/js/media/session.js";
import { orderCodecs } from "../../../static/js/media/whip.js";

test("pauses grow up to a limit", () => {
  const middle = () => 0.5;
  assert.deepEqual([1, 2, 3, 4, 5, 6, 50].map((tries) => pauseAfter(tries, AFTER_FAILURE, middle)), [250, 500, 1000, 2000, 4000, 4000, 4000]);
  assert.equal(pauseAfter(20, WHILE_WAITING, middle), 3000);
  assert.equal(pauseAfter(0, AFTER_FAILURE, middle), 250);
});

test("pauses are spread, so that a crowd does not come back in one moment", () => {
  assert.equal(pauseAfter(5, AFTER_FAILURE, () => 0), 2400);
  assert.equal(pauseAfter(5, AFTER_FAILURE, () => 1), 5600);
  assert.ok(new Set(Array.from({ length: 100 }, () => pauseAfter(5, AFTER_FAILURE))).size > 50);
});

test("each answer of the server leads to the right next step", () => {
  const verdict = (/** @type {number} */ status, /** @type {string} */ code) => judge(new Refusal(status, code, ""));
  assert.equal(verdict(409, "not-flowing"), "wait");
  for (const code of ["grant-expired", "grant-forged", "grant-missing"]) assert.equal(verdict(401, code), "renew");
  for (const [status, code] of [[404, "gone"], [429, "too-many"], [503, "busy"], [500, "failed"], [502, "refused"]]) {
    assert.equal(verdict(Number(status), String(code)), "retry");
  }
  for (const [status, code] of [[403, "removed"], [410, "replaced"], [422, "codec"], [403, "origin"], [400, "malformed"], [415, "content-type"]]) {
    assert.equal(verdict(Number(status), String(code)), "final");
  }
});

test("a network error passes, a grant the page refuses to give does not", () => {
  assert.equal(judge(new TypeError("Failed to fetch")), "retry");
  assert.equal(judge(Object.assign(new Error("You may not publish here."), { final: true, code: "denied" })), "final");
  assert.equal(judge("whatever"), "retry");
});

test("video is sent as VP8 before H.264, with retransmissions, and as nothing else", () => {
  const codecs = ["video/AV1", "video/H264", "video/VP9", "video/rtx", "video/VP8", "video/ulpfec", "video/H264"].map((mimeType) => ({ mimeType }));
  assert.deepEqual(orderCodecs(codecs).map(({ mimeType }) => mimeType), ["video/VP8", "video/H264", "video/H264", "video/rtx"]);
  assert.deepEqual(orderCodecs([{ mimeType: "video/rtx" }, { mimeType: "video/AV1" }]), []);
});

test("the servers that help to connect are read from the header that names them", () => {
  const link = '<turn:a.example:3478?transport=udp>; rel="ice-server"; username="u"; credential="c, d"; credential-type="password", <stun:b.example>; rel="ice-server", <https://c.example>; rel="next"';
  assert.deepEqual(iceServersIn(link), [{ urls: "turn:a.example:3478?transport=udp", username: "u", credential: "c, d" }, { urls: "stun:b.example" }]);
  assert.deepEqual(iceServersIn(""), []);
});
