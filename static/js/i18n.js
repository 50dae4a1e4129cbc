/**
 * Words in the reader's language. The catalogue (`/jsi18n/`, loaded by the page before its modules) sets `gettext` and
 * `ngettext` on the window; without it the English of the source is shown.
 */

/** @typedef {{gettext?: (text: string) => string, ngettext?: (one: string, many: string, count: number) => string}} Catalogue */

/** @returns {Catalogue} */
const catalogue = () => /** @type {Catalogue} */ (globalThis);

/** @param {string} text
 * @returns {string} */
export function gettext(text) {
  return catalogue().gettext?.(text) ?? text;
}

/** @param {string} one
 * @param {string} many
 * @param {number} count
 * @returns {string} */
export function ngettext(one, many, count) {
  return catalogue().ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/** Puts values into `%(name)s` of a translated sentence.
 * @param {string} text
 * @param {Record<string, string | number>} values
 * @returns {string} */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)[sd]/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
