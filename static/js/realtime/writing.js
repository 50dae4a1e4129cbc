/** The rules of writing a message. */

export const MOST_CHARACTERS = 2000;

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
