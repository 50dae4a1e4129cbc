/** The chat for those who listen to it: new messages are said one by one, as a summary now and then, or not at all. */

import { fill, gettext, ngettext } from "../i18n.js";
import { make } from "./dom.js";

/** @import { Message } from "./room.js" */

/** @typedef {"each" | "30" | "120" | "off"} Pace */

const KEY = "chama.chat.pace";
const FORGET = 20_000;
const MOST_NAMES = 2;

/** What is said of several messages at once.
 * @param {{author: {id: number, name: string}}[]} messages
 * @returns {string} */
export function summary(messages) {
  const names = [...new Map(messages.map(({ author }) => [author.id, author.name])).values()];
  const count = messages.length;
  const others = names.length - MOST_NAMES;
  const said = fill(ngettext("%(count)d new message", "%(count)d new messages", count), { count });
  const from = others > 0
    ? fill(ngettext("from %(names)s and %(count)d other", "from %(names)s and %(count)d others", others), { names: names.slice(0, MOST_NAMES).join(", "), count: others })
    : fill(gettext("from %(names)s"), { names: names.join(", ") });
  return `${said} ${from}`;
}

export class ChatEar {
  /** @type {Message[]} */ #kept = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #later;
  region = make("div", { class: "hidden-visually", "aria-live": "polite", "aria-relevant": "additions" });
  /** @type {Pace} */ pace = recall();

  /** @param {Message[]} messages  those that came, not our own */
  hear(messages) {
    if (this.pace === "off" || !messages.length) return;
    if (this.pace === "each") {
      for (const { author, text } of messages) this.#say(`${author.name}: ${text}`);
      return;
    }
    this.#kept.push(...messages);
    this.#later ??= setTimeout(() => this.#sum(), Number(this.pace) * 1000);
  }

  #sum() {
    this.#later = undefined;
    if (this.#kept.length) this.#say(summary(this.#kept));
    this.#kept = [];
  }

  /** @param {string} words */
  #say(words) {
    const said = make("p", { dir: "auto" }, words);
    this.region.append(said);
    setTimeout(() => said.remove(), FORGET);
  }

  /** @param {Pace} pace */
  set(pace) {
    this.pace = pace;
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#kept = [];
    try {
      localStorage.setItem(KEY, pace);
    } catch {
      // Without memory it holds for this page.
    }
  }

  /** The choice, to be put among the settings of the chat.
   * @returns {HTMLElement} */
  choice() {
    /** @type {[Pace, string][]} */
    const paces = [
      ["each", gettext("Each one")],
      ["30", gettext("A summary every 30 seconds")],
      ["120", gettext("A summary every 2 minutes")],
      ["off", gettext("Not at all")],
    ];
    const select = make("select", { class: "input", id: "chat-pace", change: () => this.set(/** @type {Pace} */ (select.value)) },
      ...paces.map(([value, label]) => make("option", { value, selected: value === this.pace }, label)));
    return make("div", { class: "field" }, make("label", { for: "chat-pace" }, gettext("A screen reader says new messages")), select);
  }
}

/** @returns {Pace} */
function recall() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "30" || kept === "120" || kept === "off" ? kept : "each";
  } catch {
    return "each";
  }
}
