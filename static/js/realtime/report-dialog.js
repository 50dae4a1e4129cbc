/**
 * Reporting a message, a question or a person: listens to `report` events, from whatever part of the room they come
 * (`detail`: `kind`, `id`, `person`). Those who run the room do not report: the same event offers them what they may do.
 */

import { gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make } from "./dom.js";
import { done, reasonOf } from "./refusal.js";

/** @import { Room } from "./room.js" */

/** @typedef {{kind: "message" | "question" | "person", id: number, person: number | null}} Reported */

const MOST_CHARACTERS = 500;

/** @returns {[string, string][]} */
export const reasons = () => [
  ["spam", gettext("Advertising or spam")],
  ["insult", gettext("Insulting or threatening")],
  ["private", gettext("Tells private things about somebody")],
  ["false", gettext("Deceiving or dangerous")],
  ["other", gettext("Something else")],
];

/** Listen on the element of a room.
 * @param {HTMLElement} element
 * @param {Room} room */
export function startReports(element, room) {
  element.addEventListener("report", (event) => {
    const { detail } = /** @type {CustomEvent<Reported>} */ (event);
    event.stopPropagation();
    const dialog = room.runs ? moderate(room, detail) : report(room, detail);
    element.append(dialog);
    // What was pressed may stand in a menu that closes: the focus goes back to what is left of it.
    const before = document.activeElement;
    dialog.addEventListener("close", () => { dialog.remove(); if (before instanceof HTMLElement && before.isConnected) before.focus(); });
    dialog.showModal();
  });
}

/** @param {string} title
 * @param {...(Node | null)} content
 * @returns {HTMLDialogElement} */
function dialogOf(title, ...content) {
  const head = make("h2", { id: "report-title" }, title);
  const close = make("button", { class: "button icon-only quiet", type: "button", "data-close": "", "aria-label": gettext("Close") }, icon("close"));
  return make("dialog", { class: "dialog", "aria-labelledby": "report-title" }, make("div", { class: "dialog-head" }, head, close), ...content);
}

/** @param {Room} room
 * @param {Reported} reported
 * @returns {HTMLDialogElement} */
function report(room, { kind, id }) {
  const title = { message: gettext("Report this message"), question: gettext("Report this question"), person: gettext("Report this person") }[kind];
  const words = make("textarea", { id: "report-words", rows: "3", dir: "auto", maxlength: String(MOST_CHARACTERS) });
  const problem = make("p", { class: "error", role: "alert", hidden: true });
  const send = make("button", { class: "button primary", type: "submit" }, gettext("Send the report"));
  const choices = reasons().map(([value, sentence]) => make("label", { class: "choice" }, make("input", { type: "radio", name: "reason", value, required: true }), make("span", {}, sentence)));
  const form = make("form", { class: "form", novalidate: true, submit: (/** @type {SubmitEvent} */ event) => { event.preventDefault(); void submit(); } },
    make("p", {}, gettext("Those who run the room and the organizers see it. Nobody is told that it was you.")),
    make("fieldset", { class: "field" }, make("legend", {}, gettext("What is wrong with it?")), make("div", { class: "choices" }, ...choices)),
    make("div", { class: "field" }, make("label", { for: "report-words" }, gettext("In your words"), " ", make("span", { class: "optional" }, gettext("optional"))), words),
    problem,
    make("div", { class: "actions" }, make("button", { class: "button", type: "button", "data-close": "" }, gettext("Cancel")), send));
  const dialog = dialogOf(title, form);

  /** @param {string} sentence */
  const complain = (sentence) => {
    problem.textContent = sentence;
    problem.hidden = false;
  };
  const submit = async () => {
    const reason = new FormData(form).get("reason");
    if (!reason) {
      complain(gettext("Choose what is wrong with it."));
      form.querySelector("input")?.focus();
      return;
    }
    send.disabled = true;
    try {
      const { decided } = await room.ask("report.make", { kind, id, reason, words: words.value.trim() });
      dialog.close();
      toast(decided ? gettext("You have reported this before, and it was decided. Look into your notices.") : gettext("Thank you. Those who run the room look at it, and you are told what they decide."), "good");
    } catch (error) {
      complain(reasonOf(error));
    } finally {
      send.disabled = false;
    }
  };
  return dialog;
}

/** @param {Room} room
 * @param {Reported} reported
 * @returns {HTMLDialogElement} */
function moderate(room, { person }) {
  const lost = room.behind.restriction?.get(person ?? 0);
  /** @type {[string, string, string][]} */
  const acts = [
    lost?.muted ? ["person.unmute", gettext("Let the person write again"), "chat"] : ["person.mute", gettext("Mute the person in this room"), "mic-off"],
    lost?.removed ? ["person.readmit", gettext("Let the person back in"), "return"] : ["person.remove", gettext("Remove the person from this room"), "leave"],
  ];
  const buttons = person === null ? [] : acts.map(([command, words, symbol]) => make("button", { class: "button", type: "button", click: () => void act(command) }, icon(symbol), words));
  const dialog = dialogOf(gettext("You run this room"), make("div", { class: "stack" },
    make("p", {}, person === null ? gettext("This was asked without a name. You can dismiss it in the queue.") : gettext("You need not report anything here: decide at once. Everything is kept in the log.")),
    ...buttons));

  /** @param {string} command */
  const act = async (command) => {
    if (await done(room.ask(command, { person }))) dialog.close();
  };
  return dialog;
}
