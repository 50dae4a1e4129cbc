/**
 * Links in what people write. Only what begins with `http://` or `https://` and leads to a host of plain Latin letters, digits
 * and hyphens is one, and what is seen is where it leads: no names before the host, no letters that look like others. An
 * address ends where other letters begin, so that Chinese or Lao may follow without a space.
 */

import { make } from "./dom.js";

const ADDRESS = /https?:\/\/[!#$%&'()*+,./0-9:;=?@A-Z[\]_a-z~-]+/gi;
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;
const LONGEST = 1000;

/** The address without what belongs to the sentence around it.
 * @param {string} found
 * @returns {string} */
function trimmed(found) {
  let address = found;
  for (;;) {
    const last = address.at(-1) ?? "";
    const opens = last === ")" ? "(" : last === "]" ? "[" : "";
    if (".,:;!?'".includes(last) || (opens && address.split(opens).length < address.split(last).length)) address = address.slice(0, -1);
    else return address;
  }
}

/** @param {string} address
 * @returns {boolean} */
function safe(address) {
  if (address.length > LONGEST || !URL.canParse(address)) return false;
  const { hostname, username, password } = new URL(address);
  const written = /^https?:\/\/([^/?#:]*)/i.exec(address)?.[1] ?? "";
  return !username && !password && HOST.test(written) && written.toLowerCase() === hostname;
}

/** The text in pieces, each said to be a link or not.
 * @param {string} text
 * @returns {{text: string, link: boolean}[]} */
export function pieces(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!safe(address)) continue;
    if (match.index > at) found.push({ text: text.slice(at, match.index), link: false });
    found.push({ text: address, link: true });
    at = match.index + address.length;
  }
  if (at < text.length) found.push({ text: text.slice(at), link: false });
  return found;
}

/** The text with its links, to be put into an element.
 * @param {string} text
 * @returns {(string | HTMLAnchorElement)[]} */
export function linked(text) {
  return pieces(text).map((piece) => piece.link
    ? make("a", { href: piece.text, target: "_blank", rel: "noopener noreferrer nofollow ugc", dir: "ltr" }, piece.text)
    : piece.text);
}
