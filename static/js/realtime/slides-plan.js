/** Which page of the slides somebody sees, and what a key does. */

/** @import { Mode } from "./network-mode.js" */

/** What is shown in the room. @typedef {{id: number, deck: number, title: string, pages: number, page: number, reached: number, address: string}} Show */
/** What was brought. @typedef {{id: number, room: number, title: string, state: "waiting" | "converting" | "ready" | "failed", problem: string, pages: number, done: number, address: string, author: {id: number | null, name: string}, created: string}} Deck */
/** @typedef {"next" | "previous" | "first" | "last"} Turn */
/** @typedef {"small" | "large"} Size */

/** Above so many points across the large picture is worth its bytes. */
const WIDE = 1040;

/** What is shown: behind the scenes, where we may be, before everyone sees it.
 * @param {{id: number, state: Record<string, Map<number, any>>, backstage: Record<string, Map<number, any>>}} room
 * @returns {Show | null} */
export function showOf(room) {
  return room.backstage.slides?.get(room.id) ?? room.state.slides?.get(room.id) ?? null;
}

/** What a key means; pointers of presenters send Page Up and Page Down.
 * @param {string} key
 * @param {boolean} [toTheLeft]  whether one reads from right to left
 * @returns {Turn | null} */
export function turnOf(key, toTheLeft = false) {
  switch (key) {
    case "ArrowRight": return toTheLeft ? "previous" : "next";
    case "ArrowLeft": return toTheLeft ? "next" : "previous";
    case "ArrowDown": case "PageDown": return "next";
    case "ArrowUp": case "PageUp": return "previous";
    case "Home": return "first";
    case "End": return "last";
    default: return null;
  }
}

/** The page that a turn leads to, from 1 to `last`.
 * @param {Turn} turn
 * @param {number} page
 * @param {number} last
 * @returns {number} */
export function after(turn, page, last) {
  const to = { next: page + 1, previous: page - 1, first: 1, last }[turn];
  return Math.min(Math.max(1, to), last);
}

/** Where somebody who looks on is after a turn: null is with the speaker, which is also where one comes by leafing there.
 * @param {Show} show
 * @param {number | null} own
 * @param {Turn} turn
 * @returns {number | null} */
export function leaf(show, own, turn) {
  if (turn === "last") return null; // as far as there is anything to see
  const to = after(turn, own ?? show.page, show.reached);
  return to === show.page ? null : to;
}

/** Which picture is worth its bytes here.
 * @param {Mode} mode
 * @param {number} points  how many the picture has across
 * @param {boolean} [saves]  whether the browser was told to save data
 * @returns {Size} */
export function sizeFor(mode, points, saves = false) {
  return mode === "full" && !saves && points > WIDE ? "large" : "small";
}

/** The documents in the order in which they came; what is ready can be shown.
 * @param {Iterable<Deck>} decks
 * @returns {Deck[]} */
export function inOrder(decks) {
  return [...decks].sort((one, other) => one.id - other.id);
}
