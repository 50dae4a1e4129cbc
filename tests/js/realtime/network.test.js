import assert from "node:assert/strict";
import test from "node:test";

import { Open } from "../../../static/js/media/open.js";
import { DataMeter, inUnits } from "../../../static/js/realtime/data-meter.js";
import { readChoice } from "../../../static/js/realtime/network-mode.js";
import { received, sent } from "../../../static/js/realtime/network-line.js";
import { countersIn, sampleOf } from "../../../static/js/realtime/network-sample.js";
import { suggest, tryLine } from "../../../static/js/realtime/network-test.js";
import { judge, Watch } from "../../../static/js/realtime/network-watch.js";

const SECOND = 1000;

/** Feeds a watch every two seconds; gives the seconds at which its step changed, with the step. */
function follow(watch, verdicts, from = 0) {
  const changes = [];
  let before = watch.step;
  let at = from;
  for (const [verdict, seconds] of verdicts) {
    for (const end = at + seconds; at < end; at += 2) {
      const step = watch.take(verdict, at * SECOND);
      if (step !== before) changes.push([at - from, step]);
      before = step;
    }
  }
  return changes;
}

test("what a line is like is judged by loss, by waiting and by whether it is full", () => {
  assert.equal(judge({ loss: null, waits: 0, full: false }), "good");
  assert.equal(judge({ loss: 0.08, waits: 0, full: false }), "fair");
  assert.equal(judge({ loss: 0.15, waits: 0, full: false }), "weak");
  assert.equal(judge({ loss: 0.3, waits: 0, full: false }), "bad");
  assert.equal(judge({ loss: 0, waits: 0.7, full: false }), "weak");
  assert.equal(judge({ loss: 0, waits: 2, full: false }), "bad");
  assert.equal(judge({ loss: 0, waits: 0, full: true }), "weak");
});

test("one bad second gives up nothing, a bad line pauses the pictures within five seconds", () => {
  assert.deepEqual(follow(new Watch(3), [["good", 10], ["bad", 2], ["good", 10]]), []);
  assert.deepEqual(follow(new Watch(3), [["bad", 6]]), [[4, 2]]);
});

test("a weak line loses one thing after the other, and has time in between to show what it helped", () => {
  assert.deepEqual(follow(new Watch(3), [["weak", 40]]).map(([, step]) => step), [1, 2, 3]);
  const [one, two] = follow(new Watch(3), [["weak", 40]]).map(([at]) => at);
  assert.ok(two - one >= 5, "a pause");
});

test("on a good line everything comes back, one step after the other", () => {
  const watch = new Watch(3);
  follow(watch, [["bad", 6]]);
  const back = follow(watch, [["good", 60]], 6);
  assert.deepEqual(back.map(([, step]) => step), [1, 0]);
});

test("a try that fails doubles the wait", () => {
  const watch = new Watch(2);
  let at = 0;
  const run = (verdict, until) => { while (!until()) { watch.take(verdict, at); at += 2 * SECOND; } };
  run("bad", () => watch.step === 2);
  const waits = [];
  for (let number = 0; number < 6; number += 1) {
    const began = at;
    run("good", () => watch.step === 1);
    waits.push((at - began) / SECOND);
    run("weak", () => watch.step === 2);
  }
  assert.ok(waits[1] > waits[0] * 1.5 && waits[2] > waits[1] * 1.5, `${waits}`);
  assert.ok(Math.max(...waits) <= 250, "and stays below five minutes");
});

test("whoever asks for the picture has it at once, and for two minutes whatever the line says", () => {
  const watch = new Watch(3);
  follow(watch, [["bad", 20]]);
  watch.release(20 * SECOND);
  assert.equal(watch.step, 0);
  assert.deepEqual(follow(watch, [["bad", 118]], 20), []);
  assert.equal(follow(watch, [["bad", 20]], 140)[0][1], 2);
});

