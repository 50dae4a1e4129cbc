import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, changes, columnsFor, muchFor, stripFor } from "../../../static/js/realtime/stage-layout.js";
import { deeds, handsToBring, nextSpeaker, peopleOn, sceneOf } from "../../../static/js/realtime/stage-people.js";

const camera = (person) => ({ key: person, name: `${person}-camera`, person, source: "camera" });
const screen = (person) => ({ key: 100 + person, name: `${person}-screen`, person, source: "screen" });
const slides = { key: "slides", name: "", person: null, source: "slides" };
const stands = (pieces, how) => {
  const { large, order } = arrange(pieces, how);
  return [large?.key ?? null, ...order.map(({ key }) => key)];
};

test("side by side nobody is larger than the others, and a screen stands first", () => {
  assert.deepEqual(stands([camera(1), camera(2), screen(1)], { layout: "side" }), [null, 101, 1, 2]);
});

test("in the layout of a speaker whoever was given the place is large, else who speaks, else who came first", () => {
  const pieces = [camera(1), camera(2), camera(3)];
  assert.deepEqual(stands(pieces, { layout: "speaker", speaker: 3, active: "2-camera" }), [3, 3, 1, 2]);
  assert.deepEqual(stands(pieces, { layout: "speaker", speaker: 9, active: "2-camera" }), [2, 2, 1, 3]);
  assert.deepEqual(stands(pieces, { layout: "speaker" }), [1, 1, 2, 3]);
  assert.deepEqual(stands([...pieces, screen(2)], { layout: "speaker", active: "2-screen" }), [2, 2, 102, 1, 3]);
});

test("a screen is large with the speaker beside it; without one all are alike", () => {
  assert.deepEqual(stands([camera(1), camera(2), screen(1)], { layout: "screen", speaker: 2 }), [101, 101, 2, 1]);
  assert.deepEqual(stands([camera(1), camera(2)], { layout: "screen" }), [null, 1, 2]);
});

test("slides are shown as a screen is, and give way to a screen that somebody shares", () => {
  assert.deepEqual(stands([camera(1), slides], { layout: "screen" }), ["slides", "slides", 1]);
  assert.deepEqual(stands([camera(1), screen(1), slides], { layout: "screen" }), [101, 101, "slides", 1]);
  assert.deepEqual(stands([slides], { layout: "screen" }), [null, "slides"]);
});

test("what a reader has pinned is large for them whatever the layout, until it is gone", () => {
  assert.equal(stands([camera(1), camera(2)], { layout: "side", pinned: "2-camera" })[0], 2);
  assert.equal(stands([camera(1), screen(1)], { layout: "screen", pinned: "1-camera" })[0], 1);
  assert.equal(stands([camera(1), camera(3)], { layout: "side", pinned: "2-camera" })[0], null);
});

test("pictures are put into the columns in which they are largest, on a phone and on a desk", () => {
  assert.deepEqual([1, 2, 3, 4, 6, 9, 12].map((count) => columnsFor(count, 1280, 720)), [1, 2, 2, 2, 3, 3, 4]);
  assert.deepEqual([1, 2, 4, 6, 12].map((count) => columnsFor(count, 375, 500)), [1, 1, 2, 2, 3]);
  assert.deepEqual([1, 5, 11].map((count) => stripFor(count, 360)), [1, 2, 2]);
  assert.deepEqual([1, 5, 11].map((count) => stripFor(count, 900)), [1, 5, 6]);
});

test("no more of a picture is received than its tile can show, and none of what is not seen", () => {
  assert.deepEqual(muchFor({ height: 120, density: 1, visible: true }), { layer: "q", paused: false });
  assert.equal(muchFor({ height: 180, density: 2, visible: true }).layer, "h");
  assert.equal(muchFor({ height: 180, density: 4, visible: true }).layer, "h", "no eye sees more than twice");
  assert.equal(muchFor({ height: 700, density: 1, visible: true }).layer, null);
  assert.equal(muchFor({ height: 700, density: 1, visible: false }).paused, true);
});

test("who came and who went is told by name", () => {
  const before = new Map([["1-camera", "Mei"], ["2-camera", "Noy"]]);
  assert.deepEqual(changes(before, new Map([["2-camera", "Noy"], ["3-camera", "Lan"]])), { came: ["Lan"], went: ["Mei"] });
});

const person = (id, role) => ({ id, name: `P${id}`, role });
const publication = (id, source = "camera", more = {}) => ({ id: id * 10, name: `${id}-${source}`, person: person(id), source, silenced: false, ...more });
const room = (more = {}) => ({
  id: 5, me: 1, runs: true, publications: [publication(1), publication(2, "camera", { silenced: true }), publication(2, "screen")],
  presence: { people: [person(1, "host"), person(3, "guest"), person(4)] }, state: {}, behind: {}, ...more,
});

test("on the stage is whose camera or screen is there, and the guest who has not started yet", () => {
  const on = peopleOn(room({ state: { scene: new Map([[5, { id: 5, layout: "speaker", speaker: 2 }]]) } }));
  assert.deepEqual(on.map(({ person: { id }, on: there, guest, silenced, runs, place, mine }) => [id, there, guest, silenced, runs, place, mine]), [
    [1, true, false, false, true, false, true],
    [2, true, false, true, false, true, false],
    [3, false, true, false, false, false, false],
  ]);
  assert.deepEqual(sceneOf(room()), { layout: "screen", speaker: null });
});

test("the speaker's place goes round among those whose camera is on the stage", () => {
  const has = (speaker) => room({ state: { scene: new Map([[5, { id: 5, layout: "speaker", speaker }]]) } });
  assert.deepEqual([null, 1, 2].map((speaker) => nextSpeaker(has(speaker)).id), [1, 2, 1]);
  assert.equal(nextSpeaker(room({ publications: [] })), null);
});

test("raised hands are offered in their order, without those on the stage, asked already, or in the hall", () => {
  const hand = (id, who, position) => [id, { id, person: who && person(who), name: "", position }];
  const waiting = room({ state: { hand: new Map([hand(1, 7, 3), hand(2, 6, 1), hand(3, null, 2), hand(4, 2, 4), hand(5, 8, 5)]) }, behind: { invitation: new Map([[8, { id: 8 }]]) } });
  assert.deepEqual(handsToBring(waiting).map(({ id }) => id), [6, 7]);
});

test("nobody mutes those who run the room or themselves, and who is muted can be let speak again", () => {
  const each = { person: person(2), on: true, guest: false, silenced: false, runs: false, place: false, mine: false };
  const names = (more, speaker = null) => deeds({ ...each, ...more }, speaker).map(([command]) => command);
  assert.deepEqual(names({}), ["stage.hand_over", "stage.mute", "stage.back"]);
  assert.deepEqual(names({ silenced: true }), ["stage.hand_over", "stage.unmute", "stage.back"]);
  assert.deepEqual(names({ runs: true }), ["stage.hand_over", "stage.back"]);
  assert.deepEqual(names({ mine: true }), ["stage.hand_over", "stage.back"]);
  assert.deepEqual(names({ on: false }), ["stage.mute", "stage.back"]);
  assert.deepEqual(deeds({ ...each }, 2)[0].slice(0, 2), ["stage.hand_over", { person: null }]);
});
