/** `<direct-talk person="7">`: the conversation with one person: what was said, what one writes, and what to do about a first message. */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { linked, pieces } from "./links.js";
import { memory } from "./memory.js";
import { clock, dayOf } from "./reader-clock.js";
import { reasonOf } from "./refusal.js";
import { Rows } from "./rows.js";
import { tabSocket } from "./tab.js";
import { Talk } from "./talk.js";
import { unsentState } from "./unsent-state.js";
import { MOST_CHARACTERS, lengthOf, sends, tellLength } from "./writing.js";

/** @import { Unsent } from "./outbox.js" */
/** @import { Direct } from "./talk.js" */

/** Pixels from the end within which the reader counts as reading the newest. */
const NEAR = 80;

class DirectTalk extends HTMLElement {
  /** @type {Talk | null} */ #talk = null;
  #rows = new Rows();
  #filled = false;
  #follows = true;
  #standing = "";
  #log = make("div", { class: "chat-log", role: "log", tabindex: "0", "aria-live": "off" });
  #note = make("p", { class: "chat-note" });
  #earlier = make("button", { class: "button quiet", type: "button", click: () => this.#loadEarlier() }, icon("history"));
  #writing = make("p", { class: "chat-note talk-writing", role: "status" });
  #above = make("div", { class: "talk-notice" });
  #text = make("textarea", { rows: "1", dir: "auto", enterkeyhint: "send", autocomplete: "off" });
  #counter = make("p", { class: "composer-count number", role: "status", hidden: true });
  #button = make("button", { class: "button primary icon-only", type: "submit" }, icon("send"));
  #form = make("form", { class: "composer", submit: (/** @type {Event} */ event) => { event.preventDefault(); this.#send(); } });
  #draw = onceAFrame(() => this.#show());

