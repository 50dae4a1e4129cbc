/** `<room-rules>`: what holds in the room, for those who run it. Each change is saved at once and everyone's page follows. */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { make, onceAFrame } from "./dom.js";
import { wordsIn } from "./moderation.js";
import { done } from "./refusal.js";

/** @import { Room } from "./room.js" */

/** @typedef {{questions: boolean, moderate_questions: boolean, anonymous_questions: boolean, hands: boolean, chat: "open" | "hosts" | "closed", slow_mode: number, hold_messages: boolean, reactions: boolean}} Rules */

/** What holds where nobody has set anything. @type {Rules} */
const DEFAULTS = { questions: true, moderate_questions: true, anonymous_questions: false, hands: true, chat: "open", slow_mode: 0, hold_messages: false, reactions: true };

/** Seconds between two messages of one person. */
const PAUSES = [0, 5, 10, 30, 60, 300];
const MOST_WORDS = 100;
const LONGEST_WORD = 40;

/** @param {Room} room
 * @returns {Rules} */
export const rulesOf = (room) => room.state.rules?.get(room.id) ?? DEFAULTS;

export class RoomRules extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Map<keyof Rules, HTMLInputElement>} */ #switches = new Map();
  #chat = make("select", { class: "input", id: "rules-chat", change: () => void this.#set({ chat: this.#chat.value }) });
  #slow = make("select", { class: "input", id: "rules-slow", change: () => void this.#set({ slow_mode: Number(this.#slow.value) }) });
  #words = make("textarea", { id: "rules-words", rows: "4", dir: "auto", "aria-describedby": "rules-words-hint", input: () => { this.#writing = true; } });
  #problem = make("p", { class: "error", role: "alert", hidden: true });
  #writing = false;
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("stack", "rules");
    this.replaceChildren(
      make("h2", {}, gettext("Chat")),
      make("div", { class: "field" }, make("label", { for: "rules-chat" }, gettext("Who writes")), this.#chat),
      make("div", { class: "field" }, make("label", { for: "rules-slow" }, gettext("Slow mode: time between two messages of one person")), this.#slow),
      this.#switch("hold_messages", gettext("Messages are looked at before others see them")),
      this.#wordsForm(),
      make("h2", {}, gettext("Questions and hands")),
      this.#switch("questions", gettext("Questions can be asked")),
      this.#switch("moderate_questions", gettext("Questions are looked at before others see them")),
      this.#switch("anonymous_questions", gettext("Questions can be asked without a name")),
      this.#switch("hands", gettext("Hands can be raised")),
      make("h2", {}, gettext("Reactions")),
      this.#switch("reactions", gettext("Reactions can be sent")),
    );
    this.#chat.append(
      make("option", { value: "open" }, gettext("Everyone in the room")),
      make("option", { value: "hosts" }, gettext("Only those who run the room")),
      make("option", { value: "closed" }, gettext("Nobody")),
    );
    room.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** The rules are looked at now. */
  seen() {
    this.#draw();
  }

  /** @param {keyof Rules} name
   * @param {string} sentence
   * @returns {HTMLElement} */
  #switch(name, sentence) {
    const box = make("input", { type: "checkbox", change: () => void this.#set({ [name]: box.checked }) });
    this.#switches.set(name, box);
    return make("label", { class: "check" }, box, make("span", {}, sentence));
  }

  /** @returns {HTMLElement} */
  #wordsForm() {
    return make("form", { class: "field", submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#saveWords(); } },
      make("label", { for: "rules-words" }, gettext("Words for which a message is looked at first")),
      make("p", { class: "hint", id: "rules-words-hint" }, gettext("One on each line. Only those who run the room know them.")),
      this.#words, this.#problem,
      make("div", {}, make("button", { class: "button", type: "submit" }, gettext("Save the words"))));
  }

  async #saveWords() {
    const words = wordsIn(this.#words.value);
    const long = words.find((word) => [...word].length > LONGEST_WORD);
    this.#complain(words.length > MOST_WORDS ? fill(gettext("At most %(most)d words can be kept."), { most: MOST_WORDS })
      : long ? fill(gettext("This has more than %(most)d characters: %(word)s"), { most: LONGEST_WORD, word: long }) : "");
    if (!this.#problem.hidden) return;
    if (await this.#set({ held_words: words })) {
      this.#writing = false;
      toast(gettext("The words are saved."), "good");
      this.#draw();
    }
  }

  /** @param {string} words */
  #complain(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
    if (words) {
      this.#words.setAttribute("aria-invalid", "true");
      this.#words.focus();
    } else this.#words.removeAttribute("aria-invalid");
  }

  /** @param {Record<string, unknown>} changes
   * @returns {Promise<boolean>} whether it was done */
  async #set(changes) {
    const set = await done(this.#room?.ask("rules.set", changes));
    this.#draw();
    return set;
  }

  #show() {
    const room = this.#room;
    if (!room || this.offsetParent === null) return;
    const rules = rulesOf(room);
    for (const [name, box] of this.#switches) box.checked = Boolean(rules[name]);
    if (this.#chat.value !== rules.chat) this.#chat.value = rules.chat;
    this.#showPause(rules.slow_mode);
    const words = (room.behind.held_words?.get(room.id)?.words ?? []).join("\n");
    if (!this.#writing && this.#words.value !== words) this.#words.value = words;
  }

  /** @param {number} pause */
  #showPause(pause) {
    if (this.#slow.value === String(pause) && this.#slow.options.length) return;
    const pauses = [...new Set([...PAUSES, pause])].sort((one, other) => one - other);
    const unit = new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "unit", unit: "second", unitDisplay: "long" });
    this.#slow.replaceChildren(...pauses.map((seconds) => make("option", { value: String(seconds), selected: seconds === pause }, seconds ? unit.format(seconds) : gettext("Off"))));
  }
}

customElements.define("room-rules", RoomRules);
