import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Room, apply } from "../../../static/js/realtime/room.js";
import { newsOf } from "../../../static/js/realtime/live-page.js";
import { lengthOf, sends } from "../../../static/js/realtime/writing.js";
import { fill, gettext, ngettext } from "../../../static/js/i18n.js";
import { Server, settled, until } from "./server.js";

/** @type {any[]} */
const open = [];
function enter(server, memory = null) {
  const socket = server.socket();
  const room = new Room(socket, 1, memory);
  open.push(room, socket);
  socket.start();
  room.start();
  return room;
}
beforeEach(() => mock.method(Math, "random", () => 0.01));
afterEach(() => { for (const each of open.splice(0)) each.stop(); mock.restoreAll(); });

const texts = (room) => room.messages.map(({ text }) => text);

class Memory {
  kept = new Map();
  getItem(key) { return this.kept.get(key) ?? null; }
  setItem(key, value) { this.kept.set(key, value); }
}

test("entering shows what is there, and updates change it", async () => {
  const server = new Server();
  server.say("before");
  server.show(3);
  const room = enter(server);
  await until(() => room.phase === "here");
  assert.deepEqual([texts(room), room.publications.length, room.role], [["before"], 1, "attendee"]);
  server.say("after");
  server.hide(3);
  assert.deepEqual([texts(room), room.publications.length], [["before", "after"], 0]);
});

test("an update applied twice is harmless", () => {
  const state = { message: new Map(), publication: new Map() };
  const saved = { stream: "room.1", update: "message.saved", seq: 1, data: { id: 1, text: "a" } };
  const removed = { stream: "room.1", update: "message.removed", seq: 2, data: { id: 1 } };
  for (const frame of [saved, saved]) apply(state, frame);
  assert.equal(state.message.size, 1);
  for (const frame of [removed, removed]) apply(state, frame);
  assert.equal(state.message.size, 0);
  assert.equal(apply(state, { stream: "room.1", update: "poll.saved", seq: 3, data: { id: 1 } }), false);
});

test("what comes while entering is not lost and not doubled", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => server.lines.size === 1);
  const [line] = server.lines;
  line.follows = true;
  server.say("while entering");
  await until(() => room.phase === "here");
  server.say("then");
  assert.deepEqual(texts(room), ["while entering", "then"]);
});

test("after a cut what was missed comes once, in order", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.say("one");
  server.cut();
  assert.equal(room.phase, "away");
  server.say("two");
  server.say("three");
  await until(() => room.phase === "here");
  server.say("four");
  assert.deepEqual(texts(room), ["one", "two", "three", "four"]);
  assert.deepEqual(server.asked.map(({ command }) => command).filter((name) => name.startsWith("room.") || name.startsWith("stream.")), ["room.enter", "stream.resume"]);
});

test("a gap is noticed and filled", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.withhold = true;
  server.say("lost on the way");
  server.withhold = false;
  server.say("seen");
  await until(() => room.messages.length === 2);
  assert.deepEqual(texts(room), ["lost on the way", "seen"]);
});

test("an older update that arrives late changes nothing", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.show(3);
  server.hide(3);
  server.deliver(server.updates[0]);
  assert.equal(room.publications.length, 0);
});

test("where too much was missed the room is entered again", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.show(3);
  server.cut();
  server.hide(3);
  server.say("fresh");
  server.forgetBefore = 99;
  await until(() => room.phase === "here");
  assert.deepEqual([texts(room), room.publications.length], [["fresh"], 0]);
});

test("a message is shown at once, sent, and then shown once", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  room.send("Sabaidee");
  assert.deepEqual(room.unsent.map(({ text, state }) => [text, state]), [["Sabaidee", "sending"]]);
  await until(() => room.unsent.length === 0);
  assert.deepEqual(texts(room), ["Sabaidee"]);
});

test("what is written without a line is sent when there is one, in order and once", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.up = false;
  server.cut();
  room.send("one");
  room.send("two");
  await settled();
  assert.deepEqual(room.unsent.map(({ state }) => state), ["waiting", "waiting"]);
  server.up = true;
  await until(() => room.unsent.length === 0, 8000);
  assert.deepEqual([...server.messages.values()].map(({ text }) => text), ["one", "two"]);
});

test("a message whose answer was lost is sent again and said once", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.mute = "chat.send";
  server.withhold = true;
  room.send("once");
  await until(() => server.messages.size === 1);
  server.withhold = false;
  server.cut();
  await until(() => room.unsent.length === 0);
  assert.equal(server.messages.size, 1);
  assert.deepEqual(texts(room), ["once"]);
});

test("a message that is refused stays, with the reason, until one decides", async () => {
  const server = new Server();
  server.refuse["chat.send"] = [{ code: "conflict", message: "This event is over." }];
  const room = enter(server);
  await until(() => room.phase === "here");
  room.send("Too late");
  await until(() => room.unsent[0]?.state === "failed");
  assert.equal(room.unsent[0].reason, "This event is over.");
  room.sendAgain(room.unsent[0].client_id);
  await until(() => room.unsent.length === 0);
  server.refuse["chat.send"] = [{ code: "denied", message: "No." }];
  room.send("Again");
  await until(() => room.unsent[0]?.state === "failed");
  room.discard(room.unsent[0].client_id);
  assert.equal(room.unsent.length, 0);
});