  connectedCallback() {
    if (this.#talk) return;
    const socket = tabSocket();
    const talk = (this.#talk = new Talk(socket, Number(this.getAttribute("person")), memory()));
    this.#build();
    talk.addEventListener("change", this.#draw);
    for (const name of ["visibilitychange", "focus"]) addEventListener(name, () => this.#look(), true);
    socket.addEventListener("state", () => this.#tellLine(socket.state));
    talk.start();
  }

  /** @returns {string} */
  get #name() {
    return this.#talk?.other?.name ?? this.getAttribute("name") ?? "";
  }

  #build() {
    this.classList.add("chat");
    this.#log.setAttribute("aria-label", gettext("Messages"));
    this.#earlier.append(gettext("Show earlier messages"));
    this.#text.setAttribute("aria-label", gettext("Message"));
    this.#text.setAttribute("placeholder", gettext("Write a message"));
    this.#button.setAttribute("aria-label", gettext("Send"));
    this.#text.addEventListener("keydown", (event) => {
      if (!sends(event)) return;
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener("input", () => {
      this.#talk?.typing();
      this.#written();
    });
    this.#log.addEventListener("scroll", () => {
      this.#follows = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR;
      this.#look();
    }, { passive: true });
    new ResizeObserver(() => { if (this.#follows) this.#toEnd(); }).observe(this.#log);
    this.#form.append(this.#text, this.#button);
    this.replaceChildren(this.#log, this.#writing, this.#above, this.#counter, this.#form);
    this.#text.value = memory()?.getItem(this.#draftKey) ?? "";
    this.#written();
  }

  /** @returns {string} */
  get #draftKey() {
    return `chama.draft.person.${this.getAttribute("person")}`;
  }

  #show() {
    const talk = this.#talk;
    if (!talk) return;
    const messages = talk.messages;
    /** @type {HTMLElement[]} */ const rows = [];
    let day = "";
    for (const message of messages) {
      const written = dayOf(new Date(message.created));
      if (written !== day) rows.push(this.#rows.row(`day ${written}`, written, () => make("p", { class: "chat-note" }, written)));
      day = written;
      rows.push(this.#messageRow(message));
    }
    rows.push(...talk.unsent.map((unsent) => this.#unsentRow(unsent)));
    this.#rows.keep(rows);
    this.#head(rows.length);
    place(this.#log, [this.#note, ...rows]);
    this.#writing.textContent = talk.writing ? fill(gettext("%(name)s is writing…"), { name: this.#name }) : "";
    this.#decide();
    this.#form.hidden = !talk.mayWrite;
    if (this.#follows) this.#toEnd();
    if (talk.phase === "here" && !this.#filled) {
      this.#filled = true;
      this.#toEnd();
      // What was there before is not read aloud; what comes from now on is.
      setTimeout(() => this.#log.setAttribute("aria-live", "polite"), 500);
    }
    this.#look();
  }

  /** @param {number} size */
  #head(size) {
    const talk = this.#talk;
    if (!talk) return;
    if (talk.more) this.#note.replaceChildren(this.#earlier);
    else if (talk.phase === "loading") this.#note.textContent = gettext("The messages are loading.");
    else this.#note.textContent = size || talk.phase === "refused" || talk.hindrance ? "" : fill(gettext("Say who you are and why you write. %(name)s sees this one message and decides whether to answer."), { name: this.#name });
  }

  /** What stands between the two: a first message to decide about, waiting for the answer, or why there is none. */
  #decide() {
    const talk = this.#talk;
    if (!talk) return;
    const state = talk.conversation?.state ?? "";
    const standing = JSON.stringify([talk.phase === "refused", talk.problem, talk.hindrance, state]);
    if (standing === this.#standing) return;
    this.#standing = standing;
    if (talk.phase === "refused") this.#tell("warn", "warning", talk.problem?.message ?? "");
    else if (talk.hindrance) {
      this.#tell("warn", "lock", talk.hindrance.message,
        talk.hindrance.needs === "consent" && make("a", { class: "button primary", href: `/me/privacy/?next=${encodeURIComponent(location.pathname)}` }, gettext("Agree to get messages")));
    } else if (state === "waiting") {
      this.#tell("", "clock", gettext("Your message was sent. You can write more once it is answered."));
    } else if (state === "asked" || state === "ignored") {
      const answers = [
        make("button", { class: "button primary", type: "button", click: () => this.#answer("accept") }, gettext("Accept")),
        state === "asked" && make("button", { class: "button", type: "button", click: () => this.#answer("ignore") }, gettext("Ignore")),
        make("a", { class: "button quiet", href: `/messages/block/${talk.person}/` }, gettext("Block")),
      ];
      const words = make("div", { class: "stack tight" },
        make("p", { class: "strong" }, state === "asked" ? gettext("You do not know each other here yet.") : gettext("You ignored this message. Its writer was not told.")),
        make("p", { class: "small" }, gettext("To answer is to accept, too. Never pay, and never pass on codes or passwords, because of a message.")),
        make("div", { class: "actions" }, ...answers));
      this.#above.replaceChildren(make("div", { class: "notice" }, icon("shield"), words));
    } else this.#above.replaceChildren();
  }

  /** @param {string} look
   * @param {string} symbol
   * @param {string} words
   * @param {HTMLElement | false} [action] */
  #tell(look, symbol, words, action) {
    this.#above.replaceChildren(make("div", { class: `notice ${look}`.trim(), role: "status" }, icon(symbol),
      make("div", { class: "stack tight" }, make("p", {}, words), action && make("p", {}, action))));
  }

  /** @param {"accept" | "ignore"} what */
  async #answer(what) {
    for (const button of this.#above.querySelectorAll("button")) button.disabled = true;
    try {
      await this.#talk?.decide(what);
      if (what === "accept") this.#text.focus();
    } catch (error) {
      toast(reasonOf(error), "error");
      for (const button of this.#above.querySelectorAll("button")) button.disabled = false;
    }
  }

  /** @param {Direct} message
   * @returns {HTMLElement} */
  #messageRow(message) {
    const mine = message.author !== this.#talk?.person;
    return this.#rows.row(`message ${message.id}`, JSON.stringify(message), () => {
      const who = mine ? gettext("You") : this.#name;
      const text = make("p", { class: "message-text", dir: "auto" });
      text.append(...(message.first ? [message.text] : linked(message.text)));
      const closed = message.first && pieces(message.text).some(({ link }) => link);
      return make("div", { class: mine ? "message talk-message mine" : "message talk-message" },
        make("p", { class: "message-head" }, make("bdi", { class: mine ? "hidden-visually" : "name" }, who), make("time", { datetime: message.created }, clock(new Date(message.created)))),
        text,
        closed && make("p", { class: "message-state" }, gettext("Links in a first message cannot be opened.")));
    });
  }

  /** @param {Unsent} unsent
   * @returns {HTMLElement} */
  #unsentRow(unsent) {
    const open = this.#talk?.isOpen ?? false;
    return this.#rows.row(unsent.client_id, unsent.state + unsent.reason + open, () => {
      const failed = unsent.state === "failed";
      const state = unsentState(unsent, () => this.#talk?.sendAgain(unsent.client_id), open ? () => this.#takeBack(unsent) : null);
      return make("div", { class: failed ? "message talk-message mine failed" : "message talk-message mine pending" },
        make("p", { class: "message-head hidden-visually" }, gettext("You")), make("p", { class: "message-text", dir: "auto" }, unsent.text), state);
    });
  }

  /** Put a message that could not be sent back where it can be changed.
   * @param {Unsent} unsent */
  #takeBack(unsent) {
    this.#talk?.discard(unsent.client_id);
    this.#text.value = [unsent.text, this.#text.value].filter(Boolean).join("\n");
    this.#written();
    this.#text.focus();
  }

  #send() {
    const text = this.#text.value.trim();
    if (!text || lengthOf(text) > MOST_CHARACTERS || !this.#talk?.mayWrite) return;
    this.#follows = true;
    this.#talk.send(text);
    this.#text.value = "";
    this.#written();
    this.#text.focus();
  }

  #written() {
    tellLength(this.#text, this.#counter);
    try {
      memory()?.setItem(this.#draftKey, this.#text.value);
    } catch {
      // A full memory loses nothing while the page lives.
    }
  }

  async #loadEarlier() {
    const from = this.#log.scrollHeight - this.#log.scrollTop;
    this.#earlier.disabled = true;
    try {
      await this.#talk?.loadEarlier();
      requestAnimationFrame(() => requestAnimationFrame(() => { this.#log.scrollTop = this.#log.scrollHeight - from; }));
    } catch {
      // The button stays: it can be pressed again.
    } finally {
      this.#earlier.disabled = false;
    }
  }

  /** Whoever looks at the end has read it. */
  #look() {
    if (!document.hidden && document.hasFocus() && this.#follows) void this.#talk?.seen();
  }

  #toEnd() {
    this.#follows = true;
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {string} state */
  #tellLine(state) {
    const told = state === "open" ? "online" : state === "connecting" ? "connecting" : "offline";
    document.dispatchEvent(new CustomEvent("connection", { detail: { state: told } }));
  }
}

customElements.define("direct-talk", DirectTalk);
