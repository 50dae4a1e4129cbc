/**
 * `<room-captions>`: what is said on the stage in letters, over or under the picture, as this reader wants to see it; and
 * `<room-transcript>`: all of it to read again, search, copy and take home.
 */

import { fill, gettext } from "../i18n.js";
import { feedFor, keepSettings, loadSettings } from "./caption-settings.js";
import { Captions } from "./captions.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { RoomTranscript } from "./room-transcript.js";

/** @import { Feed } from "./captions.js" */
/** @import { Settings } from "./caption-settings.js" */
/** @import { Room } from "./room.js" */

/** Milliseconds of silence after which the last line leaves the picture. */
const STAYS = 15_000;
/** Milliseconds for which a line may be shown again to whoever begins to read. */
const FRESH = 60_000;
/** Lines that are drawn: what does not fit is cut off above. */
const DRAWN = 4;

export class RoomCaptions extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Captions | null} */ #captions = null;
  #settings = loadSettings();
  #box = make("div", { class: "caption-box", role: "region", hidden: true });
  #bar = make("div", { class: "caption-bar", role: "group", hidden: true });
  #toggle = make("button", { class: "control", type: "button" });
  #choice = make("select", { class: "control caption-language" });
  #more = make("button", { class: "control", type: "button", "aria-haspopup": "dialog" });
  #dialog = make("dialog", { class: "dialog" });
  #preview = make("div", { class: "caption-box preview" });
  #spoken = make("p", { class: "hidden-visually", "aria-live": "polite" });
  #told = 0;
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  #offered = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #clear;
  #draw = onceAFrame(() => this.#show());

  /** All that was said. */
  transcript = new RoomTranscript();

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.#captions = new Captions(room);
    this.classList.add("captions");
    this.#box.setAttribute("aria-label", gettext("Captions"));
    this.#bar.setAttribute("aria-label", gettext("Captions"));
    this.#toggle.append(icon("captions"), make("span", { class: "control-name" }, gettext("Captions")));
    this.#toggle.addEventListener("click", () => this.#set({ on: !this.#on }));
    this.#choice.setAttribute("aria-label", gettext("Language of the captions"));
    this.#choice.addEventListener("change", () => this.#set({ language: this.#choice.value, on: true }));
    this.#more.append(icon("settings"), make("span", { class: "hidden-visually" }, gettext("How captions look")));
    this.#more.addEventListener("click", () => this.#openSettings());
    this.#bar.append(this.#toggle, this.#choice, this.#more);
    this.replaceChildren(this.#box, this.#bar, this.#spoken, this.#dialog);
    this.transcript.attach(room, this.#captions, () => this.feed, (language) => this.#set({ language }));
    this.transcript.addEventListener("seen", this.#draw);
    room.addEventListener("change", this.#draw);
    this.#captions.addEventListener("change", this.#draw);
    this.#draw();
  }

  disconnectedCallback() {
    clearTimeout(this.#clear);
    this.#captions?.stop();
  }

  /** Whether there is, or may be made, something to read. @returns {boolean} */
  get used() {
    return Boolean(this.#captions?.feeds.length || this.#room?.own.captioning?.size);
  }

  /** The language that is read. @returns {Feed | null} */
  get feed() {
    return feedFor(this.#captions?.feeds ?? [], this.#settings.language, [document.documentElement.lang, ...navigator.languages]);
  }

  /** Captions are on until somebody switches them off. @returns {boolean} */
  get #on() {
    return this.#settings.on ?? true;
  }

  /** @param {Partial<Settings>} changes */
  #set(changes) {
    this.#settings = { ...this.#settings, ...changes };
    keepSettings(this.#settings);
    this.#draw();
  }

  #show() {
    const captions = this.#captions;
    if (!captions) return;
    const feed = this.feed;
    const shown = Boolean(feed?.open && this.#on);
    const read = feed && (shown || this.transcript.open) ? [feed.language] : [];
    captions.follow(read);
    this.#bar.hidden = !captions.feeds.some(({ open }) => open);
    this.#toggle.setAttribute("aria-pressed", String(this.#on));
    this.#offer(captions.feeds.filter(({ open }) => open), feed);
    this.#dress(this, this.#box);
    this.#drawLines(captions, shown ? feed : null);
    this.transcript.draw();
  }

  /** @param {Feed[]} feeds
   * @param {Feed | null} feed */
  #offer(feeds, feed) {
    const offered = JSON.stringify(feeds.map(({ language }) => language));
    if (offered !== this.#offered) {
      this.#offered = offered;
      this.#choice.replaceChildren(...feeds.map(({ language, name }) => make("option", { value: language, lang: language }, name)));
    }
    if (feed && this.#choice.value !== feed.language) this.#choice.value = feed.language;
    this.#choice.hidden = feeds.length < 2;
  }

  /** @param {HTMLElement} around
   * @param {HTMLElement} box */
  #dress(around, box) {
    const { size, look, place: where, rows } = this.#settings;
    around.dataset.place = where;
    Object.assign(box.dataset, { size: String(size), look, rows: String(rows) });
  }

  /** @param {Captions} captions
   * @param {Feed | null} feed */
  #drawLines(captions, feed) {
    clearTimeout(this.#clear);
    if (!feed) {
      this.#box.hidden = true;
      this.#rows.clear();
      this.#box.replaceChildren();
      return;
    }
    const now = Date.now();
    const { language } = feed;
    const passed = captions.room.socket.now() - now;
    const cameAt = (/** @type {{id: number, end: string}} */ line) => captions.cameAt(language, line.id) ?? Date.parse(line.end) - passed;
    const fresh = captions.lines(language).slice(-DRAWN).filter((line) => now - cameAt(line) < FRESH);
    const writing = captions.writing(language);
    // Whoever begins to read sees what was said a moment ago, until they have read it.
    const newest = writing?.at ?? Math.max(captions.since(language), ...fresh.map(cameAt));
    const silent = now - newest >= STAYS;
    const lines = silent ? [] : fresh;
    const drawn = lines.map((line) => ({ key: String(line.line), text: line.text, writing: false }));
    if (writing) drawn.push({ key: writing.line, text: writing.text, writing: true });
    this.#box.lang = language;
    this.#box.dir = feed.dir;
    this.#fill(drawn);
    this.#box.hidden = drawn.length === 0 && this.#settings.place === "over";
    if (drawn.length) this.#clear = setTimeout(this.#draw, newest + STAYS - now + 50);
    this.#speak(captions, language);
  }

  /** A line keeps its element while it grows and when it is finished, so that nothing flickers.
   * @param {{key: string, text: string, writing: boolean}[]} drawn */
  #fill(drawn) {
    const known = this.#rows;
    this.#rows = new Map(drawn.map(({ key, text, writing }) => {
      const row = known.get(key) ?? make("p");
      if (row.textContent !== text) row.textContent = text;
      row.className = writing ? "caption-line writing" : "caption-line";
      return [key, row];
    }));
    place(this.#box, [...this.#rows.values()]);
  }

  /** For those who asked for it: finished lines, each once.
   * @param {Captions} captions
   * @param {string} language */
  #speak(captions, language) {
    const lines = captions.lines(language);
    const newest = lines.at(-1)?.id ?? 0;
    const before = this.#told;
    this.#told = Math.max(before, newest);
    if (!this.#settings.aloud || before === 0) return;
    const said = lines.filter(({ id }) => id > before && captions.cameAt(language, id) !== null);
    if (!said.length) return;
    this.#spoken.lang = language;
    this.#spoken.replaceChildren(...said.map(({ text }) => make("span", {}, `${text} `)));
  }

  // --- settings ---

  #openSettings() {
    const { size, look, place: where, rows, aloud } = this.#settings;
    const feed = this.feed;
    const close = () => this.#dialog.close();
    const title = make("h2", { id: "captions-look" }, gettext("How captions look"));
    this.#dialog.setAttribute("aria-labelledby", title.id);
    const lines = feed ? this.#captions?.lines(feed.language) ?? [] : [];
    this.#preview.lang = lines.length && feed ? feed.language : document.documentElement.lang;
    this.#preview.dir = lines.length && feed ? feed.dir : "auto";
    this.#preview.replaceChildren(make("p", { class: "caption-line" }, lines.at(-1)?.text ?? gettext("This is how captions look.")));
    this.#dress(this.#dialog, this.#preview);
    this.#dialog.replaceChildren(
      make("div", { class: "dialog-head" }, title, make("button", { class: "button icon-only quiet", type: "button", "aria-label": gettext("Close"), click: close }, icon("close"))),
      make("div", { class: "stack" }, this.#preview,
        this.#choices("size", gettext("Size"), size, [[1, gettext("Small")], [2, gettext("Medium")], [3, gettext("Large")]]),
        this.#choices("look", gettext("Colours"), look, [["night", gettext("White on black")], ["day", gettext("Black on white")], ["yellow", gettext("Yellow on black")]]),
        this.#choices("place", gettext("Where"), where, [["over", gettext("Over the picture")], ["under", gettext("Below the picture")]]),
        this.#choices("rows", gettext("Lines at once"), rows, [[1, "1"], [2, "2"], [3, "3"], [4, "4"]]),
        make("label", { class: "check" }, make("input", { type: "checkbox", checked: aloud, change: (/** @type {any} */ event) => this.#set({ aloud: event.target.checked }) }),
          make("span", {}, gettext("Have my screen reader read the captions. It then speaks over the sound."))),
        make("div", { class: "actions" }, make("button", { class: "button primary", type: "button", click: close }, gettext("Done")))));
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {keyof Settings} name
   * @param {string} label
   * @param {unknown} chosen
   * @param {[string | number, string][]} options
   * @returns {HTMLElement} */
  #choices(name, label, chosen, options) {
    return make("fieldset", { class: "field" }, make("legend", {}, label), make("div", { class: "chips" }, ...options.map(([value, words]) => make("label", { class: "chip pick" },
      make("input", { type: "radio", name: `captions-${name}`, value, checked: value === chosen, change: () => {
        this.#set(/** @type {Partial<Settings>} */ ({ [name]: value }));
        this.#dress(this.#dialog, this.#preview);
      } }), name === "rows" ? make("span", { "aria-label": fill(gettext("%(count)s lines at once"), { count: words }) }, words) : words))));
  }
}

customElements.define("room-captions", RoomCaptions);
