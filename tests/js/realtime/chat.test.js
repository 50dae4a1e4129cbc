import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { summary } from "../../../static/js/realtime/chat-ear.js";
import { ChatStore } from "../../../static/js/realtime/chat-store.js";
import { Room } from "../../../static/js/realtime/room.js";
import { Server, until } from "./server.js";

/** @type {any[]} */
const open = [];
async function enter(server, memory = null) {
  const socket = server.socket();
  const room = new Room(socket, 1, memory);
  const store = new ChatStore(room);
  open.push(room, socket);
  socket.start();
  room.start();
  await until(() => room.phase === "here");
  return { room, store };
}
beforeEach(() => mock.method(Math, "random", () => 0.01));
afterEach(() => { for (const each of open.splice(0)) each.stop(); mock.restoreAll(); });

const texts = (messages) => messages.map(({ text }) => text);
const signal = (server, name, data) => server.deliver({ stream: "room.1", signal: name, data });

test("an open thread hears its replies, and others do not", async () => {
  const server = new Server();
  for (const text of ["one", "two"]) server.say(text);
  server.reply(1, "before");
  const { room, store } = await enter(server);
  await store.openThread(1);
  assert.deepEqual(texts(store.replies), ["before"]);
  server.reply(1, "after");
  server.reply(2, "elsewhere");
  assert.deepEqual([texts(store.replies), texts(room.messages)], [["before", "after"], ["one", "two"]]);
  server.change(1, { text: "one, changed" });
  assert.equal(store.thread?.message.text, "one, changed");
});

test("a reply is sent with its thread, waits there without a line, and is kept over a reload", async () => {
  const kept = new Map();
  const memory = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const server = new Server();
  server.say("head");
  const { room, store } = await enter(server, memory);
  await store.openThread(1);
  server.up = false;
  server.cut();
  room.send("later", { parent: 1, mentions: [7] });
  assert.deepEqual(JSON.parse(kept.get("chama.unsent.1")).map(({ parent, mentions }) => [parent, mentions]), [[1, [7]]]);
  server.up = true;
  await until(() => room.unsent.length === 0, 8000);
  assert.deepEqual([texts(store.replies), texts(room.messages)], [["later"], ["head"]]);
  assert.deepEqual(server.asked.filter(({ command }) => command === "chat.send").map(({ data }) => [data.parent, data.mentions]), [[1, [7]]]);
});

test("what changes further back than we know is not taken for something new", async () => {
  const server = new Server();
  for (let number = 1; number <= 70; number += 1) server.say(`${number}`);
  const { room } = await enter(server);
  server.change(5, { text: "approved late" });
  server.change(60, { text: "sixty" });
  assert.deepEqual([room.messages.length, texts(room.messages)[0], room.state.message.get(60)?.text], [50, "21", "sixty"]);
  await room.loadEarlier();
  assert.deepEqual([room.messages.length, room.state.message.get(5)?.text], [70, "approved late"]);
});

test("a place further back stands by itself until it has met the newest", async () => {
  const server = new Server();
  for (let number = 1; number <= 150; number += 1) server.say(`${number}`);
  const { room, store } = await enter(server);
  assert.equal(await store.goTo(40), 40);
  assert.deepEqual([texts(store.messages)[0], texts(store.messages).at(-1), store.more], ["16", "65", true]);
  server.say("151");
  server.change(40, { text: "forty" });
  assert.deepEqual([texts(store.messages).at(-1), store.messages.find(({ id }) => id === 40)?.text], ["65", "forty"]);
  await store.loadLater();
  assert.equal(texts(store.messages).at(-1), "115");
  await store.loadEarlier();
  await store.loadLater();
  assert.deepEqual([store.past, texts(store.messages)[0], texts(store.messages).at(-1), store.messages.length], [null, "1", "151", 151]);
  assert.equal(room.more, false);
  await store.goTo(150);
  assert.equal(store.past, null);
});

test("numbers of reactions replace those before, wherever the message is shown", async () => {
  const server = new Server();
  server.say("head");
  const reply = server.reply(1, "reply");
  const { room, store } = await enter(server);
  await store.openThread(1);
  signal(server, "reactions", { messages: [{ id: 1, parent: null, reactions: { "👍": 2 } }, { id: reply.id, parent: 1, reactions: { "🎉": 1 } }, { id: 404, parent: null, reactions: {} }] });
  assert.deepEqual([room.messages[0].reactions, store.thread?.message.reactions, store.replies[0].reactions], [{ "👍": 2 }, { "👍": 2 }, { "🎉": 1 }]);
  assert.equal(room.messages.length, 1);
});

test("who is writing is shown until their words come or some seconds pass", async () => {
  const server = new Server();
  const { store } = await enter(server);
  signal(server, "typing", { person: { id: 99, name: "Tenzin" } });
  signal(server, "typing", { person: null });
  signal(server, "typing", { person: { id: server.person, name: "Myself" } });
  assert.deepEqual(store.writing, ["Tenzin", ""]);
  server.say("here it is");
  assert.deepEqual(store.writing, []);
  store.write();
  store.write();
  await until(() => server.asked.some(({ command }) => command === "chat.typing"));
  assert.equal(server.asked.filter(({ command }) => command === "chat.typing").length, 1);
  signal(server, "typing", { person: null }); // that is ourselves
  assert.deepEqual(store.writing, []);
});

test("in slow mode what was written waits with the words of the server", async () => {
  const server = new Server();
  const { room } = await enter(server);
  server.refuse["chat.send"] = [{ code: "busy", message: "Slow mode: wait.", retry_after: 0.05 }];
  room.send("soon");
  await until(() => room.unsent[0]?.reason === "Slow mode: wait.");
  assert.equal(room.unsent[0].state, "waiting");
  await until(() => room.unsent.length === 0);
  assert.deepEqual(texts(room.messages), ["soon"]);
});

test("a summary names a few people and counts the rest", () => {
  const from = (...names) => names.map((name, id) => ({ author: { id, name } }));
  assert.equal(summary(from("Noy")), "1 new message from Noy");
  assert.equal(summary(from("Noy", "Sari")), "2 new messages from Noy, Sari");
  assert.equal(summary([...from("Noy", "Sari", "Tenzin", "Thiri"), ...from("Noy")]), "5 new messages from Noy, Sari and 2 others");
});
