/**
 * What this browser knows of the conversation with one person, kept true: it reads it once, applies what comes on our own
 * stream, reads it again after a cut, and sends what was written, once, however often the line breaks.
 *
 * Event: `change`.
 */

import { Outbox } from "./outbox.js";
import { CommandError } from "./socket.js";

/** @import { Frame, Problem, Socket } from "./socket.js" */
/** @import { Memory, Unsent } from "./outbox.js" */
/** @import { Person } from "./room.js" */

/** @typedef {{id: number, conversation: number, client_id: string, author: number, text: string, first: boolean, created: string}} Direct */
/** @typedef {{id: number, other: Person, state: "waiting" | "asked" | "ignored" | "open", unread: number, read: number, latest: string}} Conversation */
/** @typedef {Problem & {needs?: string}} Hindrance */
/** @typedef {"loading" | "here" | "away" | "refused"} Phase */

/** How long "is writing" is shown after it was said. */
export const WRITING_FOR = 6_000;
const SAY_WRITING = 3_000;
/** A refusal that asks for a longer pause is told instead of waited for. */
const LONGEST_WAIT = 30;

export class Talk extends EventTarget {
  /** @type {Phase} */ phase = "loading";
  /** Why there is nothing to see. @type {Problem | null} */ problem = null;
  /** @type {Person | null} */ other = null;
  /** @type {Conversation | null} */ conversation = null;
  /** Whether there are older messages on the server. */
  more = false;
  /** Why one cannot write. @type {Hindrance | null} */ hindrance = null;
  /** Whether the other one is writing. */
  writing = false;

  #outbox;
  /** @type {Map<number, Direct>} */ #messages = new Map();
  /** How far we are in our own stream. @type {number | null} */ #seq = null;
  #loading = false;
  #again = false;
  #reading = 0;
  #said = 0;
  #tries = 0;
  #stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #later;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #quiet;

