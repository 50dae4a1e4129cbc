/** What stands on the screen in the hall, out of everything that the room holds; and how the room is kept small for days. */

import { inLine, inOrder } from "./queue.js";

/** @import { Hand, Question } from "./queue.js" */
/** @import { Poll } from "./room-polls.js" */

/** @typedef {Record<string, Map<number, any>>} State */
/** @typedef {{question: Question | null, waiting: Question[], poll: Poll | null, hands: Hand[], idle: boolean}} Plan */

const MOST_WAITING = 3;
const MOST_HANDS = 4;
export const MOST_KEPT = 200;

/** What is answered now stands alone, or beside a poll that people answer at the moment. Else a poll: the newest open one, or the
 * newest whose results are shown. Else what most want to hear. Else the screen is idle.
 * @param {State} state
 * @returns {Plan} */
export function planOf(state) {
  const questions = inOrder([...(state.question?.values() ?? [])].filter((each) => each.merged_into === null));
  const question = questions.find((each) => each.state === "answering") ?? null;
  /** @type {Poll[]} */
  const polls = [...(state.poll?.values() ?? [])].sort((one, other) => other.id - one.id);
  const open = polls.find((each) => each.state === "open") ?? null;
  const poll = open ?? (question ? null : polls.find((each) => each.shown && each.results !== null) ?? null);
  const waiting = question || poll ? [] : questions.filter((each) => each.state === "open").slice(0, MOST_WAITING);
  const hands = inLine([...(state.hand?.values() ?? [])]).slice(0, MOST_HANDS);
  return { question, waiting, poll, hands, idle: !question && !poll && !waiting.length };
}

/** Forget what the screen never shows, and the oldest of what it does: a room runs for a day, the screen for weeks.
 * @param {State} state
 * @param {number} [most]  of each kind */
export function trim(state, most = MOST_KEPT) {
  state.message?.clear();
  for (const [kind, things] of Object.entries(state)) {
    if (!(things instanceof Map) || things.size <= most) continue;
    const spared = (/** @type {any} */ thing) => kind === "question" && (thing.state === "answering" || thing.pinned);
    const oldest = [...things.values()].filter((each) => !spared(each)).sort((one, other) => one.id - other.id);
    for (const { id } of oldest.slice(0, things.size - most)) things.delete(id);
  }
}

/** How large a text may be so that the last row reads it and it still fits: "short", "middle", "long" or "endless".
 * @param {string} text
 * @returns {string} */
export function lengthOf(text) {
  // Han and Kana are as wide as two letters; what stands above and below others is not wide at all.
  let width = 0;
  for (const sign of text.normalize("NFC")) width += /\p{Mark}/u.test(sign) ? 0 : /\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Hangul}/u.test(sign) ? 2 : 1;
  return width < 70 ? "short" : width < 160 ? "middle" : width < 330 ? "long" : "endless";
}

/** Whether the writing stacks signs above and below, so that its lines need more room.
 * @param {string} text
 * @returns {boolean} */
export function isTall(text) {
  return /\p{sc=Myanmar}|\p{sc=Khmer}|\p{sc=Arabic}|\p{sc=Tibetan}/u.test(text);
}

/** The largest of these sizes at which everything fits; the smallest where nothing does.
 * @param {number[]} sizes  falling
 * @param {(size: number) => boolean} fits
 * @returns {number} */
export function largest(sizes, fits) {
  return sizes.find(fits) ?? sizes[sizes.length - 1];
}

/** The part of all that each answer got, in whole percent.
 * @param {{count: number}[]} results
 * @param {number} answers
 * @returns {number[]} */
export function percents(results, answers) {
  return results.map(({ count }) => (answers > 0 ? Math.round((100 * count) / answers) : 0));
}
