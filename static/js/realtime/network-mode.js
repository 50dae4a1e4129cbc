/**
 * How much of picture and sound a person wants: kept in this browser, for all rooms. Whoever has not chosen here has what they
 * chose for their account. Automatic pausing can be switched off for good.
 */

/** `full`: what the line carries; `small`: small pictures; `audio`: sound and slides, no moving picture at all.
 * @typedef {"full" | "small" | "audio"} Mode */

/** @typedef {{mode: Mode | null, automatic: boolean}} Choice */

/** @type {Mode[]} */
export const MODES = ["full", "small", "audio"];

const KEY = "chama.network";

/** What is kept, as far as it makes sense.
 * @param {string | null} text
 * @returns {Choice} */
export function readChoice(text) {
  try {
    const kept = JSON.parse(text ?? "{}");
    return { mode: MODES.includes(kept?.mode) ? kept.mode : null, automatic: kept?.automatic !== false };
  } catch {
    return { mode: null, automatic: true }; // somebody else's words under our name
  }
}

/** @returns {Choice} */
export function loadChoice() {
  try {
    return readChoice(localStorage.getItem(KEY));
  } catch {
    return readChoice(null);
  }
}

/** @param {Choice} choice */
export function keepChoice(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // A full or forbidden memory: it holds while the page lives.
  }
}

/** Calls `work` when another tab of this browser has chosen.
 * @param {(choice: Choice) => void} work */
export function whenChosenElsewhere(work) {
  globalThis.addEventListener?.("storage", (event) => { if (event.key === KEY) work(readChoice(event.newValue)); });
}
