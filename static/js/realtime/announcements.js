/**
 * Announcements on the page: what holds at the event and in the room, and banners for what its reader has not seen.
 *
 * An announcement comes with its text in every language it has; `pick` chooses the reader's, by the rules of the server
 * (`conference/core/text.py`). A banner goes when it is closed, when the announcement is withdrawn and, unless it is urgent, when
 * it was in sight long enough to be read. All of them stay in the room's list and in the inbox.
 */

import { fill, gettext } from "../i18n.js";
import { icon, make, place } from "./dom.js";

/** @typedef {{id: number, event: number, room: number | null, text: Record<string, string>, link: string, urgent: boolean, author: {id: number | null, name: string}, created: string}} Announcement */

const MOST_BANNERS = 3;
/** Where the window is narrow, one after another. */
const NARROW = "(max-width: 40rem)";
/** How long after it was made an announcement is still news to somebody who comes. */
const NEWS = 60 * 60_000;
const URGENT_NEWS = 12 * 60 * 60_000;
const KEPT = "announcements.seen";

/** The version of a text for a reader of pages in `language`.
 * @param {Record<string, string>} text
 * @param {string} language
 * @returns {{tag: string, words: string}} */
export function pick(text, language) {
  const wanted = (language || "en").toLowerCase();
  const primary = wanted.split("-")[0];
  const tags = Object.keys(text).filter((tag) => text[tag]);
  const tag = [wanted, primary, "en", "zh-hans"].find((each) => text[each]) ?? tags.find((each) => each.split("-")[0] === primary) ?? tags[0] ?? "";
  return { tag, words: text[tag] ?? "" };
}

/** What should stand in banners: urgent before others, newest first.
 * @param {Announcement[]} all
 * @param {Set<number>} seen
 * @param {number} now
 * @param {number} [most]
 * @returns {Announcement[]} */
export function unseen(all, seen, now, most = MOST_BANNERS) {
  const news = all.filter((each) => !seen.has(each.id) && now - Date.parse(each.created) < (each.urgent ? URGENT_NEWS : NEWS));
  return news.sort((one, other) => Number(other.urgent) - Number(one.urgent) || other.id - one.id).slice(0, most);
}

/** How long a banner stays in sight, in milliseconds: long enough to be read slowly.
 * @param {Announcement} announcement
 * @param {string} words
 * @returns {number} */
export function stay(announcement, words) {
  return announcement.urgent ? Infinity : Math.max(20_000, words.length * 120);
}

/** What holds, by the stream that told it. */
export class Standing extends EventTarget {
  /** @type {Map<string, Map<number, Announcement>>} */ #by = new Map();
  #known = "";

  /** @param {string} stream
   * @param {Iterable<Announcement>} announcements */
  replace(stream, announcements) {
    this.#by.set(stream, new Map([...announcements].map((each) => [each.id, each])));
    this.#changed();
  }

  /** @param {{stream: string, update?: string, data: any}} frame */
  take(frame) {
    const ours = this.#by.get(frame.stream) ?? new Map();
    this.#by.set(frame.stream, ours);
    if (frame.update === "announcement.saved") ours.set(frame.data.id, frame.data);
    else if (frame.update === "announcement.removed") ours.delete(frame.data.id);
    this.#changed();
  }

  /** @returns {Announcement[]} all that holds, newest first */
  get all() {
    return [...this.#by.values()].flatMap((each) => [...each.values()]).sort((one, other) => other.id - one.id);
  }

  #changed() {
    const known = JSON.stringify(this.all);
    if (known === this.#known) return;
    this.#known = known;
    this.dispatchEvent(new Event("change"));
  }
}

export const standing = new Standing();

/** @returns {string} the language of the page */
export const language = () => document.documentElement.lang || "en";

/** The words of an announcement for the reader of this page.
 * @param {Announcement} announcement
 * @param {string} look
 * @returns {HTMLElement} */
export function wordsOf(announcement, look) {
  const { tag, words } = pick(announcement.text, language());
  return make("p", { class: look, dir: "auto", lang: writtenIn(words, tag) }, words);
}

/** @type {[string, RegExp][]} */
const SCRIPTS = [
  ["my", /\p{Script=Myanmar}/u], ["km", /\p{Script=Khmer}/u], ["lo", /\p{Script=Lao}/u], ["th", /\p{Script=Thai}/u], ["ur", /\p{Script=Arabic}/u],
  ["bn", /\p{Script=Bengali}/u], ["si", /\p{Script=Sinhala}/u], ["ne", /\p{Script=Devanagari}/u], ["zh-hans", /\p{Script=Han}/u],
];

/** People write Burmese into the field for English too: then the letters tell, so that they get the room they need and are read out as
 * what they are.
 * @param {string} words
 * @param {string} tag
 * @returns {string} */
export function writtenIn(words, tag) {
  return tag === "en" ? (SCRIPTS.find(([, letters]) => letters.test(words))?.[0] ?? tag) : tag;
}

/** Its link, if it has one.
 * @param {Announcement} announcement
 * @returns {HTMLElement | null} */
export function linkOf(announcement) {
  if (!announcement.link) return null;
  return make("a", { class: "new-tab", href: announcement.link, target: "_blank", rel: "nofollow noopener noreferrer" }, gettext("Open the link"), icon("external"), make("span", { class: "hidden-visually" }, ` ${gettext("(opens in a new tab)")}`));
}

/** When it was made, on the reader's clock.
 * @param {Announcement} announcement
 * @returns {HTMLElement} */
export function timeOf(announcement) {
  const time = new Date(announcement.created).toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
  return make("time", { datetime: announcement.created }, time);
}

// --- banners ---

/** @returns {Set<number>} */
function remembered() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));
  } catch {
    return new Set();
  }
}

