/** The reactions there are, and how many of what was counted becomes symbols on the page. */

import { gettext } from "../i18n.js";

/** In the order in which they stand in the bar; the names are the protocol's. */
export const REACTIONS = /** @type {const} */ (["clap", "thumb", "heart", "laugh", "thanks", "idea"]);

/** @typedef {Record<string, number>} Counts */

/** @param {string} name
 * @returns {string} */
export function nameOf(name) {
  return {
    clap: gettext("Applause"),
    thumb: gettext("I agree"),
    heart: gettext("I love it"),
    laugh: gettext("That is funny"),
    thanks: gettext("Thank you"),
    idea: gettext("Good idea"),
  }[name] ?? name;
}

const ONE_BY_ONE = 5;

/** What rises for the counts of one moment: few one by one, of many a few and how many they are. Never more than `room` in all, the
 * most frequent first.
 * @param {Counts} counts
 * @param {number} room  how many may still be drawn
 * @returns {{name: string, times: number}[]} */
export function symbolsFor(counts, room) {
  const symbols = [];
  const sent = REACTIONS.filter((name) => Number.isInteger(counts[name]) && counts[name] > 0).sort((one, other) => counts[other] - counts[one]);
  for (const name of sent) {
    const many = counts[name] > ONE_BY_ONE;
    if (many) symbols.push({ name, times: counts[name] });
    for (let each = 0; each < (many ? ONE_BY_ONE - 1 : counts[name]); each += 1) symbols.push({ name, times: 1 });
  }
  return symbols.slice(0, Math.max(0, room));
}

/** What a person has pressed and is not sent yet. Presses of one moment go as one command; what is pressed faster than that is
 * applause all the same, and the rest of it is left out.
 */
export class Pressed {
  /** @type {Map<string, number>} */ #waiting = new Map();

  /** @param {number} most  of one reaction in one command */
  constructor(most) {
    this.most = most;
  }

  /** @param {string} name */
  press(name) {
    this.#waiting.set(name, Math.min(this.most, (this.#waiting.get(name) ?? 0) + 1));
  }

  /** The next to send, in the order in which they were pressed first.
   * @returns {{emoji: string, times: number} | null} */
  next() {
    for (const [emoji, times] of this.#waiting) {
      this.#waiting.delete(emoji);
      return { emoji, times };
    }
    return null;
  }

  clear() {
    this.#waiting.clear();
  }

  get empty() {
    return this.#waiting.size === 0;
  }
}
