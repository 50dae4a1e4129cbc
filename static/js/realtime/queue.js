/** The order of questions and of those who want to speak. */

/** @import { Person } from "./room.js" */

/** @typedef {{id: number, room: number, author: Person | null, anonymous: boolean, text: string, place: "online" | "hall", state: "pending" | "open" | "answering" | "answered" | "dismissed", pinned: boolean, merged_into: number | null, votes: number, answer: string, answered_by: Person | null, created: string}} Question */
/** @typedef {{id: number, person: Person | null, name: string, place: "online" | "hall", state: "waiting" | "speaking", position: number}} Hand */

/** What is being answered first, then what is pinned, then what most want to hear, then what was asked first.
 * @param {Question[]} questions
 * @returns {Question[]} */
export function inOrder(questions) {
  const rank = (/** @type {Question} */ each) => (each.state === "answering" ? 0 : each.pinned ? 1 : 2);
  return [...questions].sort((one, other) => rank(one) - rank(other) || other.votes - one.votes || one.id - other.id);
}

/** The questions that stand by themselves, and under each what was merged into it.
 * @param {Question[]} questions
 * @returns {{question: Question, merged: Question[]}[]} */
export function grouped(questions) {
  const known = new Set(questions.map((each) => each.id));
  const stands = (/** @type {Question} */ each) => each.merged_into === null || !known.has(each.merged_into);
  return inOrder(questions.filter(stands)).map((question) => ({
    question,
    merged: questions.filter((each) => each.merged_into === question.id).sort((one, other) => one.id - other.id),
  }));
}

/** @param {Hand[]} hands
 * @returns {Hand[]} in the order in which they speak */
export function inLine(hands) {
  const rank = (/** @type {Hand} */ each) => (each.state === "speaking" ? 0 : 1);
  return [...hands].sort((one, other) => rank(one) - rank(other) || one.position - other.position || one.id - other.id);
}
