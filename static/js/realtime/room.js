/**
 * What this browser knows of a room, kept true: it enters, applies updates in their order, resumes after a cut, and sends
 * what was written, once, however often the line breaks.
 *
 * There are several streams: the room's, those of the audiences that our part makes us belong to (`room.12.backstage` for those
 * on the stage, `room.12.hosts` for those who run the room), and our own (`person.7`) for what concerns nobody else. Whatever
 * kinds of things the room shows stand in `state`, `backstage`, `behind` and `own`, by kind and id.
 *
 * Events: `change` (something shown has changed), `state` (see `phase`), `signal` (passing news; `detail` is the frame), `update`
 * (a change that everyone sees was applied; `detail` is the frame), `entered` (everything was read anew).
 */

import { Outbox } from "./outbox.js";
import { CommandError } from "./socket.js";

/** @import { Memory, Unsent } from "./outbox.js" */
/** @import { Frame, Problem, Socket } from "./socket.js" */

/** @typedef {{id: number, name: string, name_latin: string, organisation: string, job_title: string, country: string, photo: string | null}} Person */
/** @typedef {{id: number, room: number, client_id: string, parent: number | null, author: Person, state: "shown" | "held" | "dismissed" | "deleted", by_hosts: boolean, text: string, html: string, language: string, replies: number, reactions: Record<string, number>, created: string, edited: string | null}} Message */
/** @typedef {{id: number, name: string, person: Person, source: "camera" | "screen", audio: boolean, video: boolean, muted: boolean, dark: boolean, silenced: boolean, started: string}} Publication */
/** @typedef {"entering" | "here" | "away" | "refused" | "closed"} Phase */

const MOST_MESSAGES = 500;
const LOOK_AGAIN = 5_000;
/** Those in the room who see more than everyone: each audience has a stream. */
const AUDIENCES = ["backstage", "hosts"];

/** The state as updates change it: kinds of things, each by id. Applying an update twice is harmless.
 * @param {Record<string, Map<number, any>>} state
 * @param {Frame} frame
 * @returns {boolean} whether the frame was about something that is kept */
export function apply(state, frame) {
  const [kind, what] = (frame.update ?? "").split(".");
  const things = state[kind];
  if (!(things instanceof Map)) return false;
  if (what === "saved") things.set(frame.data.id, frame.data);
  else if (what === "removed") things.delete(frame.data.id);
  else return false;
  return true;
}

/** @template {{id: number}} Thing
 * @param {Thing[]} things
 * @returns {Map<number, Thing>} */
const byId = (things) => new Map(things.map((thing) => [thing.id, thing]));

/** Lists of things as maps by id; anything else as it is.
 * @param {Record<string, any>} state
 * @returns {Record<string, any>} */
function keyed(state) {
  return Object.fromEntries(Object.entries(state).map(([kind, things]) => [kind, Array.isArray(things) ? byId(things) : things]));
}

/** @param {string[] | undefined} some
 * @param {string[]} others
 * @returns {boolean} */
const same = (some = [], others) => some.join() === others.join();

/** How far we are in one stream. */
class Track {
  /** The number of the last update that was applied. @type {number | null} */ seq = null;
  /** While we ask, what comes is kept aside. @type {Frame[] | null} */ held = [];

  /** @param {string} stream */
  constructor(stream) {
    this.stream = stream;
  }
}

export class Room extends EventTarget {
  /** @type {Phase} */ phase = "entering";
  /** Why we are not let in, or were put out. @type {Problem | null} */ problem = null;
  role = "";
  mayPublish = false;
  /** Whether there are older messages on the server. */
  more = false;
  /** Whether we run this room. */
  runs = false;
  /** What one may do with messages. @type {{emoji: string[], edit_seconds: number, translates: boolean, address: string}} */
  chat = { emoji: [], edit_seconds: 0, translates: false, address: "" };
  /** @type {{count: number, online?: number, in_hall?: number, people: Person[] | null}} */ presence = { count: 0, people: null };
  /** What everyone in the room sees.
   * @type {{message: Map<number, Message>, publication: Map<number, Publication>} & Record<string, Map<number, any>>} */
  state = { message: new Map(), publication: new Map() };
  /** What only those who run the room see. @type {Record<string, Map<number, any>>} */ behind = {};
  /** What only those with a part on the stage see. @type {Record<string, Map<number, any>>} */ backstage = {};
  /** What is only ours here; lists of things are maps by id. @type {Record<string, any>} */ own = {};

