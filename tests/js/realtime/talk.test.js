/** A conversation of two as the browser keeps it, against a small server with the rules of docs/protocol.md. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { pieces } from "../../../static/js/realtime/links.js";
import { newsOf } from "../../../static/js/realtime/live-page.js";
import { Socket } from "../../../static/js/realtime/socket.js";
import { Talk } from "../../../static/js/realtime/talk.js";
import { settled, until } from "./server.js";

const ME = 7;
const OTHER = 9;

class Server {
  seq = 0;
  messages = [];
  state = null;
  startedBy = null;
  read = 0;
  hindrance = null;
  asked = [];
  refuse = {};
  lines = new Set();
  mute = null;

  socket() {
    return new Socket(() => {
      const line = {
        readyState: 0, onopen: null, onmessage: null, onclose: null,
        send: (text) => setImmediate(() => this.#take(line, JSON.parse(text))),
        close: () => this.lines.delete(line),
      };
      setImmediate(() => {
        this.lines.add(line);
        line.readyState = 1;
        this.#tell(line, { stream: `person.${ME}`, signal: "hello", data: { person: ME, seq: this.seq } });
      });
      return line;
    });
  }

  cut() {
    for (const line of [...this.lines]) { this.lines.delete(line); line.onclose?.({ code: 1006 }); }
  }

  /** Somebody writes; `quiet`: and the news are lost on the way. */
  write(author, text, { client_id = crypto.randomUUID(), quiet = false } = {}) {
    const known = this.messages.find((each) => each.client_id === client_id);
    if (known) return known;
    this.startedBy ??= author;
    this.state = this.state === null ? "waiting" : author === this.startedBy ? this.state : "open";
    const message = { id: this.messages.length + 1, conversation: 4, client_id, author, text, first: this.messages.length === 0, created: "2026-11-23T08:00:00Z" };
    this.messages.push(message);
    this.publish("direct.saved", message, quiet);
    this.publish("conversation.saved", this.conversation, quiet);
    return message;
  }

  get conversation() {
    if (this.state === null) return null;
    const unread = this.messages.filter(({ id, author }) => author === OTHER && id > this.read).length;
    const state = this.state === "waiting" && this.startedBy === OTHER ? "asked" : this.state;
    return { id: 4, other: { id: OTHER, name: "Noy", photo: null }, state, unread, read: this.read, latest: "2026-11-23T08:00:00Z" };
  }

  publish(update, data, quiet = false) {
    const frame = { stream: `person.${ME}`, update, seq: ++this.seq, data };
    if (!quiet) this.tell(frame);
  }

  tell(frame) {
    for (const line of this.lines) this.#tell(line, frame);
  }

  #tell(line, frame) {
    if (this.lines.has(line)) line.onmessage?.({ data: JSON.stringify(frame) });
  }

  #take(line, { id, command, data }) {
    this.asked.push({ command, data });
    const refusal = this.refuse[command]?.shift?.() ?? null;
    const answer = refusal ? { error: refusal } : { data: this.#answer(command, data) };
    if (this.mute === command) { this.mute = null; return; }
    this.#tell(line, { reply: id, ...answer });
  }

  #answer(command, data) {
    if (command === "direct.history") {
      const before = this.messages.filter((message) => !data.before || message.id < data.before);
      return { other: { id: OTHER, name: "Noy", photo: null }, conversation: this.conversation, messages: before.slice(-50), more: before.length > 50, hindrance: this.hindrance };
    }
    if (command === "direct.send") return this.write(ME, data.text, { client_id: data.client_id });
    if (command === "direct.read") this.read = Math.max(this.read, data.message);
    if (command === "direct.accept") this.state = "open";
    if (command === "direct.ignore") this.state = "ignored";
    return this.conversation ?? {};
  }
}

class Memory {
  kept = new Map();
  getItem(key) { return this.kept.get(key) ?? null; }
  setItem(key, value) { this.kept.set(key, value); }
}

