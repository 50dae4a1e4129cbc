/** What somebody wrote and the server does not have yet: sent in order, once, however often the line breaks, and kept over a
 * reload. */

import { CommandError } from "./socket.js";

/** `parent` and `mentions` are of the chat of a room; a reason while it waits: the server said how long.
 * @typedef {{client_id: string, text: string, state: "waiting" | "sending" | "failed", reason: string, parent?: number | null, mentions?: number[]}} Unsent */
/** @typedef {{getItem: (key: string) => string | null, setItem: (key: string, value: string) => void}} Memory */

/** Whose it is: `here` while there is a line, `deliver` sends one, `changed` after each change.
 * @typedef {object} Sender
 * @property {() => boolean} here
 * @property {(unsent: Unsent) => Promise<void>} deliver
 * @property {() => void} changed
 * @property {(error: CommandError) => void} [refused]  one was refused for good */

export class Outbox {
  /** @type {Unsent[]} */ unsent = [];
  #sender;
  #sending = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #later;

  /** @param {Sender} sender
   * @param {Memory | null} memory
   * @param {string} key  under which the memory keeps it
   * @param {number} [patience]  a refusal that asks for a longer pause, in seconds, is told instead of waited for */
  constructor(sender, memory, key, patience = Infinity) {
    this.#sender = sender;
    this.memory = memory;
    this.key = key;
    this.patience = patience;
    this.#recall();
  }

  stop() {
    clearTimeout(this.#later);
  }

  /** Shown at once as on its way, and sent as soon as there is a line.
   * @param {string} text
   * @param {{parent?: number | null, mentions?: number[]}} [more] */
  add(text, more = {}) {
    this.unsent.push({ client_id: crypto.randomUUID(), text, state: "waiting", reason: "", ...more });
    this.#remember();
    this.#sender.changed();
    void this.sendNext();
  }

  /** @param {string} id */
  sendAgain(id) {
    const found = this.unsent.find((each) => each.client_id === id);
    if (!found) return;
    found.state = "waiting";
    found.reason = "";
    this.#sender.changed();
    void this.sendNext();
  }

  /** Give up on one that could not be sent.
   * @param {string} id */
  discard(id) {
    this.arrived(id);
    this.#sender.changed();
  }

  /** The server has it.
   * @param {string} id */
  arrived(id) {
    const before = this.unsent.length;
    this.unsent = this.unsent.filter((each) => each.client_id !== id);
    if (this.unsent.length !== before) this.#remember();
  }

  /** Go on, if there is a line. */
  async sendNext() {
    if (this.#sending || !this.#sender.here()) return;
    const next = this.unsent.find((each) => each.state === "waiting");
    if (!next) return;
    this.#sending = true;
    next.state = "sending";
    this.#sender.changed();
    let pause = 0;
    try {
      await this.#sender.deliver(next);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const busy = error.code === "busy" && error.retryAfter <= this.patience;
      if (error.unsure || error.code === "failed" || busy) {
        next.state = "waiting"; // the same client_id again is harmless
        pause = busy ? error.retryAfter * 1000 : 2000;
        next.reason = busy ? error.message : "";
      } else {
        next.state = "failed";
        next.reason = error.message;
        this.#sender.refused?.(error);
      }
    } finally {
      this.#sending = false;
      this.#sender.changed();
    }
    clearTimeout(this.#later);
    if (pause) this.#later = setTimeout(() => void this.sendNext(), pause);
    else void this.sendNext();
  }

  #remember() {
    try {
      this.memory?.setItem(this.key, JSON.stringify(this.unsent.map(({ client_id, text, parent, mentions }) => ({ client_id, text, parent, mentions }))));
    } catch {
      // A full or forbidden memory loses nothing while the page lives.
    }
  }

  #recall() {
    try {
      const kept = JSON.parse(this.memory?.getItem(this.key) ?? "[]");
      this.unsent = kept.map((/** @type {any} */ each) => ({ client_id: String(each.client_id), text: String(each.text), state: "waiting", reason: "", parent: Number(each.parent) || null, mentions: each.mentions ?? [] }));
    } catch {
      this.unsent = [];
    }
  }
}
