/** Why something was not done, told to who asked for it. */

import { gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { CommandError } from "./socket.js";

/** In a sentence, also where the line broke before there was an answer. What is no refusal is thrown on.
 * @param {unknown} error
 * @returns {string} */
export function reasonOf(error) {
  if (!(error instanceof CommandError)) throw error;
  return error.message || gettext("There is no connection at the moment. Try again when it is back.");
}

/** Wait for what was asked; a refusal is shown for a while.
 * @param {Promise<unknown> | undefined} work
 * @returns {Promise<boolean>} whether it was done */
export async function done(work) {
  try {
    await work;
    return true;
  } catch (error) {
    toast(reasonOf(error), "warning");
    return false;
  }
}

/** The same for what a button asks; it rests meanwhile.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<unknown> | undefined} ask
 * @returns {Promise<boolean>} */
export async function pressed(button, ask) {
  button.disabled = true;
  try {
    return await done(ask());
  } finally {
    button.disabled = false;
  }
}
