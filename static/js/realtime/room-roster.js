/** `<room-roster>`: the people of the room for those who run it: who was muted or removed first, then who is here. */

import { fill, gettext, ngettext } from "../i18n.js";
import { avatar, icon, make, onceAFrame, place } from "./dom.js";
import { roster } from "./moderation.js";
import { pressed } from "./refusal.js";

/** @import { Person, Room } from "./room.js" */

const ASK_EVERY = 10_000;

export class RoomRoster extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Person[]} */ #asked = [];
  #askedAt = 0;
  /** @type {Map<number, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #find = make("input", { type: "search", class: "input", dir: "auto", id: "roster-find", autocomplete: "off", input: () => this.#draw() });
  #count = make("p", { class: "quiet small", role: "status" });
  #list = make("ul", { class: "people roster" });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("stack", "tight");
    this.replaceChildren(make("label", { class: "hidden-visually", for: "roster-find" }, gettext("Find a person")), this.#find, this.#count, this.#list);
    this.#find.setAttribute("placeholder", gettext("Find a person"));
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
    const all = roster(room, people ?? this.#asked);
    const term = this.#find.value.trim().toLocaleLowerCase();
    const found = term ? all.filter(({ person }) => `${person.name} ${person.name_latin} ${person.organisation}`.toLocaleLowerCase().includes(term)) : all;
    this.#count.textContent = [
      fill(ngettext("%(count)d person is here", "%(count)d people are here", count), { count }),
      inHall ? fill(gettext("%(online)d online, %(hall)d in the hall"), { online, hall: inHall }) : "",
      gettext("Names of those who agreed to be listed, who are on the stage, or who wrote something."),
    ].filter(Boolean).join(" · ");
    place(this.#list, found.map((each) => this.#row(each)));
  }

  /** @param {ReturnType<typeof roster>[number]} entry
   * @returns {HTMLElement} */
  #row(entry) {
    const room = /** @type {Room} */ (this.#room);
    const { person, here, muted, removed } = entry;
    const drawn = JSON.stringify([entry, room.me]);
    const known = this.#rows.get(person.id);
    if (known?.drawn === drawn) return known.element;
    const focused = known?.element.contains(document.activeElement);
    const of = [person.name_latin !== person.name && person.name_latin, person.organisation].filter(Boolean).join(" · ");
    const element = make("li", { class: removed ? "removed" : muted ? "muted" : "" },
      make("span", { class: "person fill" }, avatar(person, "small"),
        make("span", {}, make("bdi", { class: "name" }, person.name), person.id === room.me ? ` ${gettext("(you)")}` : null,
          of ? make("span", { class: "of", dir: "auto" }, of) : null)),
      removed ? make("span", { class: "chip bad" }, icon("leave"), gettext("Removed")) : null,
      muted ? make("span", { class: "chip warn" }, icon("mic-off"), gettext("Muted")) : null,
      // Of whoever did not agree to be listed nobody is told whether they are here.
      here ? make("span", { class: "chip tea" }, gettext("Here")) : null,
      person.id === room.me ? null : make("span", { class: "row tight push" },
        removed ? null : muted ? this.#act("person.unmute", person, gettext("Unmute in room"), "mic") : this.#act("person.mute", person, gettext("Mute in room"), "mic-off"),
        removed ? this.#act("person.readmit", person, gettext("Let back in"), "return") : this.#act("person.remove", person, gettext("Remove"), "leave")));
    this.#rows.set(person.id, { element, drawn });
    if (focused) queueMicrotask(() => element.querySelector("button")?.focus());
    return element;
  }

  /** @param {string} command
   * @param {Person} person
   * @param {string} words
   * @param {string} symbol
   * @returns {HTMLElement} */
  #act(command, person, words, symbol) {
    return make("button", { class: "button quiet", type: "button", "aria-label": `${words}: ${person.name}`, click: (/** @type {Event} */ event) => {
      // What it changed arrives as an update.
      void pressed(/** @type {HTMLButtonElement} */ (event.currentTarget), () => this.#room?.ask(command, { person: person.id }));
    } }, icon(symbol), words);
  }

  async #ask() {
    const room = this.#room;
    if (!room || room.phase !== "here" || Date.now() - this.#askedAt < ASK_EVERY) return;
    this.#askedAt = Date.now();
    try {
      this.#asked = (await room.ask("room.people")).people ?? [];
      this.#draw();
    } catch {
      // The number is known; the names come with the next try.
    }
  }
}

customElements.define("room-roster", RoomRoster);
