/** What the statistics of a browser's connections tell of the line. Pure: reports in, numbers out. */

/** @import { Sample } from "./network-watch.js" */

/** Sums since the connection was made, and how it is at this moment. `played`: samples of sound; `invented`: those that the browser had to
 * make up because nothing came in time, pauses of the speaker aside. `sent` and `unheard`: packets of one's own picture; what is reported of
 * one's own sound is the loss of whoever hears worst, and not that of this line.
 * @typedef {{received: number, lost: number, arrived: number, played: number, invented: number, sent: number, unheard: number, trip: number | null, carriesIn: number | null, carriesOut: number | null, bytes: number}} Counters */

/** Fewer packets than this within one look say nothing about the share that gets lost. */
const ENOUGH = 30;
/** Half a second of sound. */
const SAMPLES = 24_000;
/** An estimate below so much of what arrives says that the line is full. */
const FULL = 0.9;
/** Bits per second: less does not carry the smallest picture beside the voice. */
const SMALLEST_OUT = 90_000;
/** Headers of IPv4 and UDP, which browsers do not count. */
const HEADERS = 28;

/** @param {Iterable<any>} reports   of `getStats()`
 * @returns {Counters} */
export function countersIn(reports) {
  const all = [...reports];
  /** @type {Counters} */
  const found = { received: 0, lost: 0, arrived: 0, played: 0, invented: 0, sent: 0, unheard: 0, trip: null, carriesIn: null, carriesOut: null, bytes: 0 };
  const transports = all.filter(({ type }) => type === "transport");
  const pairs = all.filter(({ type }) => type === "candidate-pair");
  const chosen = pairs.find(({ id }) => transports.some((transport) => transport.selectedCandidatePairId === id)) ?? pairs.find((pair) => pair.selected || (pair.nominated && pair.state === "succeeded"));
  for (const report of all) {
    if (report.type === "inbound-rtp") {
      found.received += report.packetsReceived ?? 0;
      found.arrived += (report.bytesReceived ?? 0) + (report.headerBytesReceived ?? 0);
      // Duplicates may make it negative.
      found.lost += Math.max(report.packetsLost ?? 0, 0);
      found.played += report.totalSamplesReceived ?? 0;
      found.invented += Math.max((report.concealedSamples ?? 0) - (report.silentConcealedSamples ?? 0), 0);
    } else if (report.kind === "video" && report.type === "outbound-rtp") {
      found.sent += report.packetsSent ?? 0;
      // What was lost and sent again is no loss to the other side, but it is one of this line.
      found.unheard += report.retransmittedPacketsSent ?? 0;
    } else if (report.kind === "video" && report.type === "remote-inbound-rtp") {
      found.unheard += Math.max(report.packetsLost ?? 0, 0);
    }
  }
  found.trip = chosen?.currentRoundTripTime ?? null;
  found.carriesIn = chosen?.availableIncomingBitrate ?? null;
  found.carriesOut = chosen?.availableOutgoingBitrate ?? null;
  // Where a browser tells no sums of the whole transport (Firefox), those of its pairs of addresses do.
  const wires = transports.some(({ bytesReceived }) => bytesReceived !== undefined) ? transports : pairs;
  for (const wire of wires) {
    found.bytes += (wire.bytesReceived ?? 0) + (wire.bytesSent ?? 0) + HEADERS * ((wire.packetsReceived ?? 0) + (wire.packetsSent ?? 0));
  }
  return found;
}

/** How the line is, each direction by itself, from what the connections of the tab counted at two moments.
 * @param {{now: Counters, before: Counters | undefined, sends: boolean}[]} pairs
 * @param {number} seconds   between the two
 * @param {number} shortest   the shortest round trip so far, in seconds; Infinity: none yet
 * @returns {{down: Sample | null, up: Sample | null, shortest: number}} */
export function sampleOf(pairs, seconds, shortest) {
  let best = shortest;
  for (const { now } of pairs) if (now.trip !== null && now.trip > 0) best = Math.min(best, now.trip);
  const waits = Math.max(0, ...pairs.map(({ now }) => (now.trip === null || best === Infinity ? 0 : now.trip - best)));
  const watching = pairs.filter(({ sends }) => !sends);
  const sending = pairs.filter(({ sends }) => sends);
  let received = 0;
  let lost = 0;
  let broken = 0;
  for (const { now, before } of watching) {
    received += Math.max(now.received - (before?.received ?? now.received), 0);
    lost += Math.max(now.lost - (before?.lost ?? now.lost), 0);
    // What was lost and sent again in time is not heard; what came too late is.
    const played = now.played - (before?.played ?? now.played);
    if (played >= SAMPLES) broken = Math.max(broken, (now.invented - (before?.invented ?? 0)) / played);
  }
  // The estimate of what may arrive grows no further than half above what does: only one below it says that the line is full.
  const full = watching.some(({ now, before }) => now.carriesIn !== null && before && now.carriesIn < (FULL * (now.arrived - before.arrived) * 8) / Math.max(seconds, 0.1));
  const out = sending.flatMap(({ now }) => (now.carriesOut === null ? [] : [now.carriesOut]));
  let sent = 0;
  let unheard = 0;
  for (const { now, before } of sending) {
    sent += Math.max(now.sent - (before?.sent ?? now.sent), 0);
    unheard += Math.max(now.unheard - (before?.unheard ?? now.unheard), 0);
  }
  return {
    down: watching.length ? { loss: received + lost >= ENOUGH ? Math.max(lost / (received + lost), broken) : null, waits, full } : null,
    up: sending.length ? { loss: sent >= ENOUGH ? Math.min(unheard / sent, 1) : null, waits, full: out.some((carries) => carries < SMALLEST_OUT) } : null,
    shortest: best,
  };
}
