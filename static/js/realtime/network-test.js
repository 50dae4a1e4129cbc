/**
 * Trying out a line before one joins: how long an answer takes, and how much arrives and leaves in a second. It begins with little
 * and stops as soon as it knows enough, so that a thin line pays with tens of kilobytes and not with megabytes.
 */

import { csrfToken } from "../csrf.js";

/** @import { Mode } from "./network-mode.js" */

/** Bits per second, and seconds for the way there and back. `bytes`: what the trial itself has used.
 * @typedef {{down: number, up: number, trip: number, bytes: number}} Measured */

/** How data is fetched and sent: milliseconds that it took, and bytes that came through (fewer where time ran out).
 * @typedef {{fetch: (bytes: number) => Promise<{took: number, bytes: number}>, send: (bytes: number) => Promise<{took: number, bytes: number}>}} Way */

const ADDRESS = "/live/network-test";
const SIZES = [16_000, 64_000, 250_000, 1_000_000];
/** A transfer that takes so long tells enough, in milliseconds. */
const ENOUGH = 800;
const LONGEST = 8_000;
const ANSWERS = 4;

/** @param {Way} way
 * @param {(share: number) => void} tell   how far it is, 0 to 1
 * @returns {Promise<Measured>} */
export async function tryLine(way, tell) {
  const trips = [];
  let bytes = 0;
  const count = (/** @type {{bytes: number}} */ done) => { bytes += done.bytes; };
  for (let number = 0; number < ANSWERS; number += 1) {
    const done = await way.fetch(1);
    count(done);
    trips.push(done.took);
    tell((0.2 * (number + 1)) / ANSWERS);
  }
  // The first brings up the connection; of the others the middle one.
  const trip = trips.slice(1).sort((one, other) => one - other)[Math.floor((ANSWERS - 1) / 2)];
  const rate = async (/** @type {Way["fetch"]} */ move, /** @type {number} */ from) => {
    let best = 0;
    for (const [number, size] of SIZES.entries()) {
      const done = await move(size);
      count(done);
      best = Math.max(best, (done.bytes * 8) / (Math.max(done.took - trip, 1) / 1000));
      tell(from + (0.4 * (number + 1)) / SIZES.length);
      if (done.took >= ENOUGH || done.bytes < size) break;
    }
    return best;
  };
  const down = await rate(way.fetch, 0.2);
  const up = await rate(way.send, 0.6);
  tell(1);
  return { down, up, trip: trip / 1000, bytes };
}

/** What suits such a line. Whoever is on the stage needs room for their own picture, too.
 * @param {{down: number, up: number, trip: number}} line
 * @param {boolean} sends
 * @returns {Mode} */
export function suggest({ down, up, trip }, sends) {
  if (down < 350_000 || trip > 1.5 || (sends && up < 250_000)) return "audio";
  if (down < 2_000_000 || trip > 0.6 || (sends && up < 1_200_000)) return "small";
  return "full";
}

/** The way to our own server.
 * @param {AbortSignal} signal   ends the trial
 * @returns {Way} */
export function ourWay(signal) {
  const patience = () => AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]);
  return {
    async fetch(bytes) {
      const began = performance.now();
      let arrived = 0;
      try {
        const response = await fetch(`${ADDRESS}?bytes=${bytes}`, { cache: "no-store", signal: patience() });
        if (!response.ok || !response.body) throw new Error(String(response.status));
        const reader = response.body.getReader();
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) arrived += piece.value.length;
      } catch (error) {
        if (signal.aborted || !(error instanceof DOMException && error.name === "TimeoutError")) throw error;
      }
      return { took: performance.now() - began, bytes: arrived };
    },
    async send(bytes) {
      const began = performance.now();
      try {
        const response = await fetch(ADDRESS, { method: "POST", body: noise(bytes), headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/octet-stream" }, signal: patience() });
        if (!response.ok) throw new Error(String(response.status));
      } catch (error) {
        if (signal.aborted || !(error instanceof DOMException && error.name === "TimeoutError")) throw error;
        return { took: LONGEST, bytes: 0 };
      }
      return { took: performance.now() - began, bytes };
    },
  };
}

/** What nothing on the way can make smaller.
 * @param {number} bytes
 * @returns {Uint8Array<ArrayBuffer>} */
function noise(bytes) {
  const made = new Uint8Array(bytes);
  for (let from = 0; from < bytes; from += 65_536) crypto.getRandomValues(made.subarray(from, Math.min(from + 65_536, bytes)));
  return made;
}

/** A rate in the reader's language: "420 kbit/s", "12 Mbit/s".
 * @param {number} rate   bits per second
 * @param {string} [language]
 * @returns {string} */
export function inBits(rate, language = globalThis.document?.documentElement.lang || "en") {
  const large = rate >= 999_500;
  const amount = rate / (large ? 1e6 : 1e3);
  const unit = large ? "megabit-per-second" : "kilobit-per-second";
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: large && amount < 10 ? 1 : 0 }).format(amount);
}
