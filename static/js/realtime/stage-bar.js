/** What stands in the bar below a stage. */

import { icon, make } from "./dom.js";

/** A button of the bar.
 * @param {string} does   its name for the program
 * @param {string} symbol
 * @param {string} label
 * @param {{press: () => unknown, pressed?: boolean | null, off?: boolean, leave?: boolean, disabled?: boolean, keys?: string, opens?: boolean, quiet?: boolean}} options
 * @returns {HTMLElement} */
export function control(does, symbol, label, { press, pressed = null, off = false, leave = false, disabled = false, keys = "", opens = false, quiet = false }) {
  const look = ["control", off && "off", leave && "leave", quiet && "symbol-only"].filter(Boolean).join(" ");
  const state = pressed === null ? null : String(pressed);
  return make("button", {
    class: look, type: "button", "data-does": does, "aria-pressed": state, disabled, "aria-keyshortcuts": keys || null, "aria-haspopup": opens ? "dialog" : null, title: label, click: () => void press(),
  }, icon(symbol), make("span", { class: "control-name" }, label));
}
