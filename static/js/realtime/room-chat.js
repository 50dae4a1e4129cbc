/** `<room-chat>`: the log of a room's chat and what one writes into it. */

import { fill, gettext, ngettext } from "../i18n.js";
import { avatar, icon, make, onceAFrame, place } from "./dom.js";
import { MOST_CHARACTERS, lengthOf, sends } from "./writing.js";

/** @import { Message, Room, Unsent } from "./room.js" */

const COUNT_FROM = 1800;
/** Pixels from the end within which the reader counts as reading the newest. */
const NEAR = 80;

export class RoomChat extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #unseen = 0;
  #last = 0;
  #filled = false;
  #follows = true;
  #log = make("div", { class: "chat-log", role: "log", tabindex: "0", "aria-live": "off" });
  #note = make("p", { class: "chat-note" });
  #earlier = make("button", { class: "button quiet", type: "button", click: () => this.#loadEarlier() }, icon("history"));
  #newer = make("button", { class: "button chat-newer", type: "button", hidden: true, click: () => this.#toEnd() });
  #text = make("textarea", { rows: "1", dir: "auto", enterkeyhint: "send", autocomplete: "off" });
  #counter = make("p", { class: "composer-count number", role: "status", hidden: true });
  #button = make("button", { class: "button primary icon-only", type: "submit" }, icon("send"));
  #form = make("form", { class: "composer", submit: (/** @type {Event} */ event) => { event.preventDefault(); this.#send(); } });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.#build();
    room.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** Messages that came while the chat was not looked at. @returns {number} */
  get unseen() {
    return this.#unseen;
  }

  /** The reader looks at the chat now. */
  seen() {
    this.#unseen = 0;
    this.#toEnd();
    this.dispatchEvent(new Event("unseen"));
  }

  #build() {
    this.classList.add("chat");
    this.#log.setAttribute("aria-label", gettext("Chat"));
    this.#earlier.append(gettext("Show earlier messages"));
    this.#newer.append(icon("down"), gettext("New messages"));
    this.#text.setAttribute("aria-label", gettext("Message"));
    this.#text.setAttribute("placeholder", gettext("Write a message"));
    this.#button.setAttribute("aria-label", gettext("Send"));
    this.#text.addEventListener("keydown", (event) => {
      if (!sends(event)) return;
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener("input", () => this.#written());
    this.#log.addEventListener("scroll", () => {
      this.#follows = this.#atEnd();
      if (this.#follows) this.#newer.hidden = true;
    }, { passive: true });
    // Whoever reads the newest goes on reading it when a keyboard or a notice takes room.
    new ResizeObserver(() => { if (this.#follows) this.#toEnd(); }).observe(this.#log);
    this.#form.append(this.#text, this.#button);
    this.replaceChildren(this.#log, this.#newer, this.#counter, this.#form);
    this.#recall();
  }

  #show() {
    const room = this.#room;
    if (!room) return;
    const wasAtEnd = this.#follows;
    const messages = room.messages;
    const rows = [...messages.map((message) => this.#messageRow(message)), ...room.unsent.map((unsent) => this.#unsentRow(unsent))];
    const known = new Set(rows);
    for (const [key, { element }] of this.#rows) if (!known.has(element)) this.#rows.delete(key);
    place(this.#log, [this.#head(messages.length + room.unsent.length), ...rows]);
    this.#count(messages, wasAtEnd);
    if (wasAtEnd) this.#toEnd();
    if (room.phase === "here" && !this.#filled) {
      this.#filled = true;
      this.#toEnd();
      // What was there before is not read aloud; what comes from now on is.
      setTimeout(() => this.#log.setAttribute("aria-live", "polite"), 500);
    }
    const shut = room.phase === "refused" || room.phase === "closed";
    this.#form.hidden = shut;
  }

  /** @param {number} size
   * @returns {HTMLElement} */
  #head(size) {
    const room = this.#room;
    if (room?.more) this.#note.replaceChildren(this.#earlier);
    else if (room?.phase === "entering") this.#note.textContent = gettext("The chat is loading.");
    else if (room?.phase === "refused" || room?.phase === "closed") this.#note.textContent = "";
    else if (size === 0) this.#note.textContent = gettext("Nobody has written yet. Say hello!");
    else this.#note.textContent = gettext("This is the beginning of the chat.");
    return this.#note;
  }

  /** @param {Message[]} messages
   * @param {boolean} wasAtEnd */
  #count(messages, wasAtEnd) {
    const newest = messages.at(-1)?.id ?? 0;
    if (this.#filled && newest > this.#last) {
      const from = this.#room?.me;
      const fresh = messages.filter((message) => message.id > this.#last && message.author.id !== from).length;
      if (fresh && this.#isHidden()) {
        this.#unseen += fresh;
        this.dispatchEvent(new Event("unseen"));
      } else if (fresh && !wasAtEnd) this.#newer.hidden = false;
    }
    this.#last = Math.max(this.#last, newest);
  }

  /** @returns {boolean} */
  #isHidden() {
    return document.hidden || this.offsetParent === null;
  }

  /** @param {Message} message
   * @returns {HTMLElement} */
  #messageRow(message) {
    const mine = message.author.id === this.#room?.me;
    return this.#row(message.client_id + message.id, JSON.stringify(message) + mine, () =>
      make("div", { class: mine ? "message mine" : "message" },
        avatar(message.author), head(message.author.name, new Date(message.created)), make("p", { class: "message-text", dir: "auto" }, message.text)));
  }

  /** @param {Unsent} unsent
   * @returns {HTMLElement} */
  #unsentRow(unsent) {
    return this.#row(unsent.client_id, unsent.state + unsent.reason, () => {
      const failed = unsent.state === "failed";
      const state = make("p", { class: "message-state" });
      if (failed) {
        state.append(
          fill(gettext("Not sent: %(reason)s"), { reason: unsent.reason }), " ",
          make("button", { class: "button quiet", type: "button", click: () => this.#room?.sendAgain(unsent.client_id) }, gettext("Try again")),
          make("button", { class: "button quiet", type: "button", click: () => this.#takeBack(unsent) }, gettext("Edit")),
        );
      } else state.append(unsent.state === "sending" ? gettext("Sending…") : gettext("Not sent yet. It is sent as soon as there is a connection."));
      return make("div", { class: failed ? "message mine failed" : "message mine pending" },
        make("span", { class: "avatar", "aria-hidden": "true" }, icon(failed ? "warning" : "clock")),
        make("p", { class: "message-head" }, make("span", { class: "name" }, gettext("You"))),
        make("p", { class: "message-text", dir: "auto" }, unsent.text), state);
    });
  }

  /** The row of that key, drawn anew when what it shows has changed.
   * @param {string} key
   * @param {string} drawn
   * @param {() => HTMLElement} draw
   * @returns {HTMLElement} */
  #row(key, drawn, draw) {
    const known = this.#rows.get(key);
    if (known && known.drawn === drawn) return known.element;
    const element = draw();
    this.#rows.set(key, { element, drawn });
    return element;
  }

  /** Put a message that could not be sent back where it can be changed.
   * @param {Unsent} unsent */
  #takeBack(unsent) {
    this.#room?.discard(unsent.client_id);
    this.#text.value = [unsent.text, this.#text.value].filter(Boolean).join("\n");
    this.#written();
    this.#text.focus();
  }

  #send() {
    const text = this.#text.value.trim();
    if (!text || lengthOf(text) > MOST_CHARACTERS || !this.#room) return;
    this.#room.send(text);
    this.#text.value = "";
    this.#written();
    this.#text.focus();
    requestAnimationFrame(() => requestAnimationFrame(() => this.#toEnd()));
  }

  #written() {
    const length = lengthOf(this.#text.value);
    const left = MOST_CHARACTERS - length;
    this.#counter.hidden = length < COUNT_FROM;
    if (!this.#counter.hidden) {
      this.#counter.textContent = left >= 0
        ? fill(ngettext("%(count)d character left", "%(count)d characters left", left), { count: left })
        : fill(ngettext("%(count)d character too many", "%(count)d characters too many", -left), { count: -left });
    }
    this.#counter.classList.toggle("error", left < 0);
    if (left < 0) this.#text.setAttribute("aria-invalid", "true");
    else this.#text.removeAttribute("aria-invalid");
    try {
      sessionStorage.setItem(`chama.draft.${this.#room?.id}`, this.#text.value);
    } catch {
      // Without memory a draft lives as long as the page.
    }
  }

  #recall() {
    try {
      this.#text.value = sessionStorage.getItem(`chama.draft.${this.#room?.id}`) ?? "";
    } catch {
      this.#text.value = "";
    }
    this.#written();
  }

  async #loadEarlier() {
    const from = this.#log.scrollHeight - this.#log.scrollTop;
    this.#earlier.disabled = true;
    try {
      await this.#room?.loadEarlier();
      requestAnimationFrame(() => requestAnimationFrame(() => { this.#log.scrollTop = this.#log.scrollHeight - from; }));
    } catch {
      // The button stays: it can be pressed again.
    } finally {
      this.#earlier.disabled = false;
    }
  }

  /** @returns {boolean} */
  #atEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR;
  }

  #toEnd() {
    this.#follows = true;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#newer.hidden = true;
  }
}

/** @param {string} name
 * @param {Date} moment
 * @returns {HTMLElement} */
function head(name, moment) {
  return make("p", { class: "message-head" }, make("bdi", { class: "name" }, name), make("time", { datetime: moment.toISOString() }, clock(moment)));
}

/** @param {Date} moment
 * @returns {string} the time on the reader's clock, with the day where it was not today */
function clock(moment) {
  const { lang, dataset } = document.documentElement;
  // Without a zone in the profile the device's own is right; the page's is then only a guess.
  const zone = { timeZone: "zoneKnown" in dataset ? dataset.zone : undefined };
  const day = new Intl.DateTimeFormat("sv", zone);
  const today = day.format(moment) === day.format(new Date());
  const shown = /** @type {Intl.DateTimeFormatOptions} */ (today ? {} : { day: "numeric", month: "short" });
  return new Intl.DateTimeFormat(lang || undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone, ...shown }).format(moment);
}

customElements.define("room-chat", RoomChat);