test("who writes too fast waits, and is sent all the same", async () => {
  const server = new Server();
  server.refuse["chat.send"] = [{ code: "busy", message: "Too fast.", retry_after: 0.05 }];
  const room = enter(server);
  await until(() => room.phase === "here");
  room.send("patient");
  await until(() => room.unsent.length === 0);
  assert.deepEqual(texts(room), ["patient"]);
});

test("what was not sent survives a reload", async () => {
  const memory = new Memory();
  const away = new Server();
  away.up = false;
  const before = enter(away, memory);
  before.send("kept");
  before.stop();
  const server = new Server();
  const after = enter(server, memory);
  await until(() => after.phase === "here" && after.unsent.length === 0);
  assert.deepEqual([...server.messages.values()].map(({ text }) => text), ["kept"]);
  assert.equal(memory.getItem("chama.unsent.1"), "[]");
});

test("a memory with nonsense in it is passed over", () => {
  const memory = new Memory();
  memory.setItem("chama.unsent.1", "{not json");
  assert.deepEqual(enter(new Server(), memory).unsent, []);
});

test("a stranger is told why, and who is put out too", async () => {
  const server = new Server();
  server.refuse["room.enter"] = [{ code: "denied", message: "This room is for people with a ticket." }];
  const stranger = enter(server);
  await until(() => stranger.phase === "refused");
  assert.equal(stranger.problem.message, "This room is for people with a ticket.");
  const room = enter(new Server());
  await until(() => room.phase === "here");
  room.socket.dispatchEvent(new CustomEvent("frame", { detail: { stream: "room.1", signal: "closed", data: { code: "denied", message: "Not any more." } } }));
  assert.deepEqual([room.phase, room.problem.message], ["closed", "Not any more."]);
});

test("who was put out comes back by themselves when they are let in again", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.deliver({ stream: "person.7", update: "restriction.saved", seq: 1, data: { id: 1, muted: false, removed: true } });
  server.deliver({ stream: "person.7", update: "rights.saved", seq: 2, data: { id: 1 } });
  server.deliver({ stream: "room.1", signal: "closed", data: { code: "denied", message: "You were removed." } });
  assert.equal(room.phase, "closed");
  server.say("among the others");
  await settled();
  assert.equal(room.messages.length, 0, "What is said meanwhile is not for us.");
  server.deliver({ stream: "person.7", update: "restriction.removed", seq: 3, data: { id: 1 } });
  server.deliver({ stream: "person.7", update: "rights.saved", seq: 4, data: { id: 1 } });
  await until(() => room.phase === "here");
  assert.deepEqual(room.messages.map(({ text }) => text), ["among the others"]);
  server.say("heard again");
  await until(() => room.messages.length === 2);
});

test("who reloaded the page while put out is let in by it too, and after a cut", async () => {
  const server = new Server();
  server.refuse["room.enter"] = [{ code: "denied", message: "You were removed." }, { code: "denied", message: "You were removed." }];
  const room = enter(server);
  await until(() => room.phase === "refused");
  for (const line of server.lines) line.follows = true; // one's own stream, always
  server.deliver({ stream: "person.7", update: "rights.saved", seq: 1, data: { id: 1 } });
  await settled();
  assert.equal(room.phase, "refused");
  server.deliver({ stream: "person.7", update: "rights.saved", seq: 2, data: { id: 1 } });
  await until(() => room.phase === "here");
  server.deliver({ stream: "room.1", signal: "closed", data: { code: "denied", message: "You were removed." } });
  mock.method(Math, "random", () => 0.01);
  server.cut();
  await until(() => room.phase === "here");
});

test("when the server asks, we resume", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.withhold = true;
  server.say("unannounced");
  server.withhold = false;
  server.deliver({ stream: "room.1", signal: "resume", data: {} });
  await until(() => room.messages.length === 1);
});

test("a busy server is asked again after the time it says", async () => {
  const server = new Server();
  server.refuse["room.enter"] = [{ code: "busy", message: "Too fast.", retry_after: 0.05 }];
  const room = enter(server);
  await until(() => room.phase === "here");
});

test("earlier messages are fetched before the first one known", async () => {
  const server = new Server();
  for (let number = 1; number <= 70; number += 1) server.say(`${number}`);
  const room = enter(server);
  await until(() => room.phase === "here");
  assert.deepEqual([room.messages.length, room.more], [50, true]);
  await room.loadEarlier();
  assert.deepEqual([room.messages.length, room.more, texts(room)[0]], [70, false, "1"]);
});

test("a screen stands before cameras", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.show(1);
  room.state.publication.set(2, { ...room.state.publication.get(1), id: 2, source: "screen" });
  assert.deepEqual(room.publications.map(({ source }) => source), ["screen", "camera"]);
});

