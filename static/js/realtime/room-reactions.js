/**
 * `<room-reactions>`: the bar of reactions below the stage, and what all of them together send up over it. A screen reader hears
 * nothing of it, unless whoever listens asks for a summary; that comes every ten seconds at most.
 */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make, onceAFrame } from "./dom.js";
import { Floating, inWords, reactionSymbol } from "./floating.js";
import { nameOf, Pressed, REACTIONS } from "./reactions.js";
import { CommandError } from "./socket.js";

/** @import { Counts } from "./reactions.js" */
/** @import { Room } from "./room.js" */

const MOST_SYMBOLS = 24;
const SEND_EVERY = 600;
const READ_EVERY = 10_000;
const MOST_AT_ONCE = 10;
const REMEMBERED = "chama.reactions.read";

export class RoomReactions extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #floating = new Floating(MOST_SYMBOLS);
  #pressed = new Pressed(MOST_AT_ONCE);
  #bar = make("div", { class: "reactions-bar", role: "group" });
  #read = make("button", { class: "control reactions-read", type: "button", click: () => this.#switchReading() });
  #words = make("p", { class: "hidden-visually", role: "status" });
  /** @type {HTMLButtonElement[]} */ #buttons = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #sending;
  #sentAt = 0;
  #complainedAt = 0;
  #reading = remembered();
  /** What is to be read out. @type {Counts} */ #heard = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #readLater;
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("reactions");
    this.#bar.setAttribute("aria-label", gettext("Reactions"));
    this.#buttons = REACTIONS.map((name, at) => make("button", {
      class: "reaction-button", type: "button", "aria-label": nameOf(name), title: fill(gettext("%(name)s (Alt+Shift+%(key)d)"), { name: nameOf(name), key: at + 1 }),
      "aria-keyshortcuts": `Alt+Shift+${at + 1}`, click: () => this.#press(name),
    }, reactionSymbol(name)));
    this.#read.append(icon("sound"), gettext("Read out reactions"));
    this.#bar.append(...this.#buttons, this.#read);
    this.replaceChildren(this.#floating.element, this.#bar, this.#words);
    this.#sayReading();
    room.addEventListener("change", this.#draw);
    room.addEventListener("signal", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    this.#draw();
  }

  connectedCallback() {
    document.addEventListener("keydown", this.#onKey);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
    clearTimeout(this.#sending);
    clearTimeout(this.#readLater);
  }

  #show() {
    const room = this.#room;
    if (!room) return;
    this.hidden = room.phase === "refused" || room.phase === "closed" || room.muted || room.state.rules?.get(room.id)?.reactions === false;
    for (const button of this.#buttons) button.disabled = room.phase !== "here";
  }

  /** With a modifier: single keys belong to whoever writes, and to screen readers.
   * @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || this.hidden) return;
    const at = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const name = at ? REACTIONS[Number(at) - 1] : undefined;
    if (!name || this.#room?.phase !== "here") return;
    event.preventDefault();
    this.#press(name);
  };

  /** @param {string} name */
  #press(name) {
    this.#pressed.press(name);
    const symbol = this.#buttons[REACTIONS.indexOf(/** @type {any} */ (name))]?.firstElementChild;
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) symbol?.animate([{ transform: "scale(1)" }, { transform: "scale(1.35)" }, { transform: "scale(1)" }], { duration: 220 });
    this.#sendSoon(this.#sentAt + SEND_EVERY - Date.now());
  }

  /** @param {number} wait */
  #sendSoon(wait) {
    if (this.#sending !== undefined) return;
    this.#sending = setTimeout(() => {
      this.#sending = undefined;
      void this.#send();
    }, Math.max(0, wait));
  }

  async #send() {
    const room = this.#room;
    const next = this.#pressed.next();
    if (!room || !next) return;
    this.#sentAt = Date.now();
    let wait = SEND_EVERY;
    try {
      await room.ask("reaction.send", next);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // Applause that comes a minute late is none: what could not be sent is dropped.
      this.#pressed.clear();
      if (error.code === "busy") wait = this.#hold(error.retryAfter * 1000);
      else if (!error.unsure) this.#complain(error.message);
    }
    if (!this.#pressed.empty) this.#sendSoon(wait);
  }

  /** @param {number} milliseconds
   * @returns {number} */
  #hold(milliseconds) {
    this.#sentAt = Date.now() + milliseconds - SEND_EVERY;
    return milliseconds;
  }

  /** @param {string} sentence */
  #complain(sentence) {
    if (Date.now() - this.#complainedAt < 5000) return;
    this.#complainedAt = Date.now();
    toast(sentence, "error");
  }

  /** @param {import("./socket.js").Frame} frame */
  #take(frame) {
    if (frame.signal !== "reacted") return;
    this.#floating.show(frame.data);
    if (!this.#reading) return;
    for (const name of REACTIONS) if (frame.data[name] > 0) this.#heard[name] = (this.#heard[name] ?? 0) + frame.data[name];
    this.#readLater ??= setTimeout(() => this.#readOut(), READ_EVERY);
  }

  #readOut() {
    this.#readLater = undefined;
    if (this.#reading) this.#words.textContent = inWords(this.#heard);
    this.#heard = {};
  }

  #switchReading() {
    this.#reading = !this.#reading;
    this.#heard = {};
    try {
      localStorage.setItem(REMEMBERED, this.#reading ? "1" : "");
    } catch {
      // It holds as long as the page.
    }
    this.#sayReading();
  }

  #sayReading() {
    this.#read.setAttribute("aria-pressed", String(this.#reading));
    if (!this.#reading) this.#words.textContent = "";
  }
}

/** @returns {boolean} */
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) === "1";
  } catch {
    return false;
  }
}

customElements.define("room-reactions", RoomReactions);