class Banners {
  #seen = remembered();
  #region = make("section", { class: "banners", "aria-label": gettext("Announcements"), tabindex: "-1" });
  #spoken = make("p", { class: "hidden-visually", role: "status" });
  /** @type {Map<number, HTMLElement>} */ #shown = new Map();

  constructor() {
    const frame = document.querySelector(".frame");
    frame?.before(this.#region, this.#spoken);
    new ResizeObserver(() => document.documentElement.style.setProperty("--banners", `${this.#region.offsetHeight}px`)).observe(this.#region);
    standing.addEventListener("change", () => this.#show());
    this.#show();
  }

  #show() {
    const wanted = unseen(standing.all, this.#seen, Date.now(), matchMedia(NARROW).matches ? 1 : MOST_BANNERS);
    const fresh = wanted.filter((each) => !this.#shown.has(each.id));
    for (const id of this.#shown.keys()) if (!wanted.some((each) => each.id === id)) this.#shown.delete(id);
    for (const each of fresh) this.#shown.set(each.id, this.#banner(each));
    this.#region.hidden = wanted.length === 0;
    place(this.#region, wanted.map((each) => /** @type {HTMLElement} */ (this.#shown.get(each.id))));
    if (fresh.length) {
      const words = fresh.map((each) => fill(each.urgent ? gettext("Urgent announcement: %(words)s") : gettext("Announcement: %(words)s"), { words: pick(each.text, language()).words }));
      this.#spoken.textContent = words.join(" ");
    }
  }

  /** @param {Announcement} announcement
   * @returns {HTMLElement} */
  #banner(announcement) {
    const { urgent } = announcement;
    const banner = make("div", { class: urgent ? "banner urgent" : "banner" }, icon(urgent ? "warning" : "bell"),
      make("div", { class: "fill" },
        wordsOf(announcement, "banner-text"),
        make("p", { class: "banner-foot" }, urgent ? make("span", { class: "strong" }, gettext("Urgent")) : null, timeOf(announcement), linkOf(announcement))),
      make("button", { class: "button icon-only quiet", type: "button", "aria-label": gettext("Close this announcement"), click: () => this.#close(announcement.id, true) }, icon("close")));
    leaveWhenRead(banner, stay(announcement, pick(announcement.text, language()).words), () => this.#close(announcement.id, false));
    return banner;
  }

  /** @param {number} id
   * @param {boolean} byHand */
  #close(id, byHand) {
    this.#seen = new Set([...remembered(), ...this.#seen, id].slice(-200));
    try {
      localStorage.setItem(KEPT, JSON.stringify([...this.#seen]));
    } catch {
      // It comes again on the next page; that is all.
    }
    this.#show();
    // Whoever closed it by keyboard goes on from there.
    if (byHand) /** @type {HTMLElement | null} */ (this.#region.querySelector("button") ?? document.getElementById("main"))?.focus();
  }
}

/** Calls `leave` when the element was in sight for so long. While somebody points at it or is inside, and while the page is hidden,
 * the clock stands.
 * @param {HTMLElement} element
 * @param {number} milliseconds
 * @param {() => void} leave */
function leaveWhenRead(element, milliseconds, leave) {
  if (milliseconds === Infinity) return;
  let left = milliseconds;
  const clock = setInterval(() => {
    if (!element.isConnected) clearInterval(clock);
    else if (!document.hidden && !element.matches(":hover, :focus-within")) left -= 1000;
    if (left > 0) return;
    clearInterval(clock);
    leave();
  }, 1000);
}

let started = false;

/** Show banners on this page. */
export function startBanners() {
  if (started) return;
  started = true;
  new Banners();
}
