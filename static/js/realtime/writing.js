/** The rules of writing a message. */

import { fill, ngettext } from "../i18n.js";

export const MOST_CHARACTERS = 2000;
const COUNT_FROM = 1800;

/** Whether this key press sends. While an input method is composing, Enter belongs to it.
 * @param {{key: string, shiftKey: boolean, isComposing: boolean, keyCode: number}} event
 * @returns {boolean} */
export function sends(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

/** How many characters the server will count.
 * @param {string} text
 * @returns {number} */
export function lengthOf(text) {
  return [...text].length;
}

/** Say how much may still be written, from where it matters.
 * @param {HTMLTextAreaElement} field
 * @param {HTMLElement} counter */
export function tellLength(field, counter) {
  const length = lengthOf(field.value);
  const left = MOST_CHARACTERS - length;
  counter.hidden = length < COUNT_FROM;
  if (!counter.hidden) {
    counter.textContent = left >= 0
      ? fill(ngettext("%(count)d character left", "%(count)d characters left", left), { count: left })
      : fill(ngettext("%(count)d character too many", "%(count)d characters too many", -left), { count: -left });
  }
  counter.classList.toggle("error", left < 0);
  if (left < 0) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}
