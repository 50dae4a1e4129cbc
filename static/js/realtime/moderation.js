/** What those who run a room look at: who is in it, what was reported, which words are held. */

/** @import { Person, Room } from "./room.js" */

/** @typedef {{id: number, person: Person, muted: boolean, removed: boolean}} Restriction */
/** @typedef {{id: number, kind: "message" | "question" | "person", thing: number, person: Person | null, text: string, reason: string, words: string, created: string, decision: string, note: string, decided_by: Person | null, decided: string | null}} Report */

const MOST_DECIDED = 30;

/** The words that somebody wrote into one field: one on each line, or with commas between them.
 * @param {string} text
 * @returns {string[]} */
export function wordsIn(text) {
  const found = text.split(/[\n,，、;；]+/).map((word) => word.trim().replace(/\s+/g, " ")).filter(Boolean);
  return [...new Map(found.map((word) => [word.toLowerCase(), word])).values()];
}

/** Those who lost something, those who are here, and those who wrote or asked something here: each once.
 * @param {Room} room
 * @param {Person[]} listed
 * @returns {{person: Person, here: boolean, muted: boolean, removed: boolean}[]} */
export function roster(room, listed) {
  const here = new Set(listed.map(({ id }) => id));
  /** @type {Map<number, Person>} */ const people = new Map();
  const written = [...room.state.message.values()].map((message) => message.author);
  const asked = [...(room.state.question?.values() ?? [])].map((question) => question.author);
  /** @type {Restriction[]} */ const lost = [...(room.behind.restriction?.values() ?? [])];
  for (const person of [...written, ...asked, ...lost.map((each) => each.person), ...listed]) if (person?.id) people.set(person.id, person);
  const names = new Intl.Collator(globalThis.document?.documentElement.lang || undefined);
  const rank = (/** @type {{muted: boolean, removed: boolean, here: boolean}} */ each) => (each.removed ? 0 : each.muted ? 1 : each.here ? 2 : 3);
  return [...people.values()].map((person) => {
    const taken = lost.find(({ id }) => id === person.id);
    return { person, here: here.has(person.id), muted: taken?.muted ?? false, removed: taken?.removed ?? false };
  }).sort((one, other) => rank(one) - rank(other) || names.compare(one.person.name, other.person.name));
}

/** Reports of the same thing together: the open ones, oldest first, then what was decided, newest first.
 * @param {Report[]} reports
 * @returns {{open: Report[][], decided: Report[][]}} */
export function together(reports) {
  /** @type {Map<string, Report[]>} */ const things = new Map();
  for (const each of [...reports].sort((one, other) => one.id - other.id)) {
    // A thing that was reported again after a decision is a new matter.
    const key = `${each.kind} ${each.thing} ${each.decided ?? ""}`;
    things.set(key, [...(things.get(key) ?? []), each]);
  }
  const groups = [...things.values()];
  const newest = (/** @type {Report[]} */ group) => Date.parse(group[0].decided ?? "") || 0;
  return {
    open: groups.filter(([first]) => !first.decision),
    decided: groups.filter(([first]) => first.decision).sort((one, other) => newest(other) - newest(one)).slice(0, MOST_DECIDED),
  };
}