/** @type {any[]} */
const open = [];
function enter(server, memory = null) {
  const socket = server.socket();
  const talk = new Talk(socket, OTHER, memory);
  open.push(talk, socket);
  socket.start();
  talk.start();
  return talk;
}
beforeEach(() => mock.method(Math, "random", () => 0.01));
afterEach(() => { for (const each of open.splice(0)) each.stop(); mock.restoreAll(); });

const texts = (talk) => talk.messages.map(({ text }) => text);
const commands = (server, name) => server.asked.filter(({ command }) => command === name);

test("a first message is sent once, and then the other has to answer", async () => {
  const server = new Server();
  const talk = enter(server);
  await until(() => talk.phase === "here");
  assert.deepEqual([talk.conversation, talk.mayWrite, talk.other.name], [null, true, "Noy"]);
  talk.send("May I?");
  assert.equal(talk.mayWrite, false);
  await until(() => talk.conversation?.state === "waiting" && talk.unsent.length === 0);
  assert.deepEqual([texts(talk), talk.mayWrite], [["May I?"], false]);
  server.write(OTHER, "You may.");
  assert.deepEqual([texts(talk), talk.mayWrite], [["May I?", "You may."], true]);
});

test("somebody else's first message arrives while the page is open", async () => {
  const server = new Server();
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.write(OTHER, "Hello");
  await until(() => texts(talk).length === 1);
  assert.equal(talk.conversation.state, "asked");
  await talk.decide("accept");
  assert.equal(talk.conversation.state, "open");
});

test("what others say on my stream is not taken for this conversation", async () => {
  const server = new Server();
  server.write(OTHER, "Hello");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.publish("direct.saved", { id: 900, conversation: 5, client_id: "x", author: 11, text: "Elsewhere", first: true, created: "" });
  server.publish("conversation.saved", { ...server.conversation, id: 5, other: { id: 11, name: "Third", photo: null } });
  assert.deepEqual([texts(talk), talk.conversation.id], [["Hello"], 4]);
});

test("after a cut what was missed is read, without doubles", async () => {
  const server = new Server();
  server.write(OTHER, "one");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.cut();
  server.write(OTHER, "two");
  server.write(ME, "three");
  await until(() => texts(talk).length === 3);
  assert.deepEqual(texts(talk), ["one", "two", "three"]);
});

test("a gap in the numbers of the stream is seen", async () => {
  const server = new Server();
  server.write(OTHER, "one");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.write(OTHER, "lost on the way", { quiet: true });
  server.write(OTHER, "three");
  await until(() => texts(talk).length === 3);
});

test("more missed than one answer holds leaves no hole", async () => {
  const server = new Server();
  server.write(OTHER, "first");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.cut();
  for (let number = 0; number < 60; number += 1) server.write(OTHER, String(number));
  await until(() => texts(talk).length === 50);
  assert.deepEqual([texts(talk)[0], talk.more], ["10", true]);
  await talk.loadEarlier();
  assert.deepEqual([texts(talk)[0], texts(talk).length, talk.more], ["first", 61, false]);
});

test("what had no answer is sent again and is there once", async () => {
  const server = new Server();
  server.write(OTHER, "Hello");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.mute = "direct.send";
  talk.send("Once");
  await until(() => commands(server, "direct.send").length === 1);
  server.cut();
  await until(() => talk.unsent.length === 0 && talk.phase === "here");
  await settled();
  assert.deepEqual(texts(talk), ["Hello", "Once"]);
});

test("what was not sent outlives the page", async () => {
  const server = new Server();
  const memory = new Memory();
  const talk = new Talk(server.socket(), OTHER, memory);
  talk.send("Not yet");
  const again = enter(server, memory);
  assert.deepEqual(again.unsent.map(({ text }) => text), ["Not yet"]);
  await until(() => texts(again).length === 1);
  assert.equal(memory.getItem(`chama.unsent.person.${OTHER}`), "[]");
});

