/**
 * `<stage-desk>`: the dialog in which those who run a room direct its stage: how everyone sees it, who is on it and what is done
 * about them, who is asked to it, and whom to bring. It is drawn anew while it is open; the focus stays where it was.
 */

import { gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { avatar, icon, make, onceAFrame } from "./dom.js";
import { CommandError } from "./socket.js";
import { deeds, handsToBring, peopleOn, sceneOf } from "./stage-people.js";

/** @import { Person, Room } from "./room.js" */
/** @import { Layout } from "./stage-layout.js" */
/** @import { OnIt } from "./stage-people.js" */

const LOOK_AFTER = 400;
const FEW = 8;

/** @type {[Layout, string, () => string][]} */
export const LAYOUTS = [
  ["screen", "screen", () => gettext("Screen with speaker")],
  ["speaker", "user", () => gettext("Speaker")],
  ["side", "grid", () => gettext("Side by side")],
];

export class StageDesk extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Person[]} */ #found = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #look;
  #drawn = "";
  #lookedFor = "";
  #field = make("input", { class: "input", type: "search", id: "stage-desk-find", dir: "auto", maxlength: "100", autocomplete: "off", input: () => this.#search() });
  #body = make("div", { class: "stack" });
  #dialog = make("dialog", { class: "dialog stage-desk", "aria-labelledby": "stage-desk-title" });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    const title = make("h2", { id: "stage-desk-title" }, gettext("Direct the stage"));
    const close = make("button", { class: "button icon-only quiet", type: "button", "aria-label": gettext("Close"), click: () => this.#dialog.close() }, icon("close"));
    this.#dialog.append(make("div", { class: "dialog-head" }, title, close), this.#body);
    this.replaceChildren(this.#dialog);
    room.addEventListener("change", this.#draw);
  }

  open() {
    if (this.#dialog.open) return;
    this.#drawn = "";
    this.#found = [];
    this.#field.value = "";
    this.#dialog.showModal();
    this.#show();
  }

  #show() {
    const room = this.#room;
    if (!room || !this.#dialog.open) return;
    if (!room.runs) return this.#dialog.close();
    const [scene, on, hands] = [sceneOf(room), peopleOn(room), handsToBring(room)];
    const asked = [...(room.behind.invitation?.values() ?? [])].map(({ person }) => person);
    const known = new Set([...on.map(({ person }) => person.id), ...asked.map(({ id }) => id), ...hands.map(({ id }) => id)]);
    const listed = /** @type {(Person & {role?: string})[]} */ (this.#field.value.trim() ? this.#found : room.presence.people ?? []);
    const others = listed.filter(({ id, role }) => !known.has(id) && id !== room.me && !role).slice(0, FEW);
    const drawn = JSON.stringify([scene, on, hands, asked, others]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = document.activeElement instanceof HTMLElement && this.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
    const typing = document.activeElement === this.#field;
    this.#body.replaceChildren(
      this.#layouts(scene.layout),
      this.#people(gettext("On the stage"), gettext("Nobody is on the stage at the moment."), on.map((each) => this.#onIt(each, scene.speaker))),
      ...(asked.length ? [this.#people(gettext("Asked to come"), "", asked.map((person) => this.#row(person, [], [this.#act("stage.withdraw", person, "undo", gettext("Withdraw"))])))] : []),
      ...(hands.length ? [this.#people(gettext("Raised hands"), "", hands.map((person) => this.#row(person, [], [this.#bring(person)])))] : []),
      make("section", { class: "stack tight" },
        make("h3", {}, make("label", { for: this.#field.id }, gettext("Bring somebody to the stage"))), this.#field,
        make("ul", { class: "people" }, ...others.map((person) => this.#row(person, [], [this.#bring(person)])))));
    if (typing) this.#field.focus();
    else if (focused) (/** @type {HTMLElement | null} */ (this.querySelector(`[data-act="${focused}"]`)) ?? this.querySelector("button"))?.focus();
  }

  /** @param {Layout} chosen
   * @returns {HTMLElement} */
  #layouts(chosen) {
    return make("section", { class: "stack tight" },
      make("h3", { id: "stage-desk-layouts" }, gettext("How everyone sees the stage")),
      make("div", { class: "segments", role: "group", "aria-labelledby": "stage-desk-layouts" }, ...LAYOUTS.map(([layout, symbol, words]) => make("button", {
        class: "segment", type: "button", "aria-pressed": String(layout === chosen), "data-act": `layout ${layout}`, click: () => void this.ask("stage.arrange", { layout }),
      }, icon(symbol), words()))));
  }

  /** @param {string} title
   * @param {string} nobody
   * @param {HTMLElement[]} rows
   * @returns {HTMLElement} */
  #people(title, nobody, rows) {
    return make("section", { class: "stack tight" }, make("h3", {}, title), rows.length ? make("ul", { class: "people" }, ...rows) : make("p", { class: "quiet" }, nobody));
  }

  /** @param {OnIt} each
   * @param {number | null} speaker
   * @returns {HTMLElement} */
  #onIt(each, speaker) {
    const { person } = each;
    const chips = [
      each.place && make("span", { class: "chip tea" }, gettext("Has the speaker's place")),
      each.silenced && make("span", { class: "chip warn" }, icon("mic-off"), gettext("Muted")),
      !each.on && make("span", { class: "chip" }, gettext("Has not started yet")),
    ];
    return this.#row(person, chips.filter((chip) => chip !== false), deeds(each, speaker).map(([command, data, symbol, words]) => this.#act(command, person, symbol, words, data)));
  }

  /** @param {Person} person
   * @param {HTMLElement[]} chips
   * @param {HTMLElement[]} acts
   * @returns {HTMLElement} */
  #row(person, chips, acts) {
    const of = [person.name_latin !== person.name && person.name_latin, person.organisation].filter(Boolean).join(" · ");
    return make("li", { class: "person-row" },
      make("span", { class: "person fill" }, avatar(person), make("span", {}, make("bdi", { class: "name" }, person.name), of ? make("span", { class: "of", dir: "auto" }, of) : null)),
      ...chips, make("div", { class: "row tight" }, ...acts));
  }

  /** @param {Person} person
   * @returns {HTMLElement} */
  #bring(person) {
    return this.#act("stage.invite", person, "stage", gettext("Ask to the stage"));
  }

  /** @param {string} command
   * @param {Person} person
   * @param {string} symbol
   * @param {string} words
   * @param {Record<string, unknown>} [data]
   * @returns {HTMLElement} */
  #act(command, person, symbol, words, data = { person: person.id }) {
    return make("button", { class: "button quiet", type: "button", "aria-label": `${words}: ${person.name}`, "data-act": `${command} ${person.id}`, click: () => void this.ask(command, data) }, icon(symbol), words);
  }

  /** @param {string} command
   * @param {Record<string, unknown>} data */
  async ask(command, data) {
    try {
      await this.#room?.ask(command, data); // what it changed arrives as an update
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      toast(error.message || gettext("There is no connection at the moment. Try again when it is back."), "warning");
    }
  }

  #search() {
    clearTimeout(this.#look);
    const text = this.#field.value.trim();
    if (!text) this.#found = [];
    else this.#look = setTimeout(() => void this.#lookFor(text), LOOK_AFTER);
    this.#draw();
  }

  /** @param {string} text */
  async #lookFor(text) {
    this.#lookedFor = text;
    try {
      const { people } = await /** @type {Room} */ (this.#room).ask("room.find", { text });
      if (this.#lookedFor === text) this.#found = people;
      this.#draw();
    } catch {
      // They can be looked for again.
    }
  }
}

customElements.define("stage-desk", StageDesk);
