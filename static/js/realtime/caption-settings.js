/** How this reader wants captions: kept in this browser, for all rooms. */

/** @typedef {{on: boolean | null, language: string, size: 1 | 2 | 3, look: "night" | "day" | "yellow", place: "over" | "under", rows: 1 | 2 | 3 | 4, aloud: boolean}} Settings */

const KEY = "chama.captions";
/** @type {Settings} */
export const DEFAULTS = { on: null, language: "", size: 2, look: "night", place: "over", rows: 2, aloud: false };

/** @type {{[Name in keyof Settings]: unknown[]}} */
const ALLOWED = { on: [null, true, false], language: [], size: [1, 2, 3], look: ["night", "day", "yellow"], place: ["over", "under"], rows: [1, 2, 3, 4], aloud: [true, false] };

/** What is kept, as far as it makes sense.
 * @param {string | null} text
 * @returns {Settings} */
export function readSettings(text) {
  const settings = { ...DEFAULTS };
  try {
    const kept = JSON.parse(text ?? "{}");
    for (const [name, allowed] of Object.entries(ALLOWED)) {
      const value = kept?.[name];
      if (name === "language" ? typeof value === "string" : allowed.includes(value)) Object.assign(settings, { [name]: value });
    }
  } catch {
    // Somebody else's words under our name: the defaults do.
  }
  return settings;
}

/** The language to show: the one chosen, else one that the reader has, else the first of those that go on.
 * @template {{language: string, open: boolean}} Feed
 * @param {Feed[]} feeds
 * @param {string} chosen
 * @param {readonly string[]} readers
 * @returns {Feed | null} */
export function feedFor(feeds, chosen, readers) {
  const open = feeds.filter((feed) => feed.open);
  const some = open.length ? open : feeds;
  const find = (/** @type {string} */ tag) => some.find((feed) => feed.language === tag.toLowerCase().split("-")[0]);
  return feeds.find((feed) => feed.language === chosen && (feed.open || !open.length)) ?? readers.map(find).find(Boolean) ?? some[0] ?? null;
}

/** @returns {Settings} */
export function loadSettings() {
  try {
    return readSettings(localStorage.getItem(KEY));
  } catch {
    return { ...DEFAULTS };
  }
}

/** @param {Settings} settings */
export function keepSettings(settings) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A full or forbidden memory: they hold while the page lives.
  }
}