  /** @param {Socket} socket
   * @param {number} person   whom we talk with
   * @param {Memory | null} [memory] */
  constructor(socket, person, memory = null) {
    super();
    this.socket = socket;
    this.person = person;
    this.#outbox = new Outbox({
      here: () => this.phase === "here",
      deliver: (unsent) => this.#deliver(unsent),
      changed: () => this.#changed(),
      refused: ({ code }) => { if (code !== "invalid") void this.#load(); }, // something has changed between us
    }, memory, `chama.unsent.person.${person}`, LONGEST_WAIT);
  }

  /** Oldest first. @returns {Direct[]} */
  get messages() {
    return [...this.#messages.values()].sort((one, other) => one.id - other.id);
  }

  /** @returns {Unsent[]} */
  get unsent() {
    return this.#outbox.unsent;
  }

  /** Whether nothing hinders, and it is not for the other one to answer first. @returns {boolean} */
  get isOpen() {
    return this.phase !== "refused" && !this.hindrance && this.conversation?.state !== "waiting";
  }

  /** Whether one may write now: a first message alone is on its way. @returns {boolean} */
  get mayWrite() {
    return this.isOpen && (this.conversation !== null || this.unsent.length === 0);
  }

  start() {
    this.socket.addEventListener("frame", this.#onFrame);
    this.socket.addEventListener("state", this.#onState);
    this.#onState();
  }

  stop() {
    this.#stopped = true;
    this.socket.removeEventListener("frame", this.#onFrame);
    this.socket.removeEventListener("state", this.#onState);
    this.#outbox.stop();
    for (const timer of [this.#later, this.#quiet]) clearTimeout(timer);
  }

  /** @param {string} text */
  send(text) {
    this.#said = 0;
    this.#outbox.add(text);
  }

  /** @param {string} id */
  sendAgain(id) {
    this.#outbox.sendAgain(id);
  }

  /** @param {string} id */
  discard(id) {
    this.#outbox.discard(id);
  }

  /** Let the other one go on, or put a first message away.
   * @param {"accept" | "ignore"} what */
  async decide(what) {
    if (!this.conversation) return;
    this.conversation = await this.socket.ask(`direct.${what}`, { conversation: this.conversation.id });
    this.#changed();
  }

  /** The reader has seen what stands here. */
  async seen() {
    const newest = this.messages.filter((message) => message.author === this.person).at(-1)?.id ?? 0;
    if (!this.conversation || newest <= Math.max(this.conversation.read, this.#reading) || this.socket.state !== "open") return;
    this.#reading = newest;
    try {
      this.conversation = await this.socket.ask("direct.read", { conversation: this.conversation.id, message: newest });
    } catch {
      this.#reading = 0; // the next look tries again
    }
  }

  /** We are writing: the other one may see it. */
  typing() {
    const now = Date.now();
    if (this.conversation?.state !== "open" || this.hindrance || now - this.#said < SAY_WRITING) return;
    this.#said = now;
    this.socket.ask("direct.typing", { conversation: this.conversation.id }).catch(() => {});
  }

  async loadEarlier() {
    const before = this.messages[0]?.id;
    if (!before) return;
    const answer = await this.socket.ask("direct.history", { person: this.person, before });
    for (const message of answer.messages) this.#messages.set(message.id, message);
    this.more = answer.more;
    this.#changed();
  }

  #onState = () => {
    if (this.socket.state === "open") void this.#load();
    else {
      this.#seq = null;
      if (this.socket.state === "refused") {
        this.problem = this.socket.error;
        this.#become("refused");
      } else if (this.phase !== "loading") this.#become("away");
    }
  };

  /** Read it, or read it again: what came meanwhile is newer than what we have. */
  async #load() {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    try {
      const answer = await this.socket.ask("direct.history", { person: this.person });
      const oldest = answer.messages[0]?.id ?? 0;
      const newest = Math.max(0, ...this.#messages.keys());
      if (answer.more && oldest > newest) this.#messages.clear(); // more was missed than one answer holds
      if (this.#messages.size === 0) this.more = answer.more;
      for (const message of answer.messages) this.#arrive(message);
      this.other = answer.other;
      this.conversation = answer.conversation;
      this.hindrance = answer.hindrance;
      this.#tries = 0;
      this.#become("here");
      void this.#outbox.sendNext();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#afterFailure(error);
    } finally {
      this.#loading = false;
    }
    if (this.#again) {
      this.#again = false;
      void this.#load();
    }
  }

  /** @param {CommandError} error */
  #afterFailure(error) {
    if (this.#stopped || this.socket.state !== "open") return; // the next `open` tries again
    if (["denied", "missing", "invalid"].includes(error.code)) {
      this.problem = { code: error.code, message: error.message };
      this.#become("refused");
      return;
    }
    this.#tries += 1;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.#load(), Math.max(error.retryAfter * 1000, Math.min(15_000, 500 * 2 ** this.#tries)));
  }

  /** @param {Event} event */
  #onFrame = (event) => {
    const frame = /** @type {CustomEvent<Frame>} */ (event).detail;
    if (frame.stream !== `person.${this.socket.person}`) return;
    if (frame.signal === "writing") this.#hear(frame.data.conversation);
    if (frame.signal === "resume" && this.#seq !== null && this.#seq < (frame.data.seq ?? Infinity)) void this.#load();
    if (frame.signal === "hello") this.#seq = frame.data.seq;
    if (!frame.update) return;
    const seq = frame.seq ?? 0;
    const missed = this.#seq !== null && seq > this.#seq + 1;
    this.#seq = Math.max(seq, this.#seq ?? 0);
    if (frame.update === "conversation.saved" && frame.data.other.id === this.person) {
      // What is read at this moment may be older than this.
      if (this.conversation === null || this.#loading) void this.#load();
      this.conversation = frame.data;
      this.#changed();
    } else if (frame.update === "direct.saved" && frame.data.conversation === this.conversation?.id) {
      this.#arrive(frame.data);
      this.#changed();
    }
    if (missed) void this.#load();
  };

  /** @param {number} conversation */
  #hear(conversation) {
    if (conversation !== this.conversation?.id) return;
    clearTimeout(this.#quiet);
    this.writing = true;
    this.#quiet = setTimeout(() => { this.writing = false; this.#changed(); }, WRITING_FOR);
    this.#changed();
  }

  /** @param {Direct} message */
  #arrive(message) {
    this.#messages.set(message.id, message);
    if (message.author === this.person) this.writing = false;
    else this.#outbox.arrived(message.client_id);
  }

  /** @param {Unsent} unsent */
  async #deliver({ client_id, text }) {
    this.#arrive(await this.socket.ask("direct.send", { person: this.person, client_id, text }));
    if (!this.conversation) void this.#load();
  }

  /** @param {Phase} phase */
  #become(phase) {
    this.phase = phase;
    if (phase === "here") this.problem = null;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
