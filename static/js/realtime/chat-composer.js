/** Where one writes a message or a reply, or changes one: with its draft, its counter, and the names after an "@". */

import { fill, gettext, ngettext } from "../i18n.js";
import { avatar, icon, make } from "./dom.js";
import { reasonOf } from "./refusal.js";
import { MOST_CHARACTERS, lengthOf, sends, tellLength } from "./writing.js";

/** @import { ChatStore } from "./chat-store.js" */
/** @import { Message, Person } from "./room.js" */

const WAIT = 200;
/** What stands before the caret, from its last "@" on: at a beginning, after a space, or after a letter of a script without spaces. */
const NAME = /(?:^|[^\w.+-])[@＠]([^@＠\n]{0,40})$/u;

/** @typedef {{send: (text: string, mentions: number[]) => void, edit: (message: Message, text: string, mentions: number[]) => Promise<void>}} Takes */

export class Composer {
  /** Of several composers in a page, which one. */ static #count = 0;

  /** @type {Message | null} */ editing = null;
  /** People chosen from the list, with the name as it was put in. @type {Map<number, string>} */ #named = new Map();
  /** @type {Person[]} */ #offered = [];
  #at = -1;
  #asked = 0;
  #before = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #later;
  #id = `composer-${Composer.#count++}`;
  #text = make("textarea", { rows: "1", dir: "auto", enterkeyhint: "send", autocomplete: "off", "aria-autocomplete": "list", "aria-controls": `${this.#id}-people` });
  #counter = make("p", { class: "composer-count number", role: "status", hidden: true });
  #problem = make("p", { class: "composer-count error", role: "alert", hidden: true });
  #button = make("button", { class: "button primary icon-only", type: "submit" }, icon("send"));
  #people = make("ul", { class: "mention-list", role: "listbox", id: `${this.#id}-people`, hidden: true });
  #spoken = make("p", { class: "hidden-visually", role: "status" });
  #changes = make("div", { class: "composer-editing", hidden: true });
  form = make("form", { class: "composer", submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#send(); } });
  element = make("div", { class: "composer-box" });

  /** @param {ChatStore} store
   * @param {Takes} takes
   * @param {{key: string, label: string, placeholder: string}} words */
  constructor(store, takes, { key, label, placeholder }) {
    this.store = store;
    this.takes = takes;
    this.key = key;
    this.#text.setAttribute("aria-label", label);
    this.#text.setAttribute("placeholder", placeholder);
    this.#button.setAttribute("aria-label", gettext("Send"));
    this.#people.setAttribute("aria-label", gettext("People to mention"));
    this.#changes.append(icon("edit"), make("span", { class: "fill" }, gettext("You are changing a message.")), make("button", { class: "button quiet", type: "button", click: () => this.#stopEditing() }, gettext("Cancel")));
    this.#text.addEventListener("keydown", (event) => this.#onKey(event));
    this.#text.addEventListener("input", () => { this.#written(); this.#look(); if (this.#text.value && !this.editing) this.store.write(); });
    this.#text.addEventListener("blur", () => setTimeout(() => this.#offer([]), 200));
    this.form.append(this.#text, this.#button);
    this.element.append(this.#changes, this.#people, this.#counter, this.#problem, this.form, this.#spoken);
    this.#recall();
  }

  focus() {
    this.#text.focus();
  }

  /** Whether something is written that was not sent. */
  get busy() {
    return this.#text.value.trim() !== "";
  }

  /** Put words back where they can be changed.
   * @param {string} text */
  takeBack(text) {
    this.#text.value = [text, this.#text.value].filter(Boolean).join("\n");
    this.#written();
    this.#text.focus();
  }

  /** Change a message that was sent; what was being written waits meanwhile.
   * @param {Message} message */
  edit(message) {
    if (!this.editing) this.#before = this.#text.value;
    this.editing = message;
    this.#named = new Map(mentionedIn(message));
    this.#text.value = message.text;
    this.#changes.hidden = false;
    this.#written();
    this.#text.focus();
    this.#text.setSelectionRange(message.text.length, message.text.length);
  }

  #stopEditing() {
    this.editing = null;
    this.#named.clear();
    this.#changes.hidden = true;
    this.#text.value = this.#before;
    this.#before = "";
    this.#complain("");
    this.#written();
    this.#text.focus();
  }

  async #send() {
    const text = this.#text.value.trim();
    if (!text || lengthOf(text) > MOST_CHARACTERS) return;
    const mentions = [...this.#named].filter(([, name]) => text.includes(`@${name}`)).map(([id]) => id).slice(0, 10);
    if (this.editing) {
      this.#button.disabled = true;
      try {
        await this.takes.edit(this.editing, text, mentions);
        this.#stopEditing();
      } catch (error) {
        this.#complain(reasonOf(error));
      } finally {
        this.#button.disabled = false;
      }
      return;
    }
    this.takes.send(text, mentions);
    this.#named.clear();
    this.#text.value = "";
    this.#written();
    this.#text.focus();
  }

  /** @param {string} sentence */
  #complain(sentence) {
    this.#problem.textContent = sentence;
    this.#problem.hidden = !sentence;
  }

  #written() {
    tellLength(this.#text, this.#counter);
    if (this.editing) return;
    try {
      sessionStorage.setItem(this.key, this.#text.value);
    } catch {
      // Without memory a draft lives as long as the page.
    }
  }

  #recall() {
    try {
      this.#text.value = sessionStorage.getItem(this.key) ?? "";
    } catch {
      this.#text.value = "";
    }
    this.#written();
  }

  // --- names ---

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (this.#offered.length && !event.isComposing) {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step) {
        event.preventDefault();
        this.#choose((this.#at + step + this.#offered.length) % this.#offered.length);
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.#offer([]);
        return;
      }
      if (this.#at >= 0 && (event.key === "Enter" || event.key === "Tab")) {
        event.preventDefault();
        this.#take(this.#offered[this.#at]);
        return;
      }
    }
    if (event.key === "Escape" && this.editing) {
      event.preventDefault();
      this.#stopEditing();
      return;
    }
    if (!sends(event)) return;
    event.preventDefault();
    void this.#send();
  }

