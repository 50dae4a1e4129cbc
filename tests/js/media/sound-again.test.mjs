import assert from "node:assert/strict";
import { test } from "node:test";

import { withSoundAgain } from "../../../static/js/media/session.js";

const OFFER = ["m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", ""].join("\r\n");

test("lost sound is asked for again, under the browser's own number of the codec", () => {
  const lines = withSoundAgain(OFFER).split("\r\n");
  assert.equal(lines[2], "a=rtcp-fb:111 nack");
  assert.equal(lines.length, OFFER.split("\r\n").length + 1);
});

test("a browser that asks for it by itself is left alone, and so is an offer without sound", () => {
  const asks = OFFER.replace("a=fmtp:111", "a=rtcp-fb:111 nack\r\na=fmtp:111");
  assert.equal(withSoundAgain(asks), asks);
  const silent = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
  assert.equal(withSoundAgain(silent), silent);
});
