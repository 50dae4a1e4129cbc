/**
 * `<room-timer>`: the clock of whoever speaks, for those with a part on the stage. "Two minutes left" stands large for a while,
 * without a sound, and is told to screen readers. It counts by the server's clock.
 * `<timer-desk>`: the same clock in the hands of those who run the room.
 */

import { gettext } from "../i18n.js";
import { clockOf, standing } from "./countdown.js";
import { icon, make } from "./dom.js";
import { done } from "./refusal.js";

/** @import { Timer } from "./countdown.js" */
/** @import { Room } from "./room.js" */

const MINUTES = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60];

/** @param {Room} room
 * @returns {Timer | undefined} */
const timerOf = (room) => room.backstage.timer?.get(room.id);

export class RoomTimer extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock;
  #label = make("span", { class: "timer-label", dir: "auto" });
  #left = make("span", { class: "timer-left number", dir: "ltr", role: "timer" });
  #words = make("strong", { class: "timer-words" });
  #spoken = make("span", { class: "hidden-visually", role: "alert" });
  #said = "";

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("timer");
    this.hidden = true;
    this.replaceChildren(this.#words, this.#left, this.#label, this.#spoken);
    room.addEventListener("change", () => this.#show());
    this.#clock = setInterval(() => this.#show(), 250);
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
  }

  #show() {
    const room = this.#room;
    const timer = room && timerOf(room);
    const shown = timer && room.phase !== "closed" && room.phase !== "refused";
    if (this.hidden === Boolean(shown)) this.hidden = !shown;
    if (!shown) {
      this.#say("");
      return;
    }
    const { left, phase } = standing(timer, room.socket.now());
    const words = { running: "", call: gettext("Two minutes left"), soon: "", over: gettext("The time is up") }[phase];
    if (this.dataset.phase !== phase) this.dataset.phase = phase;
    put(this.#left, clockOf(left));
    put(this.#label, timer.label);
    put(this.#words, words);
    this.#say(words);
  }

  /** Once for each time that it is so. @param {string} words */
  #say(words) {
    if (words === this.#said) return;
    this.#said = words;
    this.#spoken.textContent = words;
  }
}

export class TimerDesk extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #minutes = make("select", { class: "input", id: "timer-minutes" });
  #label = make("input", { class: "input", id: "timer-label", dir: "auto", maxlength: "80" });
  #start = make("form", { class: "row tight", submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void this.#ask("timer.start", { seconds: Number(this.#minutes.value) * 60, label: this.#label.value.trim() });
  } });
  #running = make("div", { class: "row tight" });

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("stack", "tight");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", gettext("Timer"));
    const unit = new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "unit", unit: "minute", unitDisplay: "short" });
    this.#minutes.append(...MINUTES.map((minutes) => make("option", { value: String(minutes), selected: minutes === 15 }, unit.format(minutes))));
    this.#label.setAttribute("placeholder", gettext("What or who it is for"));
    this.#start.append(
      make("label", { class: "hidden-visually", for: "timer-minutes" }, gettext("How long")), this.#minutes,
      make("label", { class: "hidden-visually", for: "timer-label" }, gettext("What or who it is for")), this.#label,
      make("button", { class: "button", type: "submit" }, icon("clock"), gettext("Start the timer")));
    this.#running.append(
      this.#act("timer.call", gettext("Two minutes left"), "bell", {}),
      this.#act("timer.add", gettext("One minute less"), "minus", { seconds: -60 }, true),
      this.#act("timer.add", gettext("One minute more"), "plus", { seconds: 60 }, true),
      this.#act("timer.stop", gettext("Stop the timer"), "close", {}, true));
    this.replaceChildren(this.#start, this.#running);
    room.addEventListener("change", () => this.#show());
    this.#show();
  }

  /** The desk is looked at now. */
  seen() {
    this.#show();
  }

  /** By a key: two minutes left, whatever ran before. */
  call() {
    void this.#ask("timer.call", {});
  }

  /** By a key: begin, or stop what runs. */
  toggle() {
    if (this.#room && timerOf(this.#room)) void this.#ask("timer.stop", {});
    else this.#start.requestSubmit();
  }

  #show() {
    const runs = Boolean(this.#room && timerOf(this.#room));
    for (const button of this.#running.querySelectorAll("button")) {
      const needs = button.dataset.act !== "timer.call";
      if (button.hidden !== (needs && !runs)) button.hidden = needs && !runs;
    }
    if (this.#start.hidden !== runs) this.#start.hidden = runs;
  }

  /** @param {string} command
   * @param {string} words
   * @param {string} symbol
   * @param {Record<string, unknown>} data
   * @param {boolean} [small]  the symbol alone is seen
   * @returns {HTMLElement} */
  #act(command, words, symbol, data, small = false) {
    return make("button", { class: small ? "button icon-only" : "button", type: "button", "aria-label": small ? words : null, title: small ? words : null, "data-act": command, click: () => void this.#ask(command, data) }, icon(symbol), small ? null : words);
  }

  /** @param {string} command
   * @param {Record<string, unknown>} data */
  async #ask(command, data) {
    if (await done(this.#room?.ask(command, data)) && command === "timer.start") this.#label.value = "";
  }
}

/** @param {HTMLElement} element
 * @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

customElements.define("room-timer", RoomTimer);
customElements.define("timer-desk", TimerDesk);
