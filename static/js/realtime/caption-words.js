/** The words of whoever captions: what may be shown already, and short forms that become long ones. */

/** Languages that are written without spaces between words. */
const UNSPACED = new Set(["zh", "ja", "th", "lo", "km", "my", "dz"]);
const UNSPACED_LETTER = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]\p{M}*$/u;

/** The part of what is being typed that ends with a word: half a word would be read as another one.
 * @param {string} text
 * @returns {string} */
export function settled(text) {
  if (UNSPACED_LETTER.test(text)) return text.trim();
  const found = /^[\s\S]*[\s\p{P}]/u.exec(text);
  const letters = [...text];
  for (let at = letters.length; at > (found ? [...found[0]].length : 0); at -= 1) {
    const part = letters.slice(0, at).join("");
    if (UNSPACED_LETTER.test(part)) return part.trim();
  }
  return (found?.[0] ?? "").trim();
}

/** A list as people write it: `kmg = Kunming` on each line. What has no `=` is left out.
 * @param {string} text
 * @returns {Map<string, string>} */
export function readAbbreviations(text) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    const short = at < 0 ? "" : line.slice(0, at).trim().toLocaleLowerCase();
    const long = at < 0 ? "" : line.slice(at + 1).trim();
    if (short && long && !/\s/.test(short)) found.set(short, long);
  }
  return found;
}

/** What stands before the caret, after a key that ends a word: with the short form in it replaced, or null where there is none.
 * @param {string} before
 * @param {Map<string, string>} abbreviations
 * @param {string} language
 * @returns {string | null} */
export function expanded(before, abbreviations, language) {
  const found = /([^\s\p{P}]+)([\s\p{P}]?)$/u.exec(before);
  if (!found) return null;
  const [all, run, end] = found;
  // In a script without spaces the short form may follow a letter at once.
  const latin = /[^\s\p{P}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]+$/u.exec(run)?.[0] ?? "";
  const word = [run, latin].find((each) => abbreviations.has(each.toLocaleLowerCase()));
  if (!word) return null;
  const long = abbreviations.get(word.toLocaleLowerCase()) ?? "";
  const kept = end === " " && UNSPACED.has(language) ? "" : end;
  return before.slice(0, before.length - all.length) + run.slice(0, run.length - word.length) + long + kept;
}