test("what is sacrificed first are pictures of others, then screens, last one's own picture", () => {
  assert.deepEqual([0, 1, 2, 3].map((step) => received("full", step, false)), [
    { layer: null, paused: false }, { layer: "q", paused: false }, { layer: "q", paused: true }, { layer: "q", paused: true },
  ]);
  assert.deepEqual([0, 1, 2, 3].map((step) => received("full", step, true).paused), [false, false, false, true]);
  assert.deepEqual(received("small", 0, false), { layer: "q", paused: false });
  assert.deepEqual(received("audio", 0, true), { layer: null, paused: true });
  assert.deepEqual(["full", "small", "audio"].map((mode) => sent(mode, 0, false)), ["full", "small", "least"]);
  assert.deepEqual([0, 1, 2, 3].map((step) => sent("full", step, false)), ["full", "small", "least", "none"]);
  assert.equal(sent("audio", 0, true), "full");
});

const transport = (bytes, packets) => ({ type: "transport", id: "T", selectedCandidatePairId: "P", bytesReceived: bytes, bytesSent: 0, packetsReceived: packets, packetsSent: 0 });
const pair = (values) => ({ type: "candidate-pair", id: "P", state: "succeeded", nominated: true, ...values });
const inbound = (received, lost, bytes = 0) => ({ type: "inbound-rtp", kind: "audio", packetsReceived: received, packetsLost: lost, bytesReceived: bytes, headerBytesReceived: 0 });

test("bytes are counted with the headers of the network, where a browser has no sums also from its pairs", () => {
  assert.equal(countersIn([transport(10_000, 100), pair({ bytesReceived: 1 })]).bytes, 12_800);
  assert.equal(countersIn([pair({ bytesReceived: 500, bytesSent: 300 })]).bytes, 800);
});

test("loss, waiting and a full line are seen between two looks", () => {
  const look = (...reports) => countersIn(reports);
  const before = look(transport(0, 0), pair({ currentRoundTripTime: 0.05 }), inbound(1000, 10, 100_000));
  const now = look(transport(0, 0), pair({ currentRoundTripTime: 0.85, availableIncomingBitrate: 150_000 }), inbound(1080, 30, 150_000));
  const { down, up, shortest } = sampleOf([{ now, before, sends: false }], 2, 0.05);
  assert.equal(up, null);
  assert.equal(down.loss, 0.2);
  assert.ok(Math.abs(down.waits - 0.8) < 1e-9);
  assert.equal(down.full, true, "200 kbit/s arrive, 150 are thought to fit");
  assert.equal(shortest, 0.05);
  const quiet = look(transport(0, 0), pair({ currentRoundTripTime: 0.3, availableIncomingBitrate: 95_000 }), inbound(1010, 10, 110_000));
  const alone = sampleOf([{ now: quiet, before, sends: false }], 2, Infinity);
  assert.deepEqual(alone.down, { loss: null, waits: 0, full: false }, "few packets say nothing; a long way is no weak line");
  const voice = (played, concealed, silent) => ({ ...inbound(1080, 10), totalSamplesReceived: played, concealedSamples: concealed, silentConcealedSamples: silent });
  const late = look(transport(0, 0), pair({}), voice(196_000, 40_000, 20_000));
  const spoke = sampleOf([{ now: late, before: look(transport(0, 0), pair({}), voice(100_000, 10_000, 10_000)), sends: false }], 2, Infinity);
  assert.equal(spoke.down.loss, null, "too few packets between the two");
  const later = { ...late, received: late.received + 100 };
  const heard = sampleOf([{ now: later, before: look(transport(0, 0), pair({}), voice(100_000, 10_000, 10_000)), sends: false }], 2, Infinity);
  assert.ok(Math.abs(heard.down.loss - 20_000 / 96_000) < 1e-9, "a voice that has to be made up is a weak line, pauses of the speaker are none");
  const picture = (sent, lost) => [{ type: "outbound-rtp", kind: "video", packetsSent: sent }, { type: "remote-inbound-rtp", kind: "video", packetsLost: lost }];
  const deaf = { type: "remote-inbound-rtp", kind: "audio", packetsLost: 900, fractionLost: 0.9 };
  const publisher = look(transport(0, 0), pair({ availableOutgoingBitrate: 60_000 }), deaf, ...picture(200, 31));
  const earlier = look(transport(0, 0), pair({}), ...picture(100, 1));
  assert.deepEqual(sampleOf([{ now: publisher, before: earlier, sends: true }], 2, Infinity).up, { loss: 0.3, waits: 0, full: true }, "somebody else's loss is not ours");
});

