/**
 * `<room-people>`: who is here, with their part in it, and what one may do about them. Everybody counts; names are of those who
 * agreed to be listed and of those on the stage. Large rooms tell their number only; the list is then asked for while it is looked
 * at. Those who run the room find anybody who is here by name.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { avatar, icon, make, onceAFrame, place } from "./dom.js";
import { inWords } from "./floating.js";
import { found, inNameOrder } from "./people.js";
import { pressed, reasonOf } from "./refusal.js";

/** @import { Listed } from "./people.js" */
/** @import { Room } from "./room.js" */

/** @typedef {{id: number, person: Listed, muted: boolean, removed: boolean}} Restriction */

const ASK_EVERY = 10_000;
const LOOK_AFTER = 400;
const FEW = 8;

export class RoomPeople extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Listed[] | null} */ #asked = null;
  /** Whom the server found for the words in the field. @type {Listed[]} */ #foundHere = [];
  /** @type {Map<number, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #askedAt = 0;
  #lookedFor = "";
  /** Whose menu is open. @type {number | null} */ #opened = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #look;
  #field = make("input", { type: "search", class: "input", id: "people-search", dir: "auto", maxlength: "100", autocomplete: "off", input: () => this.#search() });
  #searchBox = make("div", { class: "people-search", hidden: true });
  #count = make("p", { class: "quiet small", role: "status" });
  #note = make("p", { class: "quiet small" });
  #list = make("ul", { class: "people" });
  #reactions = make("details", { class: "more", hidden: true });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("stack", "tight");
    const sums = make("p", { class: "small", role: "status" });
    this.#reactions.append(make("summary", {}, gettext("Reactions so far")), sums);
    this.#reactions.addEventListener("toggle", () => { if (this.#reactions.open) void this.#tellReactions(sums); });
    this.#searchBox.append(make("label", { class: "small strong", for: "people-search" }, gettext("Find a person")), this.#field);
    this.replaceChildren(this.#count, this.#searchBox, this.#list, this.#note, this.#reactions);
    room.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** The list is looked at now. */
  seen() {
    this.#draw();
  }

  #show() {
    const room = this.#room;
    if (!room || this.offsetParent === null) return;
    const { count, people, online = count, in_hall: inHall = 0 } = room.presence;
    if (people === null) void this.#ask();
    else this.#asked = null;
    const here = /** @type {Listed[]} */ (people ?? this.#asked ?? []);
    this.#count.textContent = fill(ngettext("%(count)d person is here", "%(count)d people are here", count), { count })
      + (inHall ? ` · ${fill(gettext("%(online)d online, %(hall)d in the hall"), { online, hall: inHall })}` : "");
    this.#searchBox.hidden = !room.runs && here.length <= FEW && !this.#field.value;
    const text = this.#field.value.trim();
    /** @type {Restriction[]} */
    const lost = room.runs ? [...(room.behind.restriction?.values() ?? [])] : [];
    const known = new Map([...lost.filter(({ removed }) => removed).map(({ person }) => person), ...(room.runs && text ? this.#foundHere : []), ...here].map((each) => [each.id, each]));
    const shown = inNameOrder(found([...known.values()], text), room.me, document.documentElement.lang || undefined);
    place(this.#list, shown.map((person) => this.#row(room, person, lost.find(({ id }) => id === person.id))));
    for (const id of this.#rows.keys()) if (!known.has(id)) this.#rows.delete(id);
    this.#note.textContent = text && !shown.length ? gettext("Nobody with this name is listed here.")
      : !text && here.length < count ? fill(ngettext("%(others)d more is here. Names are shown of those who agreed to be listed.", "%(others)d more are here. Names are shown of those who agreed to be listed.", count - here.length), { others: count - here.length }) : "";
    this.#reactions.hidden = !room.runs;
  }

  /** @param {Room} room
   * @param {Listed} person
   * @param {Restriction | undefined} lost
   * @returns {HTMLElement} */
  #row(room, person, lost) {
    const drawn = JSON.stringify([person, lost ?? null, room.runs, room.me, room.behind.invitation?.has(person.id) ?? false]);
    const known = this.#rows.get(person.id);
    if (known?.drawn === drawn) return known.element;
    const opened = this.#opened === person.id;
    const focused = known?.element.contains(document.activeElement) ?? false;
    const mine = person.id === room.me;
    const of = [person.name_latin !== person.name && person.name_latin, person.job_title, person.organisation, countryName(person.country)].filter(Boolean).join(" · ");
    const element = make("li", { class: "person-row" },
      make("span", { class: "person fill" }, avatar(person),
        make("span", {}, make("bdi", { class: "name" }, person.name), mine ? ` ${gettext("(you)")}` : null,
          person.role ? make("span", { class: "chip tea" }, partName(person.role)) : null,
          of ? make("span", { class: "of", dir: "auto" }, of) : null)),
      lost?.removed ? make("span", { class: "chip bad" }, icon("leave"), gettext("Removed")) : null,
      lost?.muted ? make("span", { class: "chip warn" }, icon("mic-off"), gettext("Muted")) : null,
      ...(mine ? [] : this.#menu(room, person, lost, opened)));
    if (focused) queueMicrotask(() => element.querySelector("button")?.focus());
    this.#rows.set(person.id, { element, drawn });
    return element;
  }

  /** What one may do about somebody: a button, and what it opens.
   * @param {Room} room
   * @param {Listed} person
   * @param {Restriction | undefined} lost
   * @param {boolean} opened
   * @returns {HTMLElement[]} */
  #menu(room, person, lost, opened) {
    const box = make("div", { class: "person-deeds row", id: `person-deeds-${person.id}`, hidden: !opened });
    if (person.reachable) box.append(make("a", { class: "button quiet", href: `/messages/to/${person.id}/` }, icon("mail"), gettext("Write a message")));
    const runs = person.role === "host" || person.role === "moderator"; // those who run the room are never restricted
    if (room.runs && !person.role && !lost?.removed) {
      box.append(room.behind.invitation?.has(person.id) ? this.#deed("stage.withdraw", person, "undo", gettext("Do not ask to the stage any more")) : this.#deed("stage.invite", person, "stage", gettext("Ask to the stage")));
    }
    if (room.runs && !runs) {
      if (lost?.removed) box.append(this.#deed("person.readmit", person, "return", gettext("Let back in")));
      else {
        box.append(lost?.muted ? this.#deed("person.unmute", person, "mic", gettext("Unmute")) : this.#deed("person.mute", person, "mic-off", gettext("Mute")));
        box.append(this.#deed("person.remove", person, "leave", gettext("Remove from the room")));
      }
    }
    if (!room.runs) box.append(make("button", { class: "button quiet", type: "button", click: () => box.dispatchEvent(new CustomEvent("report", { bubbles: true, composed: true, detail: { kind: "person", id: person.id, person: person.id } })) }, icon("flag"), gettext("Report")));
    if (!box.childElementCount) return [];
    const opener = make("button", {
      class: "button icon-only quiet push", type: "button", "aria-expanded": String(opened), "aria-controls": box.id, "aria-label": fill(gettext("What to do about %(name)s"), { name: person.name }),
      click: () => {
        box.hidden = !box.hidden;
        this.#opened = box.hidden ? null : person.id;
        opener.setAttribute("aria-expanded", String(!box.hidden));
      },
    }, icon("more"));
    return [opener, box];
  }

  /** @param {string} command
   * @param {Listed} person
   * @param {string} symbol
   * @param {string} words
   * @returns {HTMLElement} */
  #deed(command, person, symbol, words) {
    const button = make("button", { class: "button quiet", type: "button", click: () => {
      void pressed(button, () => this.#room?.ask(command, { person: person.id })); // what it changed arrives as an update
    } }, icon(symbol), words);
    return button;
  }

  #search() {
    clearTimeout(this.#look);
    const text = this.#field.value.trim();
    if (!text) this.#foundHere = [];
    else if (this.#room?.runs) this.#look = setTimeout(() => void this.#lookFor(text), LOOK_AFTER);
    this.#draw();
  }

  /** Those who are here and not listed are found too, for those who run the room.
   * @param {string} text */
  async #lookFor(text) {
    const room = this.#room;
    if (!room || room.phase !== "here") return;
    this.#lookedFor = text;
    try {
      const { people } = await room.ask("room.find", { text });
      if (this.#lookedFor !== text) return;
      this.#foundHere = people;
      this.#draw();
    } catch {
      // Those who are listed are found all the same.
    }
  }

  async #ask() {
    const room = this.#room;
    if (!room || room.phase !== "here" || Date.now() - this.#askedAt < ASK_EVERY) return;
    this.#askedAt = Date.now();
    try {
      this.#asked = (await room.ask("room.people")).people;
      this.#draw();
    } catch {
      // The number is known; the names come with the next try.
    }
  }

  /** @param {HTMLElement} sums */
  async #tellReactions(sums) {
    try {
      const { totals } = await /** @type {Room} */ (this.#room).ask("reaction.totals");
      sums.textContent = inWords(totals) || gettext("There were none yet.");
    } catch (error) {
      sums.textContent = reasonOf(error);
    }
  }
}

/** @param {string} role
 * @returns {string} */
function partName(role) {
  return { host: gettext("Host"), moderator: gettext("Moderator"), speaker: gettext("Speaker"), interpreter: gettext("Interpreter"), guest: gettext("On the stage") }[role] ?? role;
}

/** @param {string} code
 * @returns {string} */
function countryName(code) {
  if (!/^[A-Z]{2}$/.test(code ?? "")) return "";
  return new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "region", fallback: "none" }).of(code) ?? "";
}

customElements.define("room-people", RoomPeople);
