/** `<room-reports>`: what people reported, for those who run the room; each thing once, however many reported it. */

import { fill, gettext, ngettext } from "../i18n.js";
import { relative } from "../times.js";
import { toast } from "../toasts.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { together } from "./moderation.js";
import { reasons } from "./report-dialog.js";
import { reasonOf } from "./refusal.js";

/** @import { Report } from "./moderation.js" */
/** @import { Room } from "./room.js" */

const MOST_CHARACTERS = 500;

/** @returns {Record<string, string>} */
const decisions = () => ({
  nothing: gettext("It stays as it is"),
  message_removed: gettext("It was taken away"),
  person_muted: gettext("The person was muted in the room"),
  person_removed: gettext("The person was removed from the room"),
});

export class RoomReports extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #spoken = make("p", { class: "hidden-visually", role: "status" });
  #told = -1;
  #list = make("ol", { class: "plain stack" });
  #empty = make("p", { class: "quiet" });
  #count = make("span", { class: "count" });
  #old = make("ol", { class: "plain stack tight" });
  #decided = make("details", { class: "more" });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("stack");
    this.#empty.append(gettext("Nothing is reported. What people report stands here until somebody decides."));
    this.#decided.append(make("summary", {}, gettext("Decided"), " ", this.#count), this.#old);
    this.replaceChildren(this.#empty, this.#list, this.#decided, this.#spoken);
    room.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** How many things wait for a decision. @returns {number} */
  get waiting() {
    return together(this.#reports()).open.length;
  }

  /** The list is looked at now. */
  seen() {
    this.#draw();
  }

  /** @returns {Report[]} */
  #reports() {
    return [...(this.#room?.behind.report?.values() ?? [])];
  }

  #show() {
    if (!this.#room) return;
    const { open, decided } = together(this.#reports());
    if (open.length > this.#told && this.#told >= 0) this.#spoken.textContent = fill(ngettext("%(count)d report waits for a decision.", "%(count)d reports wait for a decision.", open.length), { count: open.length });
    this.#told = this.#room.phase === "here" ? open.length : this.#told;
    if (this.offsetParent === null) return;
    this.#empty.hidden = open.length > 0;
    place(this.#list, open.map((group) => this.#row(group)));
    this.#decided.hidden = decided.length === 0;
    this.#count.textContent = String(decided.length);
    place(this.#old, decided.map((group) => this.#row(group)));
  }

  /** @param {Report[]} group
   * @returns {HTMLElement} */
  #row(group) {
    const [first] = group;
    const drawn = JSON.stringify(group);
    const key = `${first.kind}-${first.id}`;
    const known = this.#rows.get(key);
    if (known?.drawn === drawn) return known.element;
    const names = new Map(reasons());
    const kind = { message: gettext("Message"), question: gettext("Question"), person: gettext("Person") }[first.kind];
    const note = known?.element.querySelector("textarea")?.value ?? "";
    const element = make("li", { class: "report" },
      make("p", { class: "message-head" }, make("span", { class: "chip" }, kind), first.person ? make("bdi", { class: "name" }, first.person.name) : make("span", {}, gettext("Without a name")),
        make("time", { datetime: first.created, "data-relative": "" }, relative((Date.parse(first.created) - Date.now()) / 1000, document.documentElement.lang || "en"))),
      first.text ? make("blockquote", { class: "report-text", dir: "auto" }, first.text) : null,
      make("ul", { class: "plain stack tight small" }, ...group.map((each) => make("li", {}, make("span", { class: "strong" }, names.get(each.reason) ?? each.reason), each.words ? make("span", { dir: "auto", class: "report-words" }, each.words) : null))),
      first.decision ? this.#outcome(first) : this.#decide(first, note));
    this.#rows.set(key, { element, drawn });
    return element;
  }

  /** @param {Report} report
   * @returns {HTMLElement} */
  #outcome(report) {
    return make("div", { class: "stack tight small" },
      make("p", {}, icon("done"), " ", decisions()[report.decision] ?? "", report.decided_by ? " · " : null, report.decided_by ? make("bdi", {}, report.decided_by.name) : null),
      report.note ? make("p", { class: "quiet", dir: "auto" }, report.note) : null);
  }

  /** @param {Report} report
   * @param {string} before  what was written while others reported it too
   * @returns {HTMLElement} */
  #decide(report, before) {
    const id = `report-note-${report.id}`;
    const note = make("textarea", { id, rows: "2", dir: "auto", maxlength: String(MOST_CHARACTERS) }, before);
    const form = make("div", { class: "stack tight" });
    /** @param {string} decision
     * @param {string} words
     * @param {string} symbol
     * @param {string} [look] */
    const button = (decision, words, symbol, look = "") => make("button", { class: `button ${look}`.trim(), type: "button", "data-decision": decision, click: () => void this.#send(report, decision, note.value.trim(), form) }, icon(symbol), words);
    form.append(
      make("label", { for: id, class: "small strong" }, gettext("A note to whoever reported it")), note,
      make("div", { class: "row tight" },
        button("nothing", gettext("Leave it"), "check"),
        report.kind === "person" ? "" : button("message_removed", gettext("Take it away"), "trash"),
        report.person ? button("person_muted", gettext("Mute the person"), "mic-off") : "",
        report.person ? button("person_removed", gettext("Remove the person"), "leave", "danger") : ""));
    return form;
  }

  /** @param {Report} report
   * @param {string} decision
   * @param {string} note
   * @param {HTMLElement} form */
  async #send(report, decision, note, form) {
    for (const each of form.querySelectorAll("button")) each.disabled = true;
    try {
      await this.#room?.ask("report.decide", { report: report.id, decision, note });
      toast(gettext("Decided. Whoever reported it is told."), "good");
    } catch (error) {
      toast(reasonOf(error), "warning");
    } finally {
      for (const each of form.querySelectorAll("button")) each.disabled = false;
    }
  }
}

customElements.define("room-reports", RoomReports);
