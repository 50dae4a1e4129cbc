import assert from "node:assert/strict";
import test from "node:test";

import { patience, seesStage, standing, whereIs } from "../../../static/js/realtime/broadcast.js";
import { Room } from "../../../static/js/realtime/room.js";
import { Server, until } from "./server.js";

const NOW = Date.parse("2026-11-23T06:00:00Z");
const WAITING = { id: 1, state: "waiting", starts_at: null, live_since: null, ended: null };
const at = (seconds) => new Date(NOW + seconds * 1000).toISOString();

test("a room without a green room is open", () => {
  assert.equal(standing(undefined, NOW).phase, "open");
});

test("a countdown counts down and is due when it is over", () => {
  const starting = { ...WAITING, state: "starting", starts_at: at(7) };
  assert.deepEqual(standing(starting, NOW), { phase: "starting", left: 7, lasts: 0, due: false });
  assert.deepEqual([standing(starting, NOW + 6100).left, standing(starting, NOW + 6999).due], [1, false]);
  assert.deepEqual([standing(starting, NOW + 7000).due, standing(starting, NOW + 60_000).left], [true, 0]);
});

test("what is live says for how long, and what is over how long it was", () => {
  const live = { ...WAITING, state: "live", live_since: at(-65) };
  assert.equal(standing(live, NOW).lasts, 65);
  assert.equal(standing({ ...live, live_since: at(2) }, NOW).lasts, 0);
  assert.equal(standing({ ...live, state: "ended", ended: at(-5) }, NOW).lasts, 60);
  assert.equal(standing(WAITING, NOW).due, false);
});

test("those on the stage look first, the many others spread out", () => {
  const ends = (onStage) => [patience(onStage, () => 0), patience(onStage, () => 1)];
  assert.deepEqual(ends(true), [700, 1500]);
  assert.deepEqual(ends(false), [2500, 11_500]);
});

test("where somebody is who is planned to be on the stage", () => {
  const where = (id, here) => whereIs({ id, name: "", part: "" }, new Set([1]), here);
  assert.deepEqual([where(1, null), where(2, new Set([2])), where(3, new Set([2])), where(3, null), where(null, new Set())], ["stage", "here", "away", "unknown", "stranger"]);
});

test("behind the scenes those on the stage see it, everyone when it is live", async () => {
  const publication = { id: 5, source: "camera", person: { id: 3 } };
  for (const [speaks, state, sees] of [[true, "waiting", true], [false, "waiting", false], [false, "live", true], [true, "ended", true], [false, "starting", false]]) {
    const server = new Server();
    server.speaks = speaks;
    const socket = server.socket();
    const room = new Room(socket, 1);
    room.start();
    socket.start();
    await until(() => room.phase === "here");
    assert.equal(seesStage(room), true, "Without a green room.");
    room.state.broadcast = new Map([[1, { ...WAITING, state }]]);
    assert.equal(seesStage(room), sees);
    room.backstage.publication = new Map([[5, publication]]);
    assert.deepEqual(room.publications, [publication]);
    room.state.publication.set(5, publication);
    assert.deepEqual(room.publications, [publication], "Once, also while everyone sees it.");
    room.stop();
    socket.stop();
  }
});