  #outbox;
  #track;
  /** How far we are with what only some in the room see, by audience. @type {Map<string, Track>} */ #also;
  /** The audiences to which we belong. @type {string[]} */ #audiences = [];
  /** How far we are in our own stream, as far as we know. @type {number | null} */ #mine = null;
  /** The first message from which on we know all; what changes before it is read when somebody goes back. */ #from = 0;
  #stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #later;
  #tries = 0;

  /** @param {Socket} socket
   * @param {number} id
   * @param {Memory | null} [memory]  keeps what is not sent yet over a reload */
  constructor(socket, id, memory = null) {
    super();
    this.socket = socket;
    this.id = id;
    this.#track = new Track(`room.${id}`);
    this.#also = new Map(AUDIENCES.map((audience) => [audience, new Track(`room.${id}.${audience}`)]));
    this.#outbox = new Outbox({
      here: () => this.phase === "here",
      deliver: (unsent) => this.#deliver(unsent),
      changed: () => this.#changed(),
    }, memory, `chama.unsent.${id}`);
  }

  start() {
    this.socket.addEventListener("frame", this.#onFrame);
    this.socket.addEventListener("state", this.#onState);
    this.#onState();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#later);
    this.#outbox.stop();
    this.socket.removeEventListener("frame", this.#onFrame);
    this.socket.removeEventListener("state", this.#onState);
    if (this.phase === "here") this.socket.ask("room.leave", {}, { room: this.id }).catch(() => {});
  }

  /** @returns {number | null} */
  get me() {
    return this.socket.person;
  }

  /** Whether those who run the room have muted us here. @returns {boolean} */
  get muted() {
    return this.own.restriction?.get(this.id)?.muted ?? false;
  }

  /** @returns {Message[]} in the order in which they were written */
  get messages() {
    return [...this.state.message.values()].sort((one, other) => one.id - other.id);
  }

  /** @returns {Publication[]} a screen before cameras, each in the order in which they came */
  get publications() {
    const order = (/** @type {Publication} */ each) => (each.source === "screen" ? 0 : 1);
    // Behind the scenes, where we may be, we see what the others do not.
    const all = new Map([...(this.backstage.publication ?? []), ...this.state.publication]);
    return [...all.values()].sort((one, other) => order(one) - order(other) || one.id - other.id);
  }

  /** @returns {Unsent[]} */
  get unsent() {
    return this.#outbox.unsent;
  }

  /** Say something, or reply to a message. It is shown at once as on its way, and sent as soon as there is a line.
   * @param {string} text
   * @param {{parent?: number | null, mentions?: number[]}} [more] */
  send(text, { parent = null, mentions = [] } = {}) {
    this.#outbox.add(text, { parent, mentions });
  }

  /** @param {string} clientId */
  sendAgain(clientId) {
    this.#outbox.sendAgain(clientId);
  }

  /** Give up on a message that could not be sent.
   * @param {string} clientId */
  discard(clientId) {
    this.#outbox.discard(clientId);
  }

  /** Fetch older messages. */
  async loadEarlier() {
    const first = this.messages[0];
    if (!first) return;
    const { messages, more } = await this.ask("chat.history", { before: first.id });
    this.join(messages, more);
  }

  /** Messages that go on to what we know, and whether there are older ones than all of these.
   * @param {Message[]} messages
   * @param {boolean} more */
  join(messages, more) {
    const first = messages[0]?.id ?? Infinity;
    for (const message of messages) this.state.message.set(message.id, message);
    if (first < this.#from || !more) {
      this.more = more;
      this.#from = more ? Math.min(first, this.#from) : 0;
    }
    this.#changed();
  }

  /** Whether we know every message from this one on.
   * @param {number} id
   * @returns {boolean} */
  reaches(id) {
    return id >= this.#from;
  }

  /** @param {string} command
   * @param {Record<string, unknown>} [data]
   * @returns {Promise<any>} */
  ask(command, data = {}) {
    return this.socket.ask(command, data, { room: this.id });
  }

  #onState = () => {
    if (this.phase === "closed" && this.socket.state !== "open") return;
    if (this.socket.state === "open") void this.#synchronise();
    else {
      clearTimeout(this.#later);
      this.#hold();
      if (this.socket.state === "refused") {
        this.problem = this.socket.error;
        this.#become("refused");
      } else this.#become(this.#track.seq === null ? "entering" : "away");
    }
  };

  #hold() {
    for (const track of this.#tracks) track.held ??= [];
  }

  /** Enter, or go on from where we were. */
  async #synchronise() {
    this.#hold();
    try {
      if (this.#track.seq === null) this.#enter(await this.ask("room.enter"));
      else await this.#goOn(this.#track.seq);
      this.#tries = 0;
      this.#become("here");
      void this.#outbox.sendNext();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#afterFailure(error);
    }
  }

  /** @param {CommandError} error */
  #afterFailure(error) {
    if (this.#stopped || this.socket.state !== "open") return; // the next `open` tries again
    if (error.code === "gap") {
      this.#track.seq = null;
      this.#soon(Math.random() * 1000);
    } else if (["denied", "missing", "invalid"].includes(error.code)) {
      this.problem = { code: error.code, message: error.message };
      this.#become("refused");
    } else {
      this.#tries += 1;
      this.#soon(Math.max(error.retryAfter * 1000, Math.random() * Math.min(15_000, 1000 * 2 ** this.#tries)));
    }
  }

  /** @param {number} milliseconds
   * @param {() => boolean} [needed]  asked when the time has come */
  #soon(milliseconds, needed = () => true) {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => { if (this.socket.state === "open" && needed()) void this.#synchronise(); }, milliseconds);
  }

  /** @param {any} snapshot */
  #enter(snapshot) {
    this.state = { message: new Map(), publication: new Map(), ...keyed(snapshot.state) };
    this.own = keyed(snapshot.own ?? {});
    this.more = snapshot.more;
    this.#from = this.more ? Math.min(...this.state.message.keys()) : 0;
    this.chat = snapshot.chat ?? this.chat;
    this.#know(snapshot);
    this.#track.seq = snapshot.seq;
    this.behind = keyed(snapshot.hosts?.state ?? {});
    this.backstage = keyed(snapshot.backstage?.state ?? {});
    for (const [audience, track] of this.#also) track.seq = snapshot[audience]?.seq ?? null;
    this.#release();
    this.dispatchEvent(new Event("entered"));
  }

  /** @param {number} seq */
  async #goOn(seq) {
    const answer = await this.socket.ask("stream.resume", { stream: this.#track.stream, seq });
    // Whoever got another part meanwhile sees another room.
    if (!same(answer.audiences, this.#audiences)) throw new CommandError({ code: "gap", message: "" });
    /** @type {[Track, any][]} */ const answers = [[this.#track, answer]];
    for (const audience of this.#audiences) {
      const track = /** @type {Track} */ (this.#also.get(audience));
      answers.push([track, await this.socket.ask("stream.resume", { stream: track.stream, seq: track.seq ?? 0 })]);
    }
    for (const [track, { updates }] of answers) for (const frame of updates) this.#applyNext(track, frame);
    this.#know(answer);
    for (const [track, { seq: now }] of answers) track.seq = Math.max(track.seq ?? 0, now);
    this.#release();
  }

  /** @param {any} answer */
  #know(answer) {
    this.#be(answer);
    this.presence = answer.presence;
    this.problem = null;
  }

  /** @param {{role: string, may_publish: boolean, runs?: boolean, audiences?: string[]}} part */
  #be(part) {
    this.role = part.role;
    this.mayPublish = part.may_publish;
    this.runs = part.runs ?? false;
    this.#audiences = part.audiences ?? [];
  }

  get #tracks() {
    return [this.#track, ...this.#also.values()];
  }

  /** Apply what came while we were asking. */
  #release() {
    for (const track of this.#tracks) {
      const held = track.held ?? [];
      track.held = null;
      for (const frame of held.sort((one, other) => (one.seq ?? 0) - (other.seq ?? 0))) this.#update(track, frame);
    }
    this.#changed();
  }

  /** @param {Event} event */
  #onFrame = (event) => {
    const frame = /** @type {CustomEvent<Frame>} */ (event).detail;
    const track = this.#tracks.find(({ stream }) => stream === frame.stream);
    if (!track) {
      if (frame.stream === `person.${this.me}`) this.#hear(frame);
    } else if (this.phase === "closed" && !track.held) return;
    else if (frame.update) this.#update(track, frame);
    else this.#signal(track, frame);
  };

  /** @param {Track} track
   * @param {Frame} frame */
  #signal(track, frame) {
    if (frame.signal === "presence") {
      this.presence = frame.data;
      this.#changed();
    } else if (frame.signal === "resume") {
      const { seq = Infinity } = frame.data;
      this.#soon(Math.random() * 3000, () => track.seq !== null && track.seq < seq);
    } else if (frame.signal === "role") {
      const before = this.#audiences;
      this.#be(frame.data);
      if (!same(before, this.#audiences)) {
        if (!this.#audiences.includes("hosts")) this.behind = {};
        if (!this.#audiences.includes("backstage")) this.backstage = {};
        this.#track.seq = null;
        void this.#synchronise();
      }
      this.#changed();
    } else if (frame.signal === "closed") {
      this.problem = frame.data;
      this.#track.seq = null;
      this.#become("closed");
      this.#soon(LOOK_AGAIN, () => this.phase === "closed"); // whoever was let back in at that very moment was told before
    } else this.dispatchEvent(new CustomEvent("signal", { detail: frame }));
  }

  /** Our own stream: applied as it comes. What came while there was no line is seen by its number; then we enter again.
   * @param {Frame} frame */
  #hear(frame) {
    const seq = frame.signal === "hello" ? frame.data.seq : frame.update ? (frame.seq ?? 0) : null;
    if (seq === null) return;
    const missed = this.#mine !== null && seq > this.#mine + (frame.update ? 1 : 0);
    if (frame.update && (this.#mine === null || seq > this.#mine) && apply(this.own, frame)) this.#changed();
    this.#mine = Math.max(seq, this.#mine ?? 0);
    if (frame.update === "rights.saved" && (this.phase === "closed" || this.phase === "refused")) {
      this.#track.seq = null;
      void this.#synchronise();
      return;
    }
    if (!missed) return;
    this.#track.seq = null;
    if (frame.update && this.phase === "here") void this.#synchronise();
  }

  /** @param {Track} track
   * @param {Frame} frame */
  #update(track, frame) {
    if (track.held) {
      track.held.push(frame);
      return;
    }
    const seq = frame.seq ?? 0;
    if (track.seq === null || seq <= track.seq) return;
    if (seq === track.seq + 1) {
      this.#applyNext(track, frame);
      this.#changed();
      return;
    }
    track.held = [frame];
    void this.#synchronise();
  }

  /** @param {Track} track
   * @param {Frame} frame */
  #applyNext(track, frame) {
    if ((frame.seq ?? 0) <= (track.seq ?? 0)) return;
    track.seq = frame.seq ?? null;
    const known = frame.update !== "message.saved" || this.reaches(frame.data.id);
    if (known) apply(track === this.#track ? this.state : track === this.#also.get("hosts") ? this.behind : this.backstage, frame);
    if (track !== this.#track) return;
    if (frame.update === "message.saved" || frame.update === "reply.saved") this.#arrived(frame.data);
    this.dispatchEvent(new CustomEvent("update", { detail: frame }));
    if (this.state.message.size > MOST_MESSAGES) {
      const oldest = Math.min(...this.state.message.keys());
      this.state.message.delete(oldest);
      this.more = true;
      this.#from = Math.min(...this.state.message.keys());
    }
  }

  /** @param {Message} message */
  #arrived(message) {
    if (message.author.id === this.me) this.#outbox.arrived(message.client_id);
  }

  /** @param {Unsent} unsent */
  async #deliver({ client_id, text, parent, mentions }) {
    const message = await this.ask("chat.send", { client_id, text, ...(parent ? { parent } : {}), ...(mentions?.length ? { mentions } : {}) });
    this.#sent(message);
    this.#arrived(message);
  }

  /** What we said is known to the server; the update may come a little later, or came already.
   * @param {Message} message */
  #sent(message) {
    const frame = { stream: this.#track.stream, update: message.parent ? "reply.saved" : "message.saved", data: message };
    if (message.state === "held") this.own.held?.set(message.id, message);
    else if (message.parent) this.dispatchEvent(new CustomEvent("update", { detail: frame }));
    else if (!this.state.message.has(message.id)) this.state.message.set(message.id, message);
  }

  /** @param {Phase} phase */
  #become(phase) {
    this.phase = phase;
    this.dispatchEvent(new Event("state"));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
