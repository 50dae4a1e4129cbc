/** Keys of the console, and the dialog that lists them. They can be switched off: whoever speaks to the computer says letters. */

import { gettext } from "../i18n.js";
import { icon, make } from "./dom.js";

/** @typedef {{key: string, words: string, act: () => void}} Key */

const KEPT = "chama.console.keys";

/** What a press means: the key as it is written in the list, such as `q` or `Shift+N`; empty where it is meant for a field.
 * @param {KeyboardEvent} event
 * @returns {string} */
export function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return "";
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select, [contenteditable], dialog")) return "";
  if (event.key === "?") return "?";
  if (!/^\p{L}$/u.test(event.key)) return "";
  // Where the layout has other letters, the place of the key counts.
  const letter = /^[a-z]$/i.test(event.key) ? event.key : event.code.replace(/^Key/, "");
  return event.shiftKey ? `Shift+${letter.toUpperCase()}` : letter.toLowerCase();
}

/** @returns {boolean} */
function on() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} wanted */
function keep(wanted) {
  try {
    localStorage.setItem(KEPT, wanted ? "on" : "off");
  } catch {
    // It holds for this page.
  }
}

/** Show the list of the page's keys. */
export function openKeys() {
  const dialog = document.getElementById("console-keys");
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/** @param {Key[]} keys
 * @param {string} [name]  of the list
 * @returns {HTMLDialogElement} the dialog, with the id that the page's button opens */
export function startKeys(keys, name = gettext("Keys of the console")) {
  let active = on();
  const box = make("input", { type: "checkbox", checked: active, change: () => { active = box.checked; keep(active); } });
  const title = make("h2", { id: "console-keys-title" }, name);
  const dialog = make("dialog", { class: "dialog", id: "console-keys", "aria-labelledby": "console-keys-title" },
    make("div", { class: "dialog-head" }, title, make("button", { class: "button icon-only quiet", type: "button", "data-close": "", "aria-label": gettext("Close") }, icon("close"))),
    make("p", { class: "quiet" }, gettext("They work wherever you are not writing.")),
    make("dl", { class: "keys" }, ...keys.flatMap(({ key, words }) => [make("dt", {}, ...key.split("+").flatMap((part, at) => [at ? " + " : "", make("kbd", {}, part)])), make("dd", {}, words)])),
    make("label", { class: "check" }, box, make("span", {}, gettext("Use these keys on this device"))));
  document.addEventListener("keydown", (event) => {
    const press = pressed(event);
    if (press === "?") {
      event.preventDefault();
      openKeys();
      return;
    }
    const found = active && press ? keys.find(({ key }) => key === press) : undefined;
    if (!found) return;
    event.preventDefault();
    found.act();
  });
  return dialog;
}
