/** `<room-transcript>`: everything that was captioned in one language, to read again, search, copy and take home. */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make, place } from "./dom.js";
import { reasonOf } from "./refusal.js";

/** @import { Captions, Feed, Line } from "./captions.js" */
/** @import { Room } from "./room.js" */

export class RoomTranscript extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Captions | null} */ #captions = null;
  /** @type {() => Feed | null} */ #feed = () => null;
  /** @type {(language: string) => void} */ #choose = () => {};
  /** @type {Map<number, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #language = "";
  #searched = "";
  #loading = false;
  #choice = make("select", { class: "input" });
  #search = make("input", { type: "search", enterkeyhint: "search", autocomplete: "off" });
  #found = make("p", { class: "quiet small", role: "status" });
  #earlier = make("button", { class: "button quiet", type: "button", hidden: true });
  #list = make("ol", { class: "plain transcript-lines" });
  #box = make("div", { class: "transcript-box", role: "region", tabindex: "0" });
  #empty = make("p", { class: "quiet" });
  #copy = make("button", { class: "button quiet icon-only", type: "button" });
  #file = make("a", { class: "button quiet icon-only" });
  #desk = make("a", { class: "button", hidden: true });
  #offered = "";

  /** @param {Room} room
   * @param {Captions} captions
   * @param {() => Feed | null} feed  the language that is read
   * @param {(language: string) => void} choose */
  attach(room, captions, feed, choose) {
    this.#room = room;
    this.#captions = captions;
    this.#feed = feed;
    this.#choose = choose;
    this.classList.add("transcript");
    this.#choice.setAttribute("aria-label", gettext("Language of the captions"));
    this.#choice.addEventListener("change", () => this.#choose(this.#choice.value));
    this.#search.setAttribute("aria-label", gettext("Search in what was said"));
    this.#search.placeholder = gettext("Search in what was said");
    this.#search.addEventListener("input", () => {
      this.#searched = this.#search.value.trim().toLocaleLowerCase();
      this.draw();
      void this.#loadAll();
    });
    this.#box.setAttribute("aria-label", gettext("What was said"));
    this.#earlier.append(icon("history"), gettext("Earlier lines"));
    this.#earlier.addEventListener("click", () => void this.#loadEarlier());
    name(this.#copy, "copy", gettext("Copy all"));
    this.#copy.addEventListener("click", () => void this.#copyAll());
    name(this.#file, "download", gettext("Download as WebVTT"));
    this.#file.setAttribute("download", "");
    this.#desk.append(icon("captions"), gettext("Write or set up captions"));
    this.#box.append(this.#earlier, this.#list, this.#empty);
    const search = make("div", { class: "search" }, icon("search"), this.#search);
    this.replaceChildren(make("div", { class: "transcript-head" }, this.#choice, this.#copy, this.#file), search, this.#found, this.#box, this.#desk);
  }

  /** Whether somebody looks at it. @returns {boolean} */
  get open() {
    return this.isConnected && this.offsetParent !== null;
  }

  /** It is looked at now. */
  seen() {
    this.dispatchEvent(new Event("seen"));
  }

  draw() {
    const captions = this.#captions;
    if (!captions || !this.open) return;
    const feed = this.#feed();
    this.#offer(captions.feeds, feed);
    const desk = [...(this.#room?.own.captioning?.values() ?? [])][0];
    this.#desk.hidden = !desk;
    if (desk) this.#desk.setAttribute("href", desk.page);
    const lines = feed ? captions.lines(feed.language) : [];
    this.#copy.hidden = this.#file.hidden = lines.length === 0;
    if (feed) this.#file.setAttribute("href", feed.file);
    this.#empty.hidden = lines.length > 0;
    this.#empty.textContent = feed ? gettext("Nothing was said yet. Lines appear here as they are written.") : gettext("This room has no captions yet.");
    this.#earlier.hidden = !feed || !captions.more(feed.language);
    this.#search.parentElement?.toggleAttribute("hidden", lines.length === 0);
    this.#drawLines(lines, feed);
  }

  /** @param {Feed[]} feeds
   * @param {Feed | null} feed */
  #offer(feeds, feed) {
    const offered = JSON.stringify(feeds);
    if (offered !== this.#offered) {
      this.#offered = offered;
      this.#choice.replaceChildren(...feeds.map(({ language, name, open }) => make("option", { value: language }, open ? name : fill(gettext("%(name)s (ended)"), { name }))));
    }
    if (feed && this.#choice.value !== feed.language) this.#choice.value = feed.language;
    this.#choice.hidden = feeds.length === 0;
  }

  /** @param {Line[]} lines
   * @param {Feed | null} feed */
  #drawLines(lines, feed) {
    const box = this.#box;
    const language = feed?.language ?? "";
    if (language !== this.#language) {
      this.#language = language;
      this.#rows.clear();
      this.#list.lang = language;
      this.#list.dir = feed?.dir ?? "ltr";
    }
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    const wanted = this.#searched ? lines.filter(({ text }) => text.toLocaleLowerCase().includes(this.#searched)) : lines;
    this.#found.hidden = !this.#searched;
    this.#found.textContent = this.#searched ? this.#foundWords(wanted.length) : "";
    const rows = new Map(wanted.map((line) => [line.id, this.#row(line)]));
    const height = box.scrollHeight;
    const top = box.scrollTop;
    const grewAbove = this.#list.firstElementChild !== null && rows.size > 0 && [...rows.values()][0].element !== this.#list.firstElementChild;
    place(this.#list, [...rows.values()].map(({ element }) => element));
    this.#rows = rows;
    if (atEnd && !this.#searched) box.scrollTop = box.scrollHeight;
    else if (grewAbove) box.scrollTop = top + box.scrollHeight - height;
  }

  /** @param {number} count
   * @returns {string} */
  #foundWords(count) {
    const words = fill(ngettext("%(count)d line found", "%(count)d lines found", count), { count });
    return this.#loading ? `${words} ${gettext("Looking further back…")}` : words;
  }

  /** @param {Line} line
   * @returns {{element: HTMLElement, drawn: string}} */
  #row(line) {
    const drawn = JSON.stringify([line.text, this.#searched]);
    const known = this.#rows.get(line.id);
    if (known?.drawn === drawn) return known;
    const time = new Date(line.start);
    const element = make("li", {}, make("time", { class: "quiet tiny", datetime: line.start, dir: "ltr" }, time.toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" })),
      make("p", {}, ...marked(line.text, this.#searched)));
    return { element, drawn };
  }

  /** @returns {Promise<boolean>} whether it was fetched */
  async #loadEarlier() {
    const feed = this.#feed();
    if (!feed || this.#loading) return false;
    this.#loading = true;
    try {
      await this.#captions?.earlier(feed.language);
      return true;
    } catch (error) {
      toast(reasonOf(error), "warning");
      return false;
    } finally {
      this.#loading = false;
      this.draw();
    }
  }

  /** Whoever searches means all that was said. */
  async #loadAll() {
    const feed = this.#feed();
    while (feed && this.#searched && this.#captions?.more(feed.language) && feed.language === this.#feed()?.language) {
      if (!(await this.#loadEarlier())) return;
    }
  }

  async #copyAll() {
    const feed = this.#feed();
    if (!feed) return;
    while (this.#captions?.more(feed.language)) if (!(await this.#loadEarlier())) return;
    try {
      await navigator.clipboard.writeText((this.#captions?.lines(feed.language) ?? []).map(({ text }) => text).join("\n"));
      toast(gettext("Copied."), "good");
    } catch {
      toast(gettext("This browser does not let pages copy. Download the file instead."), "warning");
    }
  }
}

/** A button that shows a symbol alone, with its name for the ear and the pointer.
 * @param {HTMLElement} button
 * @param {string} symbol
 * @param {string} words */
function name(button, symbol, words) {
  button.append(icon(symbol));
  button.setAttribute("aria-label", words);
  button.title = words;
}

/** The text with what was searched for marked in it.
 * @param {string} text
 * @param {string} searched
 * @returns {(Node | string)[]} */
function marked(text, searched) {
  const at = searched ? text.toLocaleLowerCase().indexOf(searched) : -1;
  if (at < 0 || text.toLocaleLowerCase().length !== text.length) return [text];
  const end = at + searched.length;
  return [text.slice(0, at), make("mark", {}, text.slice(at, end)), ...marked(text.slice(end), searched)];
}

customElements.define("room-transcript", RoomTranscript);
