/**
 * When to try again. Everybody loses the media server in the same moment; spread out, they do not knock it over when it
 * is back.
 */

/** @typedef {{first: number, factor: number, longest: number}} Pace   milliseconds */

/** @type {Pace} After a connection broke or could not be made. */
export const AFTER_FAILURE = { first: 250, factor: 2, longest: 4000 };

/** @type {Pace} While no answer comes at all: most likely our own line is away, and whoever asks burdens nobody. Whoever is back
 * from an outage shall see the picture within five seconds. */
export const UNREACHED = { first: 250, factor: 2, longest: 1500 };

/** @type {Pace} While the other side has not begun to send. */
export const WHILE_WAITING = { first: 900, factor: 1.3, longest: 3000 };

/** Milliseconds to wait before the next try.
 * @param {number} tries   how many failed in a row, at least 1
 * @param {Pace} pace
 * @param {() => number} [random]   0 to 1
 * @returns {number} */
export function pauseAfter(tries, pace, random = Math.random) {
  const middle = Math.min(pace.first * pace.factor ** (Math.max(tries, 1) - 1), pace.longest);
  return Math.round(middle * (0.6 + 0.8 * random()));
}

/** What an answer of the media server means for the next try.
 *
 * - `wait`: nobody sends yet
 * - `retry`: this may pass
 * - `renew`: this grant is used up; another may do
 * - `final`: trying again changes nothing
 * @typedef {"wait" | "retry" | "renew" | "final"} Verdict */

/** @param {unknown} error   a `Refusal`, or whatever else went wrong
 * @returns {Verdict} */
export function judge(error) {
  if (error instanceof Refusal) {
    if (error.code === "not-flowing") return "wait";
    if (error.status === 401) return "renew";
    if (error.status === 404 || error.status === 408 || error.status === 429 || error.status >= 500) return "retry";
    return "final";
  }
  return error instanceof Error && "final" in error && error.final === true ? "final" : "retry";
}

/** The media server said no. `code` says why, in the words of `realtime/media/server.py`. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
  }
}
