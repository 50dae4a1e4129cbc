import assert from "node:assert/strict";
import test from "node:test";

import { least } from "../../../static/js/media/whep.js";
import { forVoice } from "../../../static/js/media/whip.js";
import { findAmong, readKept } from "../../../static/js/realtime/device-choice.js";
import { loudness } from "../../../static/js/realtime/device-sound.js";
import { browserOf, howToAllow, sentenceFor, troubleOf, whyNoDevice } from "../../../static/js/realtime/device-words.js";

const AGENTS = {
  chrome: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "chrome-android": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
  firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
  "firefox-android": "Mozilla/5.0 (Android 14; Mobile; rv:141.0) Gecko/141.0 Firefox/141.0",
  safari: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
  "safari-ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1",
  wechat: "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50",
  other: "curl/8",
};

test("each browser is told its own way to allow camera and microphone", () => {
  for (const [browser, agent] of Object.entries(AGENTS)) assert.equal(browserOf(agent), browser);
  assert.equal(browserOf(AGENTS.safari, 5), "safari-ios", "an iPad says that it is a Mac");
  assert.equal(new Set(Object.keys(AGENTS).map((browser) => howToAllow(/** @type {any} */ (browser)))).size, 8);
});

test("what a browser throws is told as what is the matter", () => {
  const thrown = (name, message = "") => troubleOf(new DOMException(message, name));
  assert.equal(thrown("NotAllowedError", "Permission denied"), "refused");
  assert.equal(thrown("NotAllowedError", "Permission denied by system"), "system");
  assert.equal(thrown("NotAllowedError", "Permission dismissed"), "dismissed");
  assert.equal(thrown("NotFoundError"), "missing");
  assert.equal(thrown("NotReadableError"), "busy");
  assert.equal(thrown("SecurityError"), "insecure");
  assert.equal(thrown("AbortError"), null);
  assert.equal(troubleOf("something"), "broken");
  const sentences = ["refused", "dismissed", "system", "missing", "busy", "insecure", "unsupported", "broken"].map((trouble) => sentenceFor(/** @type {any} */ (trouble), "microphone"));
  assert.equal(new Set(sentences).size, 8);
});

test("a refusal on the way to the stage says which button to press", () => {
  const words = whyNoDevice(new DOMException("Permission denied", "NotAllowedError"), AGENTS.firefox, 0);
  assert.match(words, /does not let this page use your camera and microphone\. In Firefox: /);
  assert.equal(whyNoDevice(new DOMException("", "AbortError"), AGENTS.firefox, 0), "");
});

test("a device is found again by its id, else by its name, else not", () => {
  const there = [{ deviceId: "a", label: "Front" }, { deviceId: "b", label: "Desk" }, { deviceId: "c", label: "" }];
  assert.equal(findAmong(there, { id: "b", label: "Old name" }), "b");
  assert.equal(findAmong(there, { id: "gone", label: "Front" }), "a");
  assert.equal(findAmong(there, { id: "gone", label: "" }), "", "devices without a name are not taken for each other");
  assert.equal(findAmong(there, undefined), "");
});

test("what is kept of devices is taken as far as it makes sense", () => {
  assert.deepEqual(readKept('{"camera":{"id":"x","label":"Front"},"microphone":{"id":7},"nose":{"id":"x","label":"y"}}'), { camera: { id: "x", label: "Front" } });
  for (const nonsense of [null, "", "{", "null", "[]", '"x"']) assert.deepEqual(readKept(nonsense), {});
});

test("loudness is 0 in silence, 1 at full, and in between as ears have it", () => {
  const tone = (height) => Float32Array.from({ length: 480 }, (_, at) => height * Math.sin((at / 48) * 2 * Math.PI));
  assert.equal(loudness(new Float32Array(480)), 0);
  assert.ok(loudness(tone(1)) > 0.94);
  const quiet = loudness(tone(0.01));
  assert.ok(quiet > 0.2 && quiet < 0.35, String(quiet));
});

test("of what is wanted and what the line allows the smaller one comes", () => {
  assert.deepEqual(least({ layer: null, paused: false }, { layer: "q", paused: false }), { layer: "q", paused: false });
  assert.deepEqual(least({ layer: "q", paused: false }, { layer: "h", paused: true }), { layer: "q", paused: true });
  assert.deepEqual(least({ layer: null, paused: false }, { layer: null, paused: false }), { layer: null, paused: false });
});

test("a silent voice is asked not to be sent, once, and nothing else changes", () => {
  const answer = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=fmtp:96 x=1\r\n";
  const agreed = forVoice(answer);
  assert.match(agreed, /a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=24000;usedtx=1\r\n/);
  assert.match(agreed, /a=fmtp:96 x=1\r\n/);
  assert.equal(forVoice(agreed), agreed);
  assert.equal(forVoice("v=0\r\n"), "v=0\r\n");
});
