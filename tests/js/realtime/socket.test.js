import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";

import { AFTER_GOODBYE, CommandError, LONGEST_PAUSE, LONGEST_RETURN, pauseBefore } from "../../../static/js/realtime/socket.js";
import { Server, settled, until } from "./server.js";

/** @type {any[]} */
const open = [];
function connect(server) {
  const socket = server.socket();
  open.push(socket);
  socket.start();
  return socket;
}
afterEach(() => { for (const socket of open.splice(0)) socket.stop(); mock.restoreAll(); });

test("a socket is open when the server has said who we are", async () => {
  const socket = connect(new Server());
  assert.equal(socket.state, "connecting");
  await until(() => socket.state === "open");
  assert.equal(socket.person, 7);
});

test("the time is the server's, whatever the clock of the device says or is set to", async () => {
  const server = new Server();
  server.time = Date.UTC(2026, 10, 23, 6, 0);
  const socket = connect(server);
  assert.ok(Math.abs(socket.now() - Date.now()) < 1000, "Before the first open it is the device's.");
  await until(() => socket.state === "open");
  assert.ok(Math.abs(socket.now() - server.time) < 1000);
  mock.method(Date, "now", () => 0);
  assert.ok(Math.abs(socket.now() - server.time) < 1000);
});

test("a command is answered with its data, and a refusal with code, sentence and fields", async () => {
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  assert.deepEqual(await socket.ask("ping"), {});
  server.refuse["chat.send"] = [{ code: "invalid", message: "Write something first.", fields: { text: ["Write something first."] } }];
  await assert.rejects(socket.ask("chat.send", { text: "" }, { room: 1 }), (error) => {
    assert.ok(error instanceof CommandError);
    assert.deepEqual([error.code, error.message, error.fields.text.length, error.unsure], ["invalid", "Write something first.", 1, false]);
    return true;
  });
});

test("a command without a line, and one whose line is cut, say that nobody knows", async () => {
  const server = new Server();
  const socket = server.socket();
  await assert.rejects(socket.ask("ping"), (error) => error.unsure);
  const other = connect(server);
  await until(() => other.state === "open");
  server.deaden();
  const asked = other.ask("chat.send", { text: "Hi" });
  server.cut();
  await assert.rejects(asked, (error) => error.code === "lost" && error.unsure);
});

test("a command that is not answered in time gives up", async () => {
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  server.mute = "room.people";
  await assert.rejects(socket.ask("room.people", {}, { room: 1, within: 20 }), (error) => error.code === "timeout");
  assert.equal(socket.state, "open");
});

test("a cut line is made again by itself, and says when", async () => {
  mock.method(Math, "random", () => 0.05);
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  server.cut();
  assert.equal(socket.state, "waiting");
  assert.ok(socket.retryAt <= Date.now() + 1000);
  await until(() => socket.state === "open");
});

test("a server that is away is tried again and again, with longer pauses", async () => {
  mock.method(Math, "random", () => 0.02);
  const server = new Server();
  server.up = false;
  const socket = connect(server);
  const states = [];
  socket.addEventListener("state", () => states.push(socket.state));
  await until(() => states.filter((state) => state === "waiting").length >= 3);
  server.up = true;
  await until(() => socket.state === "open");
});

test("who is refused is told why, and does not try again", async () => {
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  const [line] = server.lines;
  line.onmessage({ data: JSON.stringify({ reply: null, error: { code: "signed_out", message: "You are signed out." } }) });
  server.cut(4401);
  assert.equal(socket.state, "refused");
  assert.equal(socket.error.message, "You are signed out.");
  await settled();
  assert.equal(server.lines.size, 0);
});

test("a line that looks open and is dead is noticed by a probe", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  try {
    const server = new Server();
    const socket = connect(server);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(socket.state, "open");
    server.deaden();
    socket.probe();
    mock.timers.tick(4100);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(socket.state, "waiting");
  } finally {
    mock.timers.reset();
  }
});

test("waiting ends at once when the reader does not want to wait", async () => {
  mock.method(Math, "random", () => 0.99);
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  server.cut();
  socket.retryNow();
  await until(() => socket.state === "open", 500);
});

test("what is not JSON is passed over", async () => {
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  const [line] = server.lines;
  line.onmessage({ data: "nonsense" });
  line.onmessage({ data: new ArrayBuffer(3) });
  assert.deepEqual(await socket.ask("ping"), {});
});

test("pauses are spread from nothing to twice the one before, and never longer than fifteen seconds", () => {
  assert.equal(pauseBefore(0, 1006, () => 1), 1000);
  assert.equal(pauseBefore(1, 1006, () => 1), 2000);
  assert.equal(pauseBefore(3, 1006, () => 0.5), 4000);
  assert.equal(pauseBefore(20, 1006, () => 1), LONGEST_PAUSE);
  assert.equal(pauseBefore(4, 1006, () => 0), 0);
  assert.equal(pauseBefore(0, 1012, () => 1), AFTER_GOODBYE);
  assert.equal(AFTER_GOODBYE, 15_000);
});

test("a list is as many frames, in their order", async () => {
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  const seen = [];
  socket.addEventListener("frame", (event) => seen.push(event.detail.seq));
  const [line] = server.lines;
  const asked = socket.ask("ping");
  line.onmessage({ data: JSON.stringify([{ stream: "room.1", update: "message.saved", seq: 1, data: {} }, null, 3, { stream: "room.1", update: "message.saved", seq: 2, data: {} }, { reply: 1, data: { both: true } }]) });
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(await asked, { both: true });
});

test("a server that is about to go says when to come back, and that is kept", async () => {
  mock.method(Math, "random", () => 0.99);
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  const [line] = server.lines;
  line.onmessage({ data: JSON.stringify({ stream: "person.7", signal: "leaving", data: { wait: 0.05 } }) });
  server.cut(1012);
  assert.ok(socket.retryAt - Date.now() <= 50);
  await until(() => socket.state === "open", 500);
  server.cut(1012); // a good-bye without a word: somewhere within fifteen seconds
  assert.ok(socket.retryAt - Date.now() > 14_000);
  socket.retryNow();
  await until(() => socket.state === "open", 500);
  const [again] = server.lines;
  again.onmessage({ data: JSON.stringify({ stream: "person.7", signal: "leaving", data: { wait: 1e9 } }) });
  server.cut(1012);
  assert.ok(socket.retryAt - Date.now() <= LONGEST_RETURN);
});

test("that news come late is known until they do not any more", async () => {
  const server = new Server();
  const socket = connect(server);
  await until(() => socket.state === "open");
  let told = 0;
  socket.addEventListener("delayed", () => told++);
  const [line] = server.lines;
  for (const delayed of [true, true, false]) line.onmessage({ data: JSON.stringify({ stream: "person.7", signal: "delayed", data: { delayed } }) });
  assert.deepEqual([told, socket.delayed], [2, false]);
});