  /** @returns {string | null} what was written after the "@" before the caret */
  #prefix() {
    const { selectionStart, selectionEnd, value } = this.#text;
    if (selectionStart !== selectionEnd) return null;
    return NAME.exec(value.slice(0, selectionStart))?.[1] ?? null;
  }

  #look() {
    clearTimeout(this.#later);
    const prefix = this.#prefix();
    const words = prefix?.trim().split(/\s+/).length ?? 0;
    if (prefix === null || words > 4 || this.store.room.phase !== "here") {
      this.#offer([]);
      return;
    }
    const asked = ++this.#asked;
    this.#later = setTimeout(async () => {
      try {
        const people = await this.store.people(prefix.trim());
        if (asked === this.#asked && this.#prefix() === prefix) this.#offer(people);
      } catch {
        this.#offer([]); // The words can be sent all the same.
      }
    }, WAIT);
  }

  /** @param {Person[]} people */
  #offer(people) {
    this.#offered = people;
    this.#people.hidden = people.length === 0;
    this.#people.replaceChildren(...people.map((person, at) => make("li", {
      role: "option", id: `${this.#id}-person-${at}`, "aria-selected": "false",
      mousedown: (/** @type {Event} */ event) => event.preventDefault(), click: () => this.#take(person),
    }, avatar(person, "small"), make("span", {}, make("bdi", { class: "name" }, person.name), person.organisation ? make("bdi", { class: "of" }, person.organisation) : null))));
    this.#spoken.textContent = people.length ? fill(ngettext("%(count)d person to mention. Choose with the arrow keys.", "%(count)d people to mention. Choose with the arrow keys.", people.length), { count: people.length }) : "";
    if (people.length) this.#choose(0);
    else {
      this.#at = -1;
      this.#text.removeAttribute("aria-activedescendant");
    }
  }

  /** @param {number} at */
  #choose(at) {
    this.#at = at;
    [...this.#people.children].forEach((each, place) => each.setAttribute("aria-selected", String(place === at)));
    this.#text.setAttribute("aria-activedescendant", `${this.#id}-person-${at}`);
    this.#people.children[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Person} person */
  #take(person) {
    const { selectionStart, value } = this.#text;
    const prefix = this.#prefix();
    if (prefix === null) return;
    const begin = selectionStart - prefix.length;
    const rest = value.slice(selectionStart);
    const inserted = `${person.name}${rest.startsWith(" ") ? "" : " "}`;
    this.#text.value = `${value.slice(0, begin - 1)}@${inserted}${rest}`;
    this.#text.setSelectionRange(begin + inserted.length, begin + inserted.length);
    this.#named.set(person.id, person.name);
    this.#offer([]);
    this.#written();
    this.#text.focus();
  }
}

/** Whom a message names already, with how it calls them.
 * @param {Message} message
 * @returns {[number, string][]} */
function mentionedIn(message) {
  const read = new DOMParser().parseFromString(message.html, "text/html");
  return [...read.querySelectorAll("mark")].map((mark) => [Number(mark.dataset.person), (mark.textContent ?? "").slice(1)]);
}
