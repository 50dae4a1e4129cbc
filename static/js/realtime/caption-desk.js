/**
 * `<caption-desk room="12" language="my" dir="ltr">`: where a captioner works. They see and hear the stage, type, and send each line
 * with Enter. What is typed is shown to readers word by word. Lines wait here while there is no connection.
 */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { expanded, readAbbreviations, settled } from "./caption-words.js";
import { Captions } from "./captions.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { Room } from "./room.js";
import { standOn } from "./room-slides.js";
import { RoomStage } from "./room-stage.js";
import { done } from "./refusal.js";
import { CommandError } from "./socket.js";
import { tabSocket } from "./tab.js";
import { sends } from "./writing.js";

/** @import { Line } from "./captions.js" */

/** @typedef {{line: string, text: string, took: number}} Unsent */

const MOST = 500;
/** Milliseconds between two looks at what is being typed. */
const TELL_EVERY = 500;
/** Lines that are listed. */
const LISTED = 40;

class CaptionDesk extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Captions | null} */ #captions = null;
  #language = "";
  #stage = new RoomStage();
  #list = make("ol", { class: "plain" });
  #box = make("div", { class: "desk-lines", tabindex: "0", role: "region" });
  #other = make("p", { class: "desk-other", "aria-live": "off" });
  #source = make("div", { class: "desk-source", hidden: true });
  #sourceChoice = make("select", { id: "desk-source" });
  #line = make("p", { class: "notice offline", role: "status", hidden: true });
  #input = make("textarea", { rows: "2", maxlength: String(MOST), id: "desk-input", enterkeyhint: "send", autocomplete: "off" });
  #short = make("textarea", { rows: "6", id: "desk-short", dir: "auto" });
  #abbreviations = new Map();
  /** @type {Unsent[]} */ #unsent = [];
  #sending = false;
  #current = crypto.randomUUID();
  /** When the first letter of the current line was typed. */ #began = 0;
  #told = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #telling;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #sendLater;
  /** @type {{id: number, field: HTMLInputElement} | null} */ #correcting = null;
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #draw = onceAFrame(() => this.#show());

  connectedCallback() {
    const id = Number(this.getAttribute("room"));
    this.#language = this.getAttribute("language") ?? "";
    if (!Number.isInteger(id) || id < 1 || this.#room) return;
    this.#room = new Room(tabSocket(), id);
    this.#captions = new Captions(this.#room);
    this.#recall();
    this.#build();
    this.#stage.room = this.#room;
    standOn(this.#stage, this.#room);
    this.#room.addEventListener("change", this.#draw);
    this.#room.addEventListener("state", () => void this.#sendNext());
    this.#room.socket.addEventListener("state", this.#draw);
    this.#captions.addEventListener("change", this.#draw);
    this.#room.start();
    this.#read();
  }

  disconnectedCallback() {
    clearTimeout(this.#telling);
    clearTimeout(this.#sendLater);
    this.#captions?.stop();
    this.#room?.stop();
    this.#room = null;
  }

  #build() {
    const dir = this.dataset.dir ?? "ltr";
    this.classList.add("caption-desk");
    this.#box.setAttribute("aria-label", gettext("Lines"));
    for (const element of [this.#list, this.#input, this.#other]) {
      element.lang = this.#language;
      element.dir = dir;
    }
    this.#box.append(this.#list, this.#other);
    this.#input.setAttribute("aria-describedby", "desk-keys");
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("input", (event) => this.#typed(/** @type {InputEvent} */ (event)));
    this.#input.addEventListener("compositionend", () => this.#tellSoon());
    this.#short.value = this.#recallShort();
    this.#abbreviations = readAbbreviations(this.#short.value);
    this.#short.addEventListener("input", () => {
      this.#abbreviations = readAbbreviations(this.#short.value);
      this.#keepShort();
    });
    this.#sourceChoice.addEventListener("change", () => this.#read());
    const form = make("form", { class: "stack tight", submit: (/** @type {Event} */ event) => { event.preventDefault(); this.#send(); } },
      make("label", { for: this.#input.id, class: "strong" }, gettext("What is being said")),
      make("div", { class: "desk-writing" }, this.#input, make("button", { class: "button primary", type: "submit" }, icon("send"), gettext("Send"))),
      make("p", { class: "quiet small", id: "desk-keys" }, gettext("Enter sends the line. The up arrow in the empty field corrects the last line.")));
    this.append(
      this.#stage,
      make("div", { class: "stack desk-work" }, this.#line, this.#box, form),
      make("div", { class: "stack" },
        make("div", { class: "field" }, make("label", { for: this.#sourceChoice.id }, gettext("Read along in another language")), this.#sourceChoice), this.#source,
        make("details", { class: "more" }, make("summary", {}, gettext("Short forms"), " ", icon("down")),
          make("div", { class: "field" }, make("label", { for: this.#short.id }, gettext("One on each line, such as kmg = Kunming")), make("p", { class: "hint" }, gettext("Type the short form and a space. The list stays in this browser.")), this.#short))));
  }

  /** Follow our language, and the one that we read along. */
  #read() {
    this.#captions?.follow([this.#language, this.#sourceChoice.value].filter(Boolean));
    this.#draw();
  }

  /** Whether everyone sees the stage: what is said behind the scenes is not captioned. @returns {boolean} */
  get #live() {
    const broadcast = [...(this.#room?.state.broadcast?.values() ?? [])][0];
    return !broadcast || broadcast.state === "live";
  }

  // --- typing ---

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "ArrowUp" && this.#input.value === "") {
      const last = this.#captions?.lines(this.#language).at(-1);
      if (last) {
        event.preventDefault();
        this.#correct(last);
      }
    } else if (sends(event)) {
      event.preventDefault();
      this.#send();
    }
  }

  /** @param {InputEvent} event */
  #typed(event) {
    const { value } = this.#input;
    if (value && !this.#began) this.#began = Date.now();
    if (!event.isComposing && event.inputType.startsWith("insert")) this.#expand();
    if (!value) this.#began = 0;
    if (!event.isComposing) this.#tellSoon();
  }

  #expand() {
    const caret = this.#input.selectionStart ?? 0;
    const before = this.#input.value.slice(0, caret);
    if (!/[\s\p{P}]$/u.test(before)) return;
    const long = expanded(before, this.#abbreviations, this.#language);
    if (long === null) return;
    this.#input.setRangeText(long, 0, caret, "end");
  }

  #tellSoon() {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      void this.#tell();
    }, TELL_EVERY);
  }

  /** Readers see whole words of what is being typed. It may be lost. */
  async #tell() {
    const text = settled(this.#input.value).slice(0, MOST);
    if (text === this.#told || this.#room?.phase !== "here" || !this.#live) return;
    this.#told = text;
    try {
      await this.#room.ask("caption.write", { language: this.#language, line: this.#current, text });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error.code === "busy") this.#tellSoon();
    }
  }

  #send() {
    const before = this.#input.value;
    const text = (expanded(before, this.#abbreviations, this.#language) ?? before).replace(/\s+/g, " ").trim().slice(0, MOST);
    if (!text || !this.#live) return;
    this.#unsent.push({ line: this.#current, text, took: Math.min(120_000, this.#began ? Date.now() - this.#began : 0) });
    this.#remember();
    this.#input.value = "";
    this.#current = crypto.randomUUID();
    this.#began = 0;
    this.#told = "";
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#draw();
    void this.#sendNext();
  }

  async #sendNext() {
    const room = this.#room;
    const next = this.#unsent[0];
    if (!room || !next || this.#sending || room.phase !== "here") return;
    this.#sending = true;
    let pause = 0;
    try {
      await room.ask("caption.say", { language: this.#language, ...next });
      this.#unsent.shift();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error.unsure || error.code === "busy" || error.code === "failed") {
        pause = error.code === "busy" ? error.retryAfter * 1000 : 2000; // the same line again is harmless
      } else {
        this.#unsent.shift();
        toast(`${error.message} ${fill(gettext("This line was not sent: %(text)s"), { text: next.text })}`, "error");
      }
    } finally {
      this.#sending = false;
    }
    this.#remember();
    this.#draw();
    clearTimeout(this.#sendLater);
    if (pause) this.#sendLater = setTimeout(() => void this.#sendNext(), pause);
    else void this.#sendNext();
  }

  // --- what stands there ---

  #show() {
    const room = this.#room;
    const captions = this.#captions;
    if (!room || !captions) return;
    const lost = room.phase === "here" || room.phase === "entering" ? "" : room.problem?.message || gettext("No connection. What you write is kept.");
    const words = lost || (this.#live ? "" : gettext("The stage is not live. Lines can be sent once everyone can see it."));
    this.#line.hidden = words === "";
    if (this.#line.textContent !== words) this.#line.textContent = words;
    this.#input.disabled = room.phase === "refused" || room.phase === "closed";
    this.#offerSources(captions);
    this.#drawLines(captions);
    this.#drawSource(captions);
  }

  /** @param {Captions} captions */
  #drawLines(captions) {
    const atEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < 80;
    const lines = captions.lines(this.#language).slice(-LISTED);
    const known = new Set(lines.map(({ line }) => line));
    /** @type {Map<string, {element: HTMLElement, drawn: string}>} */
    const rows = new Map();
    for (const line of lines) rows.set(`line-${line.id}`, this.#row(line));
    for (const each of this.#unsent) {
      if (known.has(each.line)) continue;
      const key = `unsent-${each.line}`;
      rows.set(key, this.#rows.get(key) ?? { drawn: "", element: make("li", { class: "pending" }, make("p", {}, each.text), make("span", { class: "quiet tiny" }, gettext("On its way"))) });
    }
    this.#rows = rows;
    place(this.#list, [...rows.values()].map(({ element }) => element));
    const writing = captions.writing(this.#language);
    const theirs = writing && writing.person !== this.#room?.me ? writing : null;
    const told = theirs ? fill(gettext("%(name)s: %(text)s"), { name: theirs.name || gettext("The captioning service"), text: `${theirs.text} …` }) : "";
    if (this.#other.textContent !== told) this.#other.textContent = told;
    if (atEnd && !this.#correcting) this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** @param {Line} line
   * @returns {{element: HTMLElement, drawn: string}} */
  #row(line) {
    const key = `line-${line.id}`;
    const known = this.#rows.get(key);
    const drawn = JSON.stringify([line.text, line.edited]);
    // Whoever corrects a line does not lose it to somebody else's correction.
    if (known && (known.drawn === drawn || this.#correcting?.id === line.id)) return known;
    const element = make("li", {}, make("p", {}, line.text, line.edited ? " " : null, line.edited ? make("span", { class: "chip" }, gettext("corrected")) : null),
      make("span", { class: "desk-tools" },
        make("button", { class: "button quiet icon-only", type: "button", "aria-label": fill(gettext("Correct: %(text)s"), { text: line.text }), click: () => this.#correct(line) }, icon("edit")),
        make("button", { class: "button quiet icon-only", type: "button", "aria-label": fill(gettext("Delete: %(text)s"), { text: line.text }), click: () => void this.#delete(line) }, icon("trash"))));
    return { element, drawn };
  }

  /** @param {Line} line */
  #correct(line) {
    this.#endCorrecting();
    const row = this.#rows.get(`line-${line.id}`);
    if (!row) return;
    const field = make("input", { class: "input", maxlength: String(MOST), "aria-label": gettext("Correct the line"), lang: this.#language, dir: this.dataset.dir ?? "ltr", autocomplete: "off" });
    field.value = line.text;
    const leave = () => {
      this.#endCorrecting();
      this.#input.focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") leave();
    });
    const form = make("form", { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text && text !== line.text) void this.#act("caption.correct", { caption: line.id, text });
      leave();
    } }, field, make("button", { class: "button primary", type: "submit" }, gettext("Save")), make("button", { class: "button quiet", type: "button", click: leave }, gettext("Cancel")));
    this.#correcting = { id: line.id, field };
    row.element.replaceChildren(form);
    row.drawn = "correcting";
    form.scrollIntoView({ block: "nearest" });
    field.focus();
    field.select();
  }

  #endCorrecting() {
    const { id } = this.#correcting ?? {};
    this.#correcting = null;
    if (id === undefined) return;
    this.#rows.delete(`line-${id}`);
    this.#draw();
  }

  /** @param {Line} line */
  async #delete(line) {
    if (!confirm(fill(gettext("Delete this line for everybody? %(text)s"), { text: line.text }))) return;
    await this.#act("caption.delete", { caption: line.id });
    this.#input.focus();
  }

  /** @param {string} command
   * @param {Record<string, unknown>} data */
  async #act(command, data) {
    await done(this.#room?.ask(command, data));
  }

  /** @param {Captions} captions */
  #offerSources(captions) {
    const feeds = captions.feeds.filter(({ language }) => language !== this.#language);
    const offered = JSON.stringify(feeds);
    const field = this.#sourceChoice.parentElement;
    if (field) field.hidden = feeds.length === 0;
    if (this.#sourceChoice.dataset.offered === offered) return;
    this.#sourceChoice.dataset.offered = offered;
    const chosen = this.#sourceChoice.value;
    this.#sourceChoice.replaceChildren(make("option", { value: "" }, gettext("None")), ...feeds.map(({ language, name }) => make("option", { value: language, selected: language === chosen }, name)));
  }

  /** @param {Captions} captions */
  #drawSource(captions) {
    const language = this.#sourceChoice.value;
    const feed = captions.feeds.find((each) => each.language === language);
    this.#source.hidden = !feed;
    if (!feed) return;
    this.#source.lang = language;
    this.#source.dir = feed.dir;
    const writing = captions.writing(language);
    const texts = [...captions.lines(language).slice(-4).map(({ text }) => text), ...(writing ? [`${writing.text} …`] : [])];
    if (this.#source.dataset.drawn === texts.join("\n")) return;
    this.#source.dataset.drawn = texts.join("\n");
    this.#source.replaceChildren(...texts.map((text) => make("p", {}, text)));
  }

  // --- what this browser keeps ---

  #remember() {
    try {
      sessionStorage.setItem(this.#memoryKey("unsent"), JSON.stringify(this.#unsent));
    } catch {
      // A full or forbidden memory loses nothing while the page lives.
    }
  }

  #recall() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.#memoryKey("unsent")) ?? "[]");
      this.#unsent = kept.map((/** @type {any} */ each) => ({ line: String(each.line), text: String(each.text), took: Number(each.took) || 0 }));
    } catch {
      this.#unsent = [];
    }
  }

  #keepShort() {
    try {
      localStorage.setItem(`chama.captions.short.${this.#language}`, this.#short.value);
    } catch {
      // As above.
    }
  }

  /** @returns {string} */
  #recallShort() {
    try {
      return localStorage.getItem(`chama.captions.short.${this.#language}`) ?? "";
    } catch {
      return "";
    }
  }

  /** @param {string} what
   * @returns {string} */
  #memoryKey(what) {
    return `chama.captions.${what}.${this.getAttribute("room")}.${this.#language}`;
  }
}

customElements.define("caption-desk", CaptionDesk);
