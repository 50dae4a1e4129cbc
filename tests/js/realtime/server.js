/**
 * A small real server in memory, with the rules of docs/protocol.md: one stream, numbered updates, a history, commands. Its lines
 * can be cut, hold their tongue, or be refused.
 */

import { Socket } from "../../../static/js/realtime/socket.js";

export class Server {
  constructor() {
    this.seq = 0;
    this.updates = [];
    this.messages = new Map();
    this.replies = new Map();
    this.publications = new Map();
    this.lines = new Set();
    this.asked = [];
    this.seconds = 0;
    this.up = true;
    this.refuse = {};
    this.forgetBefore = 0;
    this.person = 7;
    /** Whether the person runs the room, or has a part on its stage, and what only those see. */
    this.runs = false;
    this.speaks = false;
    this.hosts = [];
    this.backstage = [];
  }

  /** @returns the far end of a new line, as a browser sees it */
  dial() {
    const server = this;
    const line = {
      readyState: 0, onopen: null, onmessage: null, onclose: null, follows: false, silent: false, closed: false,
      send(text) { if (!line.closed && !line.silent) setImmediate(() => server.#take(line, JSON.parse(text))); },
      close() { if (!line.closed) { line.closed = true; server.lines.delete(line); } },
    };
    setImmediate(() => {
      if (!server.up) { line.closed = true; line.onclose?.({ code: 1006 }); return; }
      server.lines.add(line);
      line.readyState = 1;
      server.#tell(line, { stream: `person.${server.person}`, signal: "hello", data: { person: server.person, seq: 0, ...(server.time === undefined ? {} : { time: server.time }) } });
    });
    return line;
  }

  socket() {
    return new Socket(() => this.dial());
  }

  /** Cut every line. */
  cut(code = 1006) {
    for (const line of [...this.lines]) { line.closed = true; this.lines.delete(line); line.onclose?.({ code }); }
  }

  /** Lines that look open and carry nothing. */
  deaden() {
    for (const line of this.lines) line.silent = true;
  }

  say(text, client_id = crypto.randomUUID(), author = 99) {
    for (const known of this.messages.values()) if (known.client_id === client_id) return known;
    const message = { id: this.messages.size + 1, client_id, text, author: { id: author, name: "Someone", photo: null }, created: "2026-11-23T08:00:00Z" };
    this.messages.set(message.id, message);
    this.#publish("message.saved", message);
    return message;
  }

  reply(parent, text, client_id = crypto.randomUUID(), author = 99) {
    const reply = { id: 1000 + this.replies.size, room: 1, client_id, parent, text, html: "", state: "shown", reactions: {}, author: { id: author, name: "Someone", photo: null }, created: "2026-11-23T08:00:00Z" };
    this.replies.set(reply.id, reply);
    this.#publish("reply.saved", reply);
    return reply;
  }

  /** Something about a message changes for everyone. */
  change(id, more) {
    this.messages.set(id, { ...this.messages.get(id), ...more });
    this.#publish("message.saved", this.messages.get(id));
  }

  show(id) {
    const publication = { id, name: `${id}-camera`, source: "camera", person: { id, name: "P" }, audio: true, video: true, muted: false, dark: false };
    this.publications.set(id, publication);
    this.#publish("publication.saved", publication);
  }

  hide(id) {
    this.publications.delete(id);
    this.#publish("publication.removed", { id });
  }

  /** Send a frame to all who follow, in whatever order a test wants. */
  deliver(frame) {
    for (const line of this.lines) if (line.follows && !line.silent) this.#tell(line, frame);
  }

  get audiences() {
    return [...(this.runs || this.speaks ? ["backstage"] : []), ...(this.runs ? ["hosts"] : [])];
  }

  /** Tell those who run the room something, or those on its stage. */
  behind(id, audience = "hosts") {
    const frame = { stream: `room.1.${audience}`, update: "report.saved", seq: this[audience].length + 1, data: { id } };
    this[audience].push(frame);
    if (this.audiences.includes(audience)) this.deliver(frame);
  }

  #publish(update, data) {
    const frame = { stream: "room.1", update, seq: ++this.seq, data };
    this.updates.push(frame);
    if (!this.withhold) this.deliver(frame);
    return frame;
  }

  #tell(line, frame) {
    if (!line.closed && !line.silent) line.onmessage?.({ data: JSON.stringify(frame) });
  }

  #take(line, { id, command, data }) {
    this.asked.push({ command, data });
    const refusal = this.refuse[command]?.shift?.() ?? null;
    if (refusal) { this.#tell(line, { reply: id, error: refusal }); return; }
    const mute = this.mute === command;
    const answer = this.#answer(line, command, data);
    if (mute) { this.mute = null; return; }
    this.#tell(line, answer.error ? { reply: id, error: answer.error } : { reply: id, data: answer });
  }

  #answer(line, command, data) {
    const known = { role: this.runs ? "moderator" : "attendee", may_publish: this.runs || this.speaks, runs: this.runs, audiences: this.audiences, stream: "room.1", seq: this.seq, presence: { count: 1, people: [] } };
    if (command === "room.enter") {
      line.follows = true;
      const state = { message: [...this.messages.values()].slice(-50), publication: [...this.publications.values()] };
      const also = Object.fromEntries(this.audiences.map((audience) => {
        const report = this[audience].map((frame) => frame.data);
        return [audience, { stream: `room.1.${audience}`, seq: report.length, state: { report } }];
      }));
      return { ...known, ...also, room: 1, state, more: this.messages.size > 50 };
    }
    const [, , audience] = command === "stream.resume" ? data.stream.split(".") : [];
    if (audience) {
      return { stream: data.stream, seq: this[audience].length, updates: this[audience].filter(({ seq }) => seq > data.seq) };
    }
    if (command === "stream.resume") {
      line.follows = true;
      if (data.seq < this.forgetBefore) { line.follows = false; return { error: { code: "gap", message: "Too much." } }; }
      return { ...known, updates: this.updates.filter(({ seq }) => seq > data.seq) };
    }
    if (command === "chat.send" && data.parent) return this.reply(data.parent, data.text, data.client_id, this.person);
    if (command === "chat.send") return this.say(data.text, data.client_id, this.person);
    if (command === "chat.thread") return { message: this.messages.get(data.message), replies: [...this.replies.values()].filter(({ parent }) => parent === data.message), more: false };
    if (command === "chat.history" && data.after) {
      const later = [...this.messages.values()].filter((message) => message.id > data.after);
      return { messages: later.slice(0, 50), newer: later.length > 50 };
    }
    if (command === "chat.history" && data.around) {
      const all = [...this.messages.values()];
      const [older, later] = [all.filter(({ id }) => id <= data.around), all.filter(({ id }) => id > data.around)];
      return { messages: [...older.slice(-25), ...later.slice(0, 25)], message: data.around, thread: null, more: older.length > 25, newer: later.length > 25 };
    }
    if (command === "chat.history") {
      const older = [...this.messages.values()].filter((message) => message.id < data.before);
      return { messages: older.slice(-50), more: older.length > 50 };
    }
    return {};
  }
}

/** Waits until something holds, on the real clock.
 * @param {() => unknown} holds */
export async function until(holds, within = 4000) {
  const end = Date.now() + within;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`This never held: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const settled = () => new Promise((resolve) => setTimeout(resolve, 30));