test("a refusal is told, kept for editing, and shows what has changed between the two", async () => {
  const server = new Server();
  server.write(OTHER, "Hello");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.hindrance = { code: "conflict", message: "Noy cannot get messages from you any more." };
  server.refuse["direct.send"] = [server.hindrance];
  talk.send("Still there?");
  await until(() => talk.hindrance !== null);
  assert.deepEqual([talk.unsent[0].state, talk.unsent[0].reason, talk.mayWrite], ["failed", "Noy cannot get messages from you any more.", false]);
});

test("a day's limit is told instead of waited for, a moment's is waited for", async () => {
  const server = new Server();
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.refuse["direct.send"] = [{ code: "busy", message: "Wait 20 hours.", retry_after: 72_000 }];
  talk.send("Hello");
  await until(() => talk.unsent[0]?.state === "failed");
  server.refuse["direct.send"] = [{ code: "busy", message: "Too fast.", retry_after: 0.05 }];
  talk.sendAgain(talk.unsent[0].client_id);
  await until(() => texts(talk).length === 1);
  assert.equal(talk.unsent.length, 0);
});

test("nobody there is said once and not asked for again", async () => {
  const server = new Server();
  server.refuse["direct.history"] = [{ code: "missing", message: "You cannot write to this person." }];
  const talk = enter(server);
  await until(() => talk.phase === "refused");
  await settled();
  assert.deepEqual([talk.problem.message, talk.mayWrite, commands(server, "direct.history").length], ["You cannot write to this person.", false, 1]);
});

test("what is read is told to the server once", async () => {
  const server = new Server();
  server.write(OTHER, "one");
  server.write(OTHER, "two");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  await Promise.all([talk.seen(), talk.seen()]);
  await talk.seen();
  assert.deepEqual(commands(server, "direct.read").map(({ data }) => data.message), [2]);
  assert.equal(talk.conversation.unread, 0);
});

test("that the other one is writing ends with the message", async () => {
  const server = new Server();
  server.write(OTHER, "one");
  server.write(ME, "two");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  server.tell({ stream: `person.${ME}`, signal: "writing", data: { conversation: 5 } });
  assert.equal(talk.writing, false);
  server.tell({ stream: `person.${ME}`, signal: "writing", data: { conversation: 4 } });
  assert.equal(talk.writing, true);
  server.write(OTHER, "three");
  assert.equal(talk.writing, false);
});

test("one's own writing is told now and then, and only where both talk", async () => {
  const server = new Server();
  server.write(OTHER, "one");
  const talk = enter(server);
  await until(() => talk.phase === "here");
  talk.typing();
  await settled();
  assert.equal(commands(server, "direct.typing").length, 0);
  await talk.decide("accept");
  for (let key = 0; key < 5; key += 1) talk.typing();
  await settled();
  assert.equal(commands(server, "direct.typing").length, 1);
});

test("news of conversations become an event of the page", () => {
  assert.equal(newsOf({ stream: "person.7", update: "conversation.saved", seq: 1, data: {} }), "chama:conversation");
  assert.equal(newsOf({ stream: "person.7", update: "direct.saved", seq: 1, data: {} }), null);
});

test("links are what they seem to be, or no links", () => {
  const found = (text) => pieces(text).filter(({ link }) => link).map((piece) => piece.text);
  for (const [text, links] of [
    ["See https://example.org/plan?a=1#b.", ["https://example.org/plan?a=1#b"]],
    ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
    ["看https://example.org/计划吧", ["https://example.org/"]],
    ["http://a.example.org, https://b.example.org!", ["http://a.example.org", "https://b.example.org"]],
    ["https://bank.example@evil.example/", []],
    ["https://exаmple.org/", []], // a Cyrillic letter
    ["https://localhost/ https://10.0.0.1/", []],
    ["javascript:alert(1) data:text/html,x //example.org www.example.org", []],
    ["https://example.org:8443/x", ["https://example.org:8443/x"]],
    [`https://example.org/${"x".repeat(1000)}`, []],
    ["no link", []],
  ]) assert.deepEqual(found(text), links, text);
  const text = "a https://example.org b";
  assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
});
