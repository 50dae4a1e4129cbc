/**
 * `<room-announcements>`: what was announced in the room and to the whole event, newest first; and, for those who run the
 * room, a form to announce something in it.
 */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { linkOf, standing, timeOf, wordsOf } from "./announcements.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { pressed, reasonOf } from "./refusal.js";
import { lengthOf } from "./writing.js";

/** @import { Announcement } from "./announcements.js" */
/** @import { Room } from "./room.js" */

const MOST_CHARACTERS = 500;

/** `en=English;zh-hans=简体中文` as pairs.
 * @param {string} told
 * @returns {[string, string][]} */
function languagesOf(told) {
  const pairs = told.split(";").map((each) => /** @type {[string, string]} */ (each.split("=", 2))).filter(([tag, name]) => tag && name);
  return pairs.length ? pairs : [["en", "English"]];
}

export class RoomAnnouncements extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #clientId = crypto.randomUUID();
  /** @type {Map<number, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  /** @type {Map<string, HTMLTextAreaElement>} */ #texts = new Map();
  #link = make("input", { type: "url", class: "input", id: "announcement-link", dir: "ltr", maxlength: "500", inputmode: "url", placeholder: "https://" });
  #urgent = make("input", { type: "checkbox" });
  #problem = make("p", { class: "error", id: "announcement-problem", role: "alert", hidden: true });
  #button = make("button", { class: "button primary", type: "submit" });
  #form = make("form", { class: "ask", novalidate: true, hidden: true, submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#announce(); } });
  #list = make("ul", { class: "plain stack" });
  #nothing = make("p", { class: "quiet", hidden: true });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.#build();
    room.addEventListener("change", () => {
      standing.replace(`room.${room.id}`, room.state.announcement?.values() ?? []);
      this.#draw();
    });
    standing.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** Whether there is anything to see here for this reader. @returns {boolean} */
  get used() {
    return Boolean(this.#room?.runs) || this.#all.length > 0;
  }

  /** The list is looked at now. */
  seen() {
    this.#draw();
  }

  /** @returns {Announcement[]} */
  get #all() {
    return standing.all.filter((each) => each.room === null || each.room === this.#room?.id);
  }

  #build() {
    this.classList.add("stack");
    const languages = languagesOf(this.closest("[data-languages]")?.getAttribute("data-languages") ?? "");
    this.#form.append(make("h2", { class: "strong" }, gettext("Announce something to everyone in the room")));
    for (const [tag, name] of languages) {
      const id = `announcement-${tag}`;
      const text = make("textarea", { rows: "2", id, lang: tag, dir: "auto", maxlength: String(MOST_CHARACTERS * 2), "aria-describedby": this.#problem.id });
      this.#texts.set(tag, text);
      this.#form.append(make("label", { for: id, class: "small strong", lang: tag }, name), text);
    }
    this.#button.append(icon("send"), gettext("Announce"));
    this.#form.append(
      make("label", { for: this.#link.id, class: "small strong" }, gettext("Link (optional)")), this.#link, this.#problem,
      make("div", { class: "row" }, make("label", { class: "check" }, this.#urgent, make("span", {}, gettext("Urgent: stays until it is closed"))), make("span", { class: "push" }, this.#button)),
    );
    this.#nothing.append(gettext("Nothing was announced yet."));
    this.replaceChildren(this.#form, this.#nothing, this.#list);
  }

  async #announce() {
    const room = this.#room;
    const text = Object.fromEntries([...this.#texts].map(([tag, field]) => [tag, field.value.trim()]).filter(([, words]) => words));
    if (!room) return;
    if (!Object.keys(text).length) return this.#complain(gettext("Write what you want to announce."));
    if (Object.values(text).some((words) => lengthOf(words) > MOST_CHARACTERS)) return this.#complain(fill(gettext("At most %(most)d characters in each language."), { most: MOST_CHARACTERS }));
    this.#button.disabled = true;
    try {
      await room.ask("announcement.make", { client_id: this.#clientId, text, link: this.#link.value.trim(), urgent: this.#urgent.checked });
      this.#clientId = crypto.randomUUID();
      this.#form.reset();
      this.#complain("");
      toast(gettext("It is announced."), "good");
    } catch (error) {
      this.#complain(reasonOf(error));
    } finally {
      this.#button.disabled = false;
    }
  }

  /** @param {string} words */
  #complain(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }

  #show() {
    const room = this.#room;
    if (!room || this.offsetParent === null) return;
    this.#form.hidden = !room.runs || room.phase !== "here";
    const all = this.#all;
    this.#nothing.hidden = all.length > 0;
    const rows = all.map((each) => this.#row(each, room.runs));
    for (const id of this.#rows.keys()) if (!all.some((each) => each.id === id)) this.#rows.delete(id);
    place(this.#list, rows);
  }

  /** @param {Announcement} announcement
   * @param {boolean} runs
   * @returns {HTMLElement} */
  #row(announcement, runs) {
    const drawn = JSON.stringify([announcement, runs]);
    const known = this.#rows.get(announcement.id);
    if (known?.drawn === drawn) return known.element;
    const element = make("li", { class: "material" }, icon(announcement.urgent ? "warning" : "bell"), make("div", { class: "material-main stack tight" },
      announcement.urgent || announcement.room === null ? make("p", { class: "row" },
        announcement.urgent ? make("span", { class: "chip warn" }, gettext("Urgent")) : null,
        announcement.room === null ? make("span", { class: "chip tea" }, gettext("To the whole event")) : null) : null,
      wordsOf(announcement, "announced"),
      make("p", { class: "banner-foot" }, timeOf(announcement), make("bdi", {}, announcement.author.name), linkOf(announcement))),
    runs && announcement.room !== null ? make("div", { class: "material-actions" }, make("button", { class: "button quiet", type: "button", click: (/** @type {Event} */ event) => void this.#withdraw(announcement.id, /** @type {HTMLButtonElement} */ (event.currentTarget)) }, icon("undo"), gettext("Withdraw"))) : null);
    this.#rows.set(announcement.id, { element, drawn });
    return element;
  }

  /** @param {number} id
   * @param {HTMLButtonElement} button */
  async #withdraw(id, button) {
    await pressed(button, () => this.#room?.ask("announcement.withdraw", { announcement: id }));
  }
}

customElements.define("room-announcements", RoomAnnouncements);
