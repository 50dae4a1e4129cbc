/**
 * How much picture and sound have cost so far in this room, and how much they cost in an hour at the pace of the last half minute.
 * Counted by the browser, with the headers of the network; kept while the tab lives, also over a reload.
 */

/** @typedef {{getItem: (key: string) => string | null, setItem: (key: string, value: string) => void}} Memory */

const KEY = "chama.data.";
const PACE_OVER = 30_000;
/** Less than this says nothing about an hour. */
const PACE_AFTER = 4_000;
const KEEP_EVERY = 5_000;

export class DataMeter {
  #bytes = 0;
  #key;
  #memory;
  #keptAt = -Infinity;
  /** @type {{at: number, bytes: number}[]} */ #past = [];

  /** @param {number} room
   * @param {Memory | null} memory */
  constructor(room, memory) {
    this.#key = KEY + room;
    this.#memory = memory;
    try {
      const kept = Number(memory?.getItem(this.#key) ?? 0);
      if (Number.isFinite(kept) && kept > 0) this.#bytes = kept;
    } catch {
      // It counts from now on.
    }
  }

  /** @returns {number} */
  get bytes() {
    return this.#bytes;
  }

  /** @param {number} bytes   more since the last time
   * @param {number} now   milliseconds of any steady clock */
  add(bytes, now) {
    this.#bytes += Math.max(bytes, 0);
    this.#past.push({ at: now, bytes: this.#bytes });
    while (this.#past.length > 2 && now - this.#past[1].at >= PACE_OVER) this.#past.shift();
    if (now - this.#keptAt < KEEP_EVERY) return;
    this.#keptAt = now;
    try {
      this.#memory?.setItem(this.#key, String(Math.round(this.#bytes)));
    } catch {
      // After a reload it counts from there on.
    }
  }

  /** From now on another pace: something else comes than before. */
  turn() {
    this.#past = [];
  }

  /** Bytes in an hour at this pace; null: too early to say. @returns {number | null} */
  get perHour() {
    const [first] = this.#past;
    const last = this.#past.at(-1);
    if (!first || !last || last.at - first.at < PACE_AFTER) return null;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 3_600_000;
  }
}

/** An amount in the reader's language: "850 kB", "34 MB", "1.2 GB".
 * @param {number} bytes
 * @param {string} [language]
 * @returns {string} */
export function inUnits(bytes, language = globalThis.document?.documentElement.lang || "en") {
  const [unit, size] = bytes < 999_500 ? ["kilobyte", 1e3] : bytes < 999_500_000 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  const amount = bytes / Number(size);
  const maximumFractionDigits = amount < 10 && unit !== "kilobyte" ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit: String(unit), maximumFractionDigits }).format(amount);
}

/** A number with its unit keeps its order inside a sentence of the other direction.
 * @param {string} text
 * @returns {string} */
export function apart(text) {
  return `\u2068${text}\u2069`;
}
