/** `<chat-thread>`: one message and the replies to it, in the place of the chat. */

import { gettext } from "../i18n.js";
import { Composer } from "./chat-composer.js";
import { messageRow, shownBy, unsentRow } from "./chat-row.js";
import { icon, make, place } from "./dom.js";
import { done } from "./refusal.js";
import { Rows } from "./rows.js";

/** @import { ChatStore } from "./chat-store.js" */
/** @import { Deeds } from "./chat-row.js" */
/** @import { Message } from "./room.js" */

const NEAR = 80;

export class ChatThread extends HTMLElement {
  /** @type {ChatStore | null} */ #store = null;
  /** @type {Composer | null} */ #composer = null;
  #rows = new Rows();
  #shown = 0;
  #open = 0;
  #log = make("div", { class: "chat-log", role: "log", tabindex: "0", "aria-live": "off" });
  #back = make("button", { class: "button quiet", type: "button", click: () => this.#store?.closeThread() }, icon("back"));
  #earlier = make("button", { class: "button quiet", type: "button", click: () => void this.#loadEarlier() }, icon("history"));
  #foot = make("div", { class: "chat-foot" });
  /** @type {Deeds} */ #deeds = {
    toggle: (message) => { this.#open = this.#open === message.id ? 0 : message.id; this.show(); },
    reply: () => this.#composer?.focus(),
    edit: (message) => { this.#open = 0; this.show(); this.#composer?.edit(message); },
    done: (work, message) => void this.#done(work, message),
  };

  /** @param {ChatStore} store */
  set store(store) {
    this.#store = store;
    this.classList.add("chat-thread");
    this.#back.append(gettext("Back to the chat"));
    this.#earlier.append(gettext("Show earlier replies"));
    this.#log.setAttribute("aria-label", gettext("Replies"));
    this.replaceChildren(make("div", { class: "chat-bar" }, this.#back), this.#log, this.#foot);
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      if (this.#open) this.#deeds.toggle(/** @type {Message} */ ({ id: this.#open }));
      else store.closeThread();
    });
  }

  /** @param {Promise<unknown>} work
   * @param {Message} message */
  async #done(work, message) {
    if (await done(work) && this.#open === message.id) this.#open = 0;
    this.show();
  }

  async #loadEarlier() {
    const from = this.#log.scrollHeight - this.#log.scrollTop;
    await this.#store?.earlierReplies();
    this.show();
    this.#log.scrollTop = this.#log.scrollHeight - from;
  }

  show() {
    const store = this.#store;
    const thread = store?.thread;
    this.hidden = !thread;
    if (!store || !thread) {
      this.#shown = 0;
      this.#composer = null;
      this.#log.replaceChildren();
      this.#foot.replaceChildren();
      return;
    }
    const { room } = store;
    const fresh = this.#shown !== thread.message.id;
    if (fresh) this.#begin(store, thread.message);
    const wasAtEnd = fresh || this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR;
    const own = store.held.filter((each) => each.parent === thread.message.id && (!room.runs || each.author.id === room.me));
    const replies = [...store.replies, ...(room.runs ? [] : own)].sort((one, other) => one.id - other.id);
    const draw = (/** @type {Message} */ message) => {
      const look = { store, deeds: this.#deeds, open: this.#open === message.id, inThread: true };
      return this.#rows.row(String(message.id), shownBy(message, look), () => messageRow(message, look));
    };
    const unsent = room.unsent.filter((each) => each.parent === thread.message.id);
    const rows = [draw(thread.message), ...(thread.more ? [this.#earlier] : []), ...replies.map(draw), ...unsent.map((each) => this.#rows.row(each.client_id, each.state + each.reason + store.tooSoon,
      () => unsentRow(each, store.tooSoon, () => room.sendAgain(each.client_id), () => { room.discard(each.client_id); this.#composer?.takeBack(each.text); })))];
    place(this.#log, rows);
    this.#rows.keep(rows);
    this.#foot.hidden = !store.open || thread.message.state === "deleted" || room.phase === "refused" || room.phase === "closed";
    if (wasAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
    if (fresh) (this.#foot.hidden ? this.#back : this.#composer)?.focus();
  }

  /** @param {ChatStore} store
   * @param {Message} message */
  #begin(store, message) {
    this.#shown = message.id;
    this.#open = 0;
    const { room } = store;
    this.#composer = new Composer(store, {
      send: (text, mentions) => room.send(text, { parent: message.id, mentions }),
      edit: (changed, text, mentions) => store.edit(changed, text, mentions),
    }, { key: `chama.draft.${room.id}.${message.id}`, label: gettext("Reply"), placeholder: gettext("Write a reply") });
    this.#foot.replaceChildren(this.#composer.element);
  }

  /** The row of a message here, if it is here.
   * @param {number} id
   * @returns {HTMLElement | null} */
  rowOf(id) {
    return this.#log.querySelector(`[data-message="${id}"]`);
  }
}

customElements.define("chat-thread", ChatThread);
