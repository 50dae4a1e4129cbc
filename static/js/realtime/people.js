/** Who is listed in a room, in which order, and found by which words. */

/** @import { Person } from "./room.js" */

/** @typedef {Person & {role?: string, reachable?: boolean}} Listed */

const PARTS = ["host", "moderator", "speaker", "interpreter", "guest"];

/** Words as they are compared: small letters, without accents that nobody types.
 * @param {string} text
 * @returns {string} */
export function plain(text) {
  return text.normalize("NFKD").replace(/\p{sc=Latn}\p{Mark}+/gu, (letter) => letter[0]).normalize("NFKC").toLocaleLowerCase();
}

/** Oneself, then those with a part on the stage, then the others by name.
 * @param {Listed[]} people
 * @param {number | null} me
 * @param {string} [language]
 * @returns {Listed[]} */
export function inNameOrder(people, me, language) {
  const names = new Intl.Collator(language);
  const rank = (/** @type {Listed} */ each) => (each.id === me ? -1 : each.role ? PARTS.indexOf(each.role) : PARTS.length);
  return [...people].sort((one, other) => rank(one) - rank(other) || names.compare(one.name, other.name) || one.id - other.id);
}

/** Those with all these words in their names, their organisation or what they do there.
 * @param {Listed[]} people
 * @param {string} text
 * @returns {Listed[]} */
export function found(people, text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  return people.filter((person) => {
    const known = plain([person.name, person.name_latin, person.organisation, person.job_title].join(" "));
    return words.every((word) => known.includes(word));
  });
}