test("the meter counts over a reload, and says the pace of the last half minute", () => {
  const kept = new Map();
  const memory = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const meter = new DataMeter(4, memory);
  assert.equal(meter.perHour, null);
  for (let second = 0; second <= 60; second += 2) meter.add(second < 30 ? 500_000 : 20_000, second * SECOND);
  assert.ok(Math.abs(meter.perHour - 36_000_000) < 2_000_000, String(meter.perHour));
  meter.turn();
  assert.equal(meter.perHour, null, "a new pace is not known yet");
  const again = new DataMeter(4, memory);
  assert.ok(again.bytes > 7_000_000);
  assert.equal(new DataMeter(5, memory).bytes, 0, "each room by itself");
  assert.equal(new DataMeter(4, { getItem() { throw new Error("forbidden"); }, setItem() {} }).bytes, 0);
});

test("amounts are written in the reader's language", () => {
  assert.equal(inUnits(850_400, "en"), "850 kB");
  assert.equal(inUnits(3_440_000, "en"), "3.4 MB");
  assert.equal(inUnits(34_000_000, "en"), "34 MB");
  assert.equal(inUnits(1_240_000_000, "en"), "1.2 GB");
});

test("what is kept of a choice is taken as far as it makes sense", () => {
  assert.deepEqual(readChoice(null), { mode: null, automatic: true });
  assert.deepEqual(readChoice('{"mode":"audio","automatic":false}'), { mode: "audio", automatic: false });
  for (const nonsense of ['{"mode":"huge"}', "[]", "{", "7", "null"]) assert.deepEqual(readChoice(nonsense), { mode: null, automatic: true });
});

/** A line of so many bits per second and so long a way, with the clock of what is moved over it. */
function wayOf(bits, trip) {
  const moved = [];
  const move = async (bytes) => {
    const seconds = Math.min(trip + (bytes * 8) / bits, 8);
    moved.push(bytes);
    return { took: seconds * SECOND, bytes: seconds === 8 ? Math.round(((8 - trip) * bits) / 8) : bytes };
  };
  return { way: { fetch: move, send: move }, moved };
}

test("a trial measures a fast line, and a thin one costs tens of kilobytes", async () => {
  const fast = wayOf(20_000_000, 0.04);
  const measured = await tryLine(fast.way, () => {});
  assert.ok(Math.abs(measured.down - 20_000_000) < 1_000_000, String(measured.down));
  assert.equal(suggest(measured, true), "full");
  const thin = wayOf(80_000, 0.3);
  const steps = [];
  const slow = await tryLine(thin.way, (share) => steps.push(share));
  assert.ok(Math.abs(slow.down - 80_000) < 5_000, String(slow.down));
  assert.ok(slow.bytes < 40_000, `${slow.bytes} bytes`);
  assert.equal(suggest(slow, false), "audio");
  assert.deepEqual([...steps].sort((one, other) => one - other), steps, "it only goes forward");
  assert.equal(steps.at(-1), 1);
});

test("whoever is on the stage needs room for their own picture, too", () => {
  const line = { down: 6_000_000, up: 400_000, trip: 0.1 };
  assert.deepEqual([suggest(line, false), suggest(line, true), suggest({ ...line, up: 100_000 }, true)], ["full", "small", "audio"]);
  assert.equal(suggest({ down: 6_000_000, up: 6_000_000, trip: 0.8 }, false), "small");
});

test("whoever limits connections hears of each before it begins", () => {
  const open = new Open();
  const heard = [];
  open.addEventListener("opened", (event) => heard.push(event.detail));
  const one = /** @type {any} */ ({});
  open.add(one);
  open.add(one);
  assert.deepEqual(heard, [one]);
  open.delete(one);
  assert.deepEqual([...open], []);
});
