/**
 * When to give up something for the voice, and when to have it back. Pure: samples in, a step out.
 *
 * Down by a step when the line has been weak for a while (by two when it is very weak), then a pause, so that the last step can
 * show what it helped. Up by a step when the line has been good for a while. What did not hold is tried again later and later.
 */

/** What one look at the line tells: shares of packets lost (null: too few to say), seconds that packets wait on the way beyond
 * the shortest that was seen, and whether the line is full.
 * @typedef {{loss: number | null, waits: number, full: boolean}} Sample */

/** @typedef {"good" | "fair" | "weak" | "bad"} Verdict */

const WEAK = { loss: 0.12, waits: 0.6 };
const BAD = { loss: 0.22, waits: 1.5 };
const GOOD = { loss: 0.05, waits: 0.3 };

/** Milliseconds. */
const WEAK_FOR = 3_500;
const SETTLES = 5_000;
const FIRST_WAIT = 12_000;
const LONGEST_WAIT = 240_000;
/** What holds for so long has held. */
const HELD = 12_000;
/** Whoever asks for the picture has it for so long, whatever the line says. */
const GRACE = 120_000;

/** @param {Sample} sample
 * @returns {Verdict} */
export function judge({ loss, waits, full }) {
  const lost = loss ?? 0;
  if (lost >= BAD.loss || waits >= BAD.waits) return "bad";
  if (lost >= WEAK.loss || waits >= WEAK.waits || full) return "weak";
  return lost <= GOOD.loss && waits <= GOOD.waits ? "good" : "fair";
}

export class Watch {
  step = 0;
  /** The number of the last step that helps. */ last;
  /** @type {number | null} */ #weakSince = null;
  /** @type {number | null} */ #goodSince = null;
  #changedAt = -Infinity;
  #triedAt = -Infinity;
  #heldUntil = -Infinity;
  #wait = FIRST_WAIT;

  /** @param {number} last   the number of the last step */
  constructor(last) {
    this.last = last;
  }

  /** Take in how the line is; gives the step.
   * @param {Verdict} verdict
   * @param {number} now   milliseconds of any steady clock
   * @returns {number} */
  take(verdict, now) {
    this.step = Math.min(this.step, this.last);
    const weak = verdict === "weak" || verdict === "bad";
    this.#weakSince = weak ? (this.#weakSince ?? now) : null;
    this.#goodSince = verdict === "good" ? (this.#goodSince ?? now) : null;
    if (now - this.#triedAt >= HELD && this.#triedAt > this.#changedAt - 1 && !weak) this.#wait = FIRST_WAIT;
    if (now < this.#heldUntil || now - this.#changedAt < SETTLES) return this.step;
    if (this.#weakSince !== null && now - this.#weakSince >= WEAK_FOR) this.#down(verdict === "bad" ? 2 : 1, now);
    else if (this.step > 0 && this.#goodSince !== null && now - Math.max(this.#goodSince, this.#changedAt) >= this.#wait) this.#up(now);
    return this.step;
  }

  /** The person wants everything back, and keeps it for a while.
   * @param {number} now */
  release(now) {
    this.step = 0;
    this.#weakSince = this.#goodSince = null;
    this.#changedAt = now;
    this.#heldUntil = now + GRACE;
    this.#wait = FIRST_WAIT;
  }

  /** @param {number} steps
   * @param {number} now */
  #down(steps, now) {
    if (this.step >= this.last) return;
    if (now - this.#triedAt < HELD + SETTLES) this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    this.step = Math.min(this.step + steps, this.last);
    this.#changedAt = now;
    this.#weakSince = null;
  }

  /** @param {number} now */
  #up(now) {
    this.step -= 1;
    this.#changedAt = this.#triedAt = now;
    this.#goodSince = null;
  }
}
