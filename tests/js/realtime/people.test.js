import assert from "node:assert/strict";
import { test } from "node:test";

import { found, inNameOrder, plain } from "../../../static/js/realtime/people.js";

const person = (id, name, more = {}) => ({ id, name, name_latin: "", organisation: "", job_title: "", country: "", photo: null, ...more });
const names = (people) => people.map((each) => each.name);

test("oneself first, then the stage by part, then the others by name", () => {
  const people = [person(1, "Zaw"), person(2, "Ana", { role: "interpreter" }), person(3, "Bo", { role: "host" }), person(4, "Émile"), person(5, "Cai", { role: "speaker" }), person(6, "Fan")];
  assert.deepEqual(names(inNameOrder(people, 6, "en")), ["Fan", "Bo", "Cai", "Ana", "Émile", "Zaw"]);
});

test("somebody is found by any part of their names, whatever its accents, and all words must be there", () => {
  const people = [person(1, "ນ້ອຍ", { name_latin: "Noy Keomany", organisation: "National University of Laos" }), person(2, "Nguyễn Thị Hoa"), person(3, "陈静")];
  assert.deepEqual(names(found(people, "keo laos")), ["ນ້ອຍ"]);
  assert.deepEqual(names(found(people, "NGUYEN hoa")), ["Nguyễn Thị Hoa"]);
  assert.deepEqual(names(found(people, "静")), ["陈静"]);
  assert.deepEqual(names(found(people, "ນ້ອຍ")), ["ນ້ອຍ"]);
  assert.deepEqual(names(found(people, "noy hoa")), []);
  assert.equal(found(people, "  ").length, 3);
});

test("marks that are part of the writing stay", () => {
  assert.notEqual(plain("กี่"), plain("กา"));
});
