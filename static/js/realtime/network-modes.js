/** Choosing how much of picture and sound comes: the same choice in the room and in the check before it. */

import { gettext } from "../i18n.js";
import { icon, make } from "./dom.js";
import { MODES } from "./network-mode.js";

/** @import { Line } from "./network-line.js" */
/** @import { Mode } from "./network-mode.js" */

/** @param {Mode} mode
 * @returns {string} */
export function nameOf(mode) {
  return { full: gettext("Full"), small: gettext("Small video"), audio: gettext("Audio and slides") }[mode];
}

/** @param {Mode} mode
 * @returns {string} */
function hintOf(mode) {
  return {
    full: gettext("As clear as your network carries. Up to about 700 MB an hour for each person on the stage."),
    small: gettext("Small pictures, a clear voice. About 80 MB an hour for each person on the stage."),
    audio: gettext("Everything to hear, and the slides, without video. About 25 MB an hour."),
  }[mode];
}

let made = 0;

/** The choice, kept true; `suggested` may be set when a trial has shown what suits.
 * @param {Line} line
 * @param {AbortSignal} signal   ends it
 * @returns {{element: HTMLElement, suggest: (mode: Mode) => void}} */
export function modeChoice(line, signal) {
  const name = `network-mode-${(made += 1)}`;
  const parts = MODES.map((mode) => {
    const input = make("input", { type: "radio", name, value: mode, change: () => line.choose(mode) });
    const mark = make("span", { class: "chip good", hidden: true }, icon("check"), gettext("Suggested"));
    return { mode, input, mark, label: make("label", { class: "choice" }, input, make("span", {}, make("span", { class: "strong" }, nameOf(mode), " ", mark), make("span", { class: "hint" }, hintOf(mode)))) };
  });
  const show = () => { for (const { mode, input } of parts) input.checked = mode === line.mode; };
  line.addEventListener("change", show, { signal });
  show();
  const element = make("fieldset", { class: "field" }, make("legend", {}, gettext("How much shall come?")), make("div", { class: "choices network-modes" }, ...parts.map(({ label }) => label)));
  return { element, suggest: (suggested) => { for (const { mode, mark } of parts) mark.hidden = mode !== suggested; } };
}
