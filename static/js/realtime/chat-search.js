/** `<chat-search>`: finding a message by a piece of its text, in any script. */

import { fill, gettext, ngettext } from "../i18n.js";
import { time } from "./chat-row.js";
import { icon, make } from "./dom.js";
import { reasonOf } from "./refusal.js";

/** @import { ChatStore } from "./chat-store.js" */
/** @import { Message } from "./room.js" */

export class ChatSearch extends HTMLElement {
  /** @type {ChatStore | null} */ #store = null;
  #sought = "";
  #field = make("input", { type: "search", class: "input", dir: "auto", maxlength: "100", enterkeyhint: "search", autocomplete: "off" });
  #status = make("p", { class: "quiet small", role: "status" });
  #found = make("ol", { class: "plain chat-found" });
  #more = make("button", { class: "button quiet", type: "button", hidden: true, click: () => void this.#search(true) });
  /** @type {Message[]} */ #messages = [];

  /** @param {ChatStore} store */
  set store(store) {
    this.#store = store;
    this.classList.add("chat-search");
    this.#field.setAttribute("aria-label", gettext("Find in this chat"));
    this.#field.setAttribute("placeholder", gettext("Find in this chat"));
    this.#more.append(icon("down"), gettext("Show more"));
    const form = make("form", { class: "row", role: "search", submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#search(false); } },
      make("span", { class: "fill" }, this.#field), make("button", { class: "button primary icon-only", type: "submit", "aria-label": gettext("Find") }, icon("search")));
    this.replaceChildren(form, this.#status, this.#found, this.#more);
  }

  begin() {
    this.#field.focus();
    this.#field.select();
  }

  /** @param {boolean} further */
  async #search(further) {
    const store = this.#store;
    const text = further ? this.#sought : this.#field.value.trim();
    if (!store || !text) return;
    try {
      const { messages, more } = await store.search(text, further ? this.#messages.at(-1)?.id : undefined);
      this.#sought = text;
      this.#messages = further ? [...this.#messages, ...messages] : messages;
      this.#more.hidden = !more;
      const count = this.#messages.length;
      this.#status.textContent = count === 0 ? gettext("No message here has these words.")
        : fill(more ? ngettext("The newest message with these words", "The %(count)d newest messages with these words", count) : ngettext("%(count)d message found", "%(count)d messages found", count), { count });
      this.#found.replaceChildren(...this.#messages.map((message) => this.#row(message)));
    } catch (error) {
      this.#status.textContent = reasonOf(error);
    }
  }

  /** @param {Message} message
   * @returns {HTMLElement} */
  #row(message) {
    const go = () => this.dispatchEvent(new CustomEvent("go", { detail: message.id }));
    return make("li", {},
      make("button", { class: "chat-hit", type: "button", click: go },
        make("span", { class: "message-head" }, make("bdi", { class: "name" }, message.author.name), time(message.created), message.parent ? make("span", {}, gettext("Reply")) : null),
        make("span", { class: "clamp", dir: "auto", lang: message.language || null }, message.text)));
  }
}

customElements.define("chat-search", ChatSearch);
