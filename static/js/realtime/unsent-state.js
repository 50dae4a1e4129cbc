/** What is said below words that are not with the others yet. */

import { fill, gettext } from "../i18n.js";
import { make } from "./dom.js";

/** @import { Unsent } from "./outbox.js" */

/** @param {Unsent} unsent
 * @param {() => void} again
 * @param {(() => void) | null} takeBack  where they can still be changed
 * @param {string} [waits]  why they wait
 * @returns {HTMLElement} */
export function unsentState({ state, reason }, again, takeBack, waits = gettext("Not sent yet. It is sent as soon as there is a connection.")) {
  if (state !== "failed") return make("p", { class: "message-state" }, state === "sending" ? gettext("Sending…") : waits);
  return make("p", { class: "message-state" },
    fill(gettext("Not sent: %(reason)s"), { reason }), " ",
    make("button", { class: "button quiet", type: "button", click: again }, gettext("Try again")),
    takeBack && make("button", { class: "button quiet", type: "button", click: takeBack }, gettext("Edit")));
}
