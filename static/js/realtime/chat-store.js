/**
 * What this browser knows of a room's chat beyond the newest messages: an open thread, a place further back, who is writing,
 * translations; and what one may do with messages.
 *
 * Event: `change`.
 */

/** @import { Frame } from "./socket.js" */
/** @import { Message, Person, Room } from "./room.js" */

/** @typedef {{chat: "open" | "hosts" | "closed", slow_mode: number, hold_messages: boolean}} ChatRules */
/** @typedef {{message: Message, replies: Map<number, Message>, more: boolean}} Thread */
/** @typedef {{messages: Map<number, Message>, more: boolean}} Past */

/** How long "is writing" is shown after it was said. */
const WRITING_FOR = 6_000;
const SAY_WRITING = 3_000;
/** In a room with more people nobody is told who is writing. */
const FEW = 30;
/** Thousands resume at once after a cut; what is asked for then is spread. */
const SPREAD = 20_000;

/** @param {Iterable<Message>} messages
 * @returns {Message[]} */
const inOrder = (messages) => [...messages].sort((one, other) => one.id - other.id);

export class ChatStore extends EventTarget {
  /** @type {Thread | null} */ thread = null;
  /** A place further back; what is between it and the newest is not known. @type {Past | null} */ past = null;
  /** @type {Map<number, {language: string, text: string}>} */ translations = new Map();
  /** Who is writing, by id (0: somebody), and until when that holds. @type {Map<number, {name: string, until: number}>} */ #writing = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #quiet;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #refresh;
  #said = 0;
  #entered = false;

  /** @param {Room} room */
  constructor(room) {
    super();
    this.room = room;
    room.addEventListener("update", (event) => this.#onUpdate(/** @type {CustomEvent<Frame>} */ (event).detail));
    room.addEventListener("signal", (event) => this.#onSignal(/** @type {CustomEvent<Frame>} */ (event).detail));
    room.addEventListener("entered", () => this.#onEntered());
    room.addEventListener("state", () => this.#onState());
  }

  /** What the log shows, oldest first. @returns {Message[]} */
  get messages() {
    return this.past ? inOrder(this.past.messages.values()) : this.room.messages;
  }

  /** Whether there are older messages than those. */
  get more() {
    return this.past ? this.past.more : this.room.more;
  }

  /** @returns {Message[]} */
  get replies() {
    return inOrder(this.thread?.replies.values() ?? []);
  }

  /** What others do not see: for those who run the room what waits for them, else what we wrote. @returns {Message[]} */
  get held() {
    const { room } = this;
    /** @type {Map<number, Message> | undefined} */
    const found = room.runs ? room.behind.held : room.own.held;
    return inOrder(found?.values() ?? []).filter((each) => each.room === room.id);
  }

  /** @returns {ChatRules} */
  get rules() {
    return { chat: "open", slow_mode: 0, hold_messages: false, ...this.room.state.rules?.get(this.room.id) };
  }

  /** Whether we may write now, as far as the rules say. */
  get open() {
    const { chat } = this.rules;
    return !this.room.muted && (chat === "open" || (chat === "hosts" && this.room.runs));
  }

  /** Whether what we wrote waits because the server said that it was too soon. */
  get tooSoon() {
    return this.room.unsent.some(({ state, reason }) => state !== "failed" && reason !== "");
  }

  /** The newest message that we have read, as the server knows. */
  get read() {
    return this.room.own.read?.get?.(this.room.id)?.message ?? 0;
  }

  /** @param {number} id
   * @returns {string[]} what we gave this message */
  given(id) {
    return this.room.own.reacted?.get?.(id)?.emoji ?? [];
  }

  /** Whether we may still change it.
   * @param {Message} message */
  changeable(message) {
    return message.author.id === this.room.me && message.state !== "deleted" && message.state !== "dismissed"
      && Date.now() - new Date(message.created).getTime() < this.room.chat.edit_seconds * 1000;
  }

  // --- what comes ---

  /** @param {Frame} frame */
  #onUpdate(frame) {
    const [kind, what] = (frame.update ?? "").split(".");
    if (kind !== "message" && kind !== "reply") return;
    const { id } = frame.data;
    const words = /** @type {Message | null} */ (what === "saved" ? frame.data : null);
    if (words) this.#wrote(words);
    const kept = this.translations.get(id);
    if (kept && words?.edited) this.translations.delete(id);
    if (kind === "message" && this.past?.messages.has(id)) put(this.past.messages, id, words);
    const { thread } = this;
    if (thread && kind === "message" && thread.message.id === id) {
      if (words) thread.message = words;
      else this.thread = null;
    }
    if (thread && kind === "reply" && (words ? words.parent === thread.message.id : thread.replies.has(id))) put(thread.replies, id, words);
    this.#changed();
  }

  /** @param {Frame} frame */
  #onSignal(frame) {
    if (frame.signal === "typing") this.#hearWriting(frame.data.person);
    if (frame.signal === "reactions") this.#count(frame.data.messages);
  }

  /** @param {{id: number, reactions: Record<string, number>}[]} changed */
  #count(changed) {
    for (const { id, reactions } of changed) {
      for (const messages of [this.room.state.message, this.past?.messages, this.thread?.replies]) {
        const known = messages?.get(id);
        if (known) messages?.set(id, { ...known, reactions });
      }
      if (this.thread?.message.id === id) this.thread.message = { ...this.thread.message, reactions };
    }
    this.#changed();
  }

  #onEntered() {
    this.#entered = true;
    this.#count([...(this.room.own.reactions?.values?.() ?? [])]);
    if (this.thread) void this.openThread(this.thread.message.id).catch(() => {});
    this.past = null;
    this.#changed();
  }

