/** `<room-people>`: who is here. Large rooms tell their number only; the list is then asked for while it is looked at. */

import { fill, gettext, ngettext } from "../i18n.js";
import { avatar, make, onceAFrame, place } from "./dom.js";

/** @import { Person, Room } from "./room.js" */

const ASK_EVERY = 10_000;

export class RoomPeople extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Person[] | null} */ #asked = null;
  /** @type {Map<number, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #askedAt = 0;
  #count = make("p", { class: "quiet small", role: "status" });
  #list = make("ul", { class: "people" });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.replaceChildren(this.#count, this.#list);
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
    const { count, people } = room.presence;
    if (people === null) void this.#ask();
    else this.#asked = null;
    const listed = people ?? this.#asked ?? [];
    const words = listed.length < count
      ? ngettext("%(count)d person is here. Names are shown of those who agreed to be listed.", "%(count)d people are here. Names are shown of those who agreed to be listed.", count)
      : ngettext("%(count)d person is here.", "%(count)d people are here.", count);
    this.#count.textContent = fill(words, { count });
    const names = new Intl.Collator(document.documentElement.lang || undefined);
    const sorted = [...listed].sort((one, other) => Number(other.id === room.me) - Number(one.id === room.me) || names.compare(one.name, other.name));
    place(this.#list, sorted.map((person) => this.#row(person)));
  }

  /** @param {Person} person
   * @returns {HTMLElement} */
  #row(person) {
    const drawn = JSON.stringify(person);
    const known = this.#rows.get(person.id);
    if (known?.drawn === drawn) return known.element;
    const of = [person.name_latin !== person.name && person.name_latin, person.job_title, person.organisation].filter(Boolean).join(" · ");
    const element = make("li", {},
      make("span", { class: "person" }, avatar(person),
        make("span", {}, make("bdi", { class: "name" }, person.name), person.id === this.#room?.me ? ` ${gettext("(you)")}` : null,
          of ? make("span", { class: "of", dir: "auto" }, of) : null)));
    this.#rows.set(person.id, { element, drawn });
    return element;
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
}

customElements.define("room-people", RoomPeople);
