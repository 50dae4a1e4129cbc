/** The people of a stage as those who direct it see them: from publications, guests, invitations and raised hands. */

import { gettext } from "../i18n.js";

/** @import { Person, Room } from "./room.js" */

/** `on`: something of theirs is on the stage; `guest`: brought from the audience; `silenced`: muted by those who run the room.
 * @typedef {{person: Person, on: boolean, guest: boolean, silenced: boolean, runs: boolean, place: boolean, mine: boolean}} OnIt */

/** @param {Room} room
 * @returns {{layout: import("./stage-layout.js").Layout, speaker: number | null}} */
export function sceneOf(room) {
  return room.state.scene?.get(room.id) ?? { layout: "screen", speaker: null };
}

/** Who is on the stage, or may start a camera there because they were brought to it.
 * @param {Room} room
 * @returns {OnIt[]} */
export function peopleOn(room) {
  const { speaker } = sceneOf(room);
  const here = /** @type {(Person & {role?: string})[]} */ (room.presence.people ?? []);
  const known = new Map(here.map((person) => [person.id, person]));
  /** @type {Map<number, OnIt>} */
  const found = new Map();
  const add = (/** @type {Person} */ person, /** @type {boolean} */ on, /** @type {boolean} */ silenced) => {
    const role = known.get(person.id)?.role ?? "";
    const before = found.get(person.id);
    found.set(person.id, { person, on: on || (before?.on ?? false), silenced: silenced || (before?.silenced ?? false), guest: role === "guest", runs: role === "host" || role === "moderator", place: speaker === person.id, mine: person.id === room.me });
  };
  for (const { person, silenced } of room.publications) add(person, true, silenced);
  for (const person of here) if (person.role === "guest" && !found.has(person.id)) add(person, false, false);
  return [...found.values()];
}

/** Who waits in the line with an account, in its order, and is not on the stage or asked to it.
 * @param {Room} room
 * @returns {Person[]} */
export function handsToBring(room) {
  const on = new Set(peopleOn(room).map(({ person }) => person.id));
  return [...(room.state.hand?.values() ?? [])]
    .filter(({ person }) => person && !on.has(person.id) && !room.behind.invitation?.has(person.id))
    .sort((one, other) => one.position - other.position)
    .map(({ person }) => person);
}

/** Who gets the speaker's place next: whoever came on the stage after the one who has it, round and round.
 * @param {Room} room
 * @returns {Person | null} */
export function nextSpeaker(room) {
  const on = [...new Map(room.publications.filter(({ source }) => source === "camera").map(({ person }) => [person.id, person])).values()];
  const at = on.findIndex(({ id }) => id === sceneOf(room).speaker);
  return on[(at + 1) % Math.max(on.length, 1)] ?? null;
}

/** What those who run the room may do about somebody on its stage: command, data, symbol, words.
 * @param {OnIt} each
 * @param {number | null} speaker
 * @returns {[string, Record<string, unknown>, string, string][]} */
export function deeds({ person, on, silenced, runs, mine }, speaker) {
  const data = { person: person.id };
  /** @type {[string, Record<string, unknown>, string, string][]} */
  const made = [];
  if (on && speaker === person.id) made.push(["stage.hand_over", { person: null }, "undo", gettext("Free the speaker's place")]);
  else if (on) made.push(["stage.hand_over", data, "user", gettext("Give the speaker's place")]);
  if (!mine && silenced) made.push(["stage.unmute", data, "mic", gettext("Let speak again")]);
  else if (!mine && !runs) made.push(["stage.mute", data, "mic-off", gettext("Mute")]);
  made.push(["stage.back", data, "leave", mine ? gettext("Leave the stage") : gettext("Send back")]);
  return made;
}