  /** Reactions are told in passing: after a cut we ask how they stand. */
  #onState() {
    if (this.room.phase !== "here") return;
    clearTimeout(this.#refresh);
    const { thread } = this;
    if (!this.#entered) this.#refresh = setTimeout(() => {
      if (thread && this.thread === thread) void this.openThread(thread.message.id).catch(() => {});
      if (this.room.messages.length) void this.room.ask("chat.history", { before: Number.MAX_SAFE_INTEGER })
        .then(({ messages }) => this.#count(messages)).catch(() => {});
    }, Math.random() * SPREAD);
    this.#entered = false;
  }

  // --- who is writing ---

  /** @param {Person | null} person */
  #hearWriting(person) {
    if (person ? person.id === this.room.me : Date.now() - this.#said < WRITING_FOR) return;
    this.#writing.set(person?.id ?? 0, { name: person?.name ?? "", until: Date.now() + WRITING_FOR });
    this.#tidy();
  }

  /** Whoever's words are here is not writing them any more.
   * @param {Message} message */
  #wrote(message) {
    this.#writing.delete(0);
    if (message.author.id !== null) this.#writing.delete(message.author.id);
  }

  #tidy() {
    const now = Date.now();
    for (const [id, { until }] of this.#writing) if (until <= now) this.#writing.delete(id);
    clearTimeout(this.#quiet);
    const next = Math.min(...[...this.#writing.values()].map(({ until }) => until));
    if (Number.isFinite(next)) this.#quiet = setTimeout(() => this.#tidy(), Math.max(50, next - now));
    this.#changed();
  }

  /** Names of those who are writing; "" for somebody who is not told. @returns {string[]} */
  get writing() {
    const now = Date.now();
    return [...this.#writing.values()].filter(({ until }) => until > now).map(({ name }) => name);
  }

  /** We are writing: tell it, now and then, while few are here. */
  write() {
    const now = Date.now();
    if (this.room.phase !== "here" || this.room.presence.count > FEW || now - this.#said < SAY_WRITING) return;
    this.#said = now;
    this.room.ask("chat.typing").catch(() => {});
  }

  // --- what one does ---

  /** @param {number} id */
  async openThread(id) {
    const { message, replies, more } = await this.room.ask("chat.thread", { message: id });
    this.thread = { message, replies: new Map(replies.map((/** @type {Message} */ reply) => [reply.id, reply])), more };
    this.#changed();
  }

  closeThread() {
    this.thread = null;
    this.#changed();
  }

  async earlierReplies() {
    const { thread } = this;
    const first = this.replies[0];
    if (!thread || !first) return;
    const { replies, more } = await this.room.ask("chat.thread", { message: thread.message.id, before: first.id });
    for (const reply of replies) thread.replies.set(reply.id, reply);
    thread.more = more;
    this.#changed();
  }

  async loadEarlier() {
    const { past } = this;
    const first = this.messages[0];
    if (!past || !first) return this.room.loadEarlier();
    const { messages, more } = await this.room.ask("chat.history", { before: first.id });
    for (const message of messages) past.messages.set(message.id, message);
    past.more = more;
    this.#changed();
    return undefined;
  }

  async loadLater() {
    const { past } = this;
    const last = this.messages.at(-1);
    if (!past || !last) return;
    const { messages, newer } = await this.room.ask("chat.history", { after: last.id });
    for (const message of messages) past.messages.set(message.id, message);
    if (!newer) this.#joinPast(past);
    this.#changed();
  }

  /** The place further back has met the newest.
   * @param {Past} past */
  #joinPast(past) {
    this.past = null;
    this.room.join(inOrder(past.messages.values()), past.more);
  }

  toNewest() {
    this.past = null;
    this.#changed();
  }

  /** Have the message among those that are shown; of a reply, its thread open. Gives the id of what is to be looked at.
   * @param {number} id
   * @returns {Promise<number>} */
  async goTo(id) {
    if (!this.past && this.room.state.message.has(id)) return id;
    const { messages, message, thread, more, newer } = await this.room.ask("chat.history", { around: id });
    const past = { messages: new Map(messages.map((/** @type {Message} */ each) => [each.id, each])), more };
    if (newer) this.past = past;
    else this.#joinPast(past);
    if (thread) await this.openThread(thread);
    this.#changed();
    return thread ? id : message;
  }

  /** @param {Message} message
   * @param {string} emoji */
  async react(message, emoji) {
    const wanted = !this.given(message.id).includes(emoji);
    await this.room.ask("chat.react", { message: message.id, emoji, wanted });
  }

  /** @param {Message} message
   * @param {string} text
   * @param {number[]} mentions */
  async edit(message, text, mentions) {
    await this.room.ask("chat.edit", { message: message.id, text, mentions });
  }

  /** @param {string} command
   * @param {Message} message */
  async act(command, message) {
    await this.room.ask(command, { message: message.id });
  }

  /** Show the message in our language, or no more.
   * @param {Message} message */
  async translate(message) {
    if (!this.translations.delete(message.id)) this.translations.set(message.id, await this.room.ask("chat.translate", { message: message.id }));
    this.#changed();
  }

  /** @param {string} text
   * @param {number} [before]
   * @returns {Promise<{messages: Message[], more: boolean}>} */
  search(text, before) {
    return this.room.ask("chat.search", { text, ...(before ? { before } : {}) });
  }

  /** @param {string} prefix
   * @returns {Promise<Person[]>} */
  async people(prefix) {
    return (await this.room.ask("chat.people", { prefix })).people;
  }

  /** @param {number} id */
  async markRead(id) {
    if (id > this.read) await this.room.ask("chat.read", { message: id });
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Map<number, Message>} messages
 * @param {number} id
 * @param {Message | null} message */
function put(messages, id, message) {
  if (message) messages.set(id, message);
  else messages.delete(id);
}