test("Enter sends, but not with Shift and not while an input method is composing", () => {
  const press = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };
  assert.equal(sends(press), true);
  assert.equal(sends({ ...press, shiftKey: true }), false);
  assert.equal(sends({ ...press, isComposing: true }), false);
  assert.equal(sends({ ...press, keyCode: 229 }), false);
  assert.equal(sends({ ...press, key: "a" }), false);
});

test("characters are counted as the server counts them", () => {
  assert.equal(lengthOf("ສະບາຍດີ"), 7);
  assert.equal(lengthOf("👍"), 1);
});

test("news for pages are notifications and programmes, nothing else", () => {
  assert.equal(newsOf({ stream: "person.7", update: "notification.saved", seq: 1, data: { id: 1 } }), "chama:notification");
  assert.equal(newsOf({ stream: "event.7", update: "programme.saved", seq: 1, data: { id: 1 } }), "chama:programme");
  assert.equal(newsOf({ stream: "room.7", update: "message.saved", seq: 1, data: { id: 1 } }), null);
  assert.equal(newsOf({ stream: "room.7", signal: "presence", data: {} }), null);
});

test("without a catalogue the English of the source is shown, with values filled in", () => {
  assert.equal(gettext("Chat"), "Chat");
  assert.equal(fill(ngettext("%(count)d person", "%(count)d people", 3), { count: 3 }), "3 people");
  assert.equal(fill("%(name)s and %(other)s", { name: "<b>" }), "<b> and %(other)s");
});

const reports = (room) => [...(room.behind.report?.keys() ?? [])];

test("who runs the room also hears what only they may, and goes on there after a cut", async () => {
  const server = new Server();
  server.runs = true;
  server.behind(1);
  const room = enter(server);
  await until(() => room.phase === "here");
  server.behind(2);
  assert.deepEqual([room.runs, reports(room)], [true, [1, 2]]);
  server.cut();
  server.behind(3);
  server.say("meanwhile");
  await until(() => room.phase === "here");
  assert.deepEqual([reports(room), texts(room)], [[1, 2, 3], ["meanwhile"]]);
});

test("who loses the part sees another room, and who gets it too", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.behind(1);
  assert.deepEqual(reports(room), []);
  const told = (runs) => {
    server.runs = runs;
    server.deliver({ stream: "room.1", signal: "role", data: { role: runs ? "moderator" : "attendee", may_publish: runs, runs, audiences: server.audiences } });
  };
  told(true);
  await until(() => reports(room).length === 1);
  told(false);
  assert.deepEqual([room.runs, reports(room)], [false, []]);
  await settled();
  assert.deepEqual(reports(room), []);
});

const onStage = (room) => [...(room.backstage.report?.keys() ?? [])];

test("a speaker hears what is for the stage, not what is for hosts; a host hears both; others neither", async () => {
  const server = new Server();
  server.speaks = true;
  server.behind(1, "backstage");
  server.behind(1, "hosts");
  const room = enter(server);
  await until(() => room.phase === "here");
  server.behind(2, "backstage");
  assert.deepEqual([onStage(room), reports(room)], [[1, 2], []]);
  server.cut();
  server.behind(3, "backstage");
  await until(() => room.phase === "here");
  assert.deepEqual(onStage(room), [1, 2, 3]);
  const told = (runs, speaks) => {
    Object.assign(server, { runs, speaks });
    server.deliver({ stream: "room.1", signal: "role", data: { role: "any", may_publish: runs || speaks, runs, audiences: server.audiences } });
  };
  told(true, false);
  await until(() => reports(room).length === 1);
  assert.deepEqual(onStage(room), [1, 2, 3]);
  server.behind(2, "hosts");
  await until(() => reports(room).length === 2);
  told(false, false);
  assert.deepEqual([onStage(room), reports(room)], [[], []]);
});

test("who got another part while away sees another room", async () => {
  const server = new Server();
  server.speaks = true;
  server.behind(1, "backstage");
  const room = enter(server);
  await until(() => room.phase === "here");
  server.cut();
  server.speaks = false;
  await until(() => room.phase === "here" && server.asked.filter(({ command }) => command === "room.enter").length === 2);
  assert.deepEqual(onStage(room), []);
});

test("who is told where the stream stands resumes only when behind", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  server.say("known");
  const asked = server.asked.length;
  server.deliver({ stream: "room.1", signal: "resume", data: { seq: 1 } });
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(server.asked.length, asked);
  server.withhold = true;
  server.say("missed");
  server.withhold = false;
  server.deliver({ stream: "room.1", signal: "resume", data: { seq: 2 } });
  await until(() => texts(room).includes("missed"));
});

test("other passing news is passed on", async () => {
  const server = new Server();
  const room = enter(server);
  await until(() => room.phase === "here");
  const heard = [];
  room.addEventListener("signal", (event) => heard.push(event.detail.data));
  server.deliver({ stream: "room.1", signal: "reactions", data: { "👍": 3 } });
  assert.deepEqual(heard, [{ "👍": 3 }]);
});
