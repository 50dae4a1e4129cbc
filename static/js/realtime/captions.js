/**
 * The captions of a room in the languages that are read at the moment, kept true. Each language is a stream of its own, which is
 * followed only while somebody reads it. After a cut, or when a number is missing, it is followed again: that tells the newest
 * lines; older ones are asked for when wanted.
 *
 * Event: `change`.
 */

import { CommandError } from "./socket.js";

/** @import { Room } from "./room.js" */
/** @import { Frame } from "./socket.js" */

/** @typedef {{id: number, language: string, name: string, dir: "ltr" | "rtl", open: boolean, file: string}} Feed */
/** @typedef {{id: number, line: string, text: string, start: string, end: string, edited: boolean}} Line */
/** @typedef {{line: string, text: string, person: number | null, name: string, at: number}} Writing */

const MOST_LINES = 3000;
/** Milliseconds after which what somebody was typing is not shown any more. */
const WRITING_LASTS = 12_000;

class Track {
  seq = 0;
  /** What comes while we ask is kept aside. @type {Frame[] | null} */ held = [];
  /** @type {Map<number, Line>} */ lines = new Map();
  more = false;
  /** When each line came to us; those of the first answer have none. @type {Map<number, number>} */ came = new Map();
  /** @type {Writing | null} */ writing = null;
  ready = false;
  /** When we began to read. */ since = 0;
}

export class Captions extends EventTarget {
  /** @type {Map<string, Track>} */ #tracks = new Map();
  /** @type {string[]} */ #wanted = [];
  /** What the server sends on this line; null: we have not asked since it broke. @type {string | null} */ #followed = null;
  #asking = false;
  #stale = false;
  #tries = 0;
  #stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #later;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #fade;

  /** @param {Room} room */
  constructor(room) {
    super();
    this.room = room;
    room.addEventListener("state", this.#onState);
    room.socket.addEventListener("state", this.#onState);
    room.socket.addEventListener("frame", this.#onFrame);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#later);
    clearTimeout(this.#fade);
    this.room.removeEventListener("state", this.#onState);
    this.room.socket.removeEventListener("state", this.#onState);
    this.room.socket.removeEventListener("frame", this.#onFrame);
  }

  /** The languages of the room, in the order in which they were begun. @returns {Feed[]} */
  get feeds() {
    return [...(this.room.state.captions?.values() ?? [])].sort((one, other) => one.id - other.id);
  }

  /** @param {string} language
   * @returns {Line[]} in the order in which they came */
  lines(language) {
    return [...(this.#tracks.get(language)?.lines.values() ?? [])].sort((one, other) => one.id - other.id);
  }

  /** What is being typed or heard and is not finished yet.
   * @param {string} language
   * @returns {Writing | null} */
  writing(language) {
    const writing = this.#tracks.get(language)?.writing ?? null;
    return writing && Date.now() - writing.at < WRITING_LASTS ? writing : null;
  }

  /** When the line came here, in milliseconds; null for what was there before us.
   * @param {string} language
   * @param {number} id
   * @returns {number | null} */
  cameAt(language, id) {
    return this.#tracks.get(language)?.came.get(id) ?? null;
  }

  /** When we began to read this language, in milliseconds; 0: not yet.
   * @param {string} language
   * @returns {number} */
  since(language) {
    return this.#tracks.get(language)?.since ?? 0;
  }

  /** Whether there are older lines on the server.
   * @param {string} language
   * @returns {boolean} */
  more(language) {
    return this.#tracks.get(language)?.more ?? false;
  }

  /** Whether the newest lines are here.
   * @param {string} language
   * @returns {boolean} */
  ready(language) {
    return this.#tracks.get(language)?.ready ?? false;
  }

  /** Read these languages from now on, and no others.
   * @param {string[]} languages */
  follow(languages) {
    const wanted = [...new Set(languages)].sort();
    if (wanted.join() === this.#wanted.join()) return;
    this.#wanted = wanted;
    for (const language of [...this.#tracks.keys()]) if (!wanted.includes(language)) this.#tracks.delete(language);
    for (const language of wanted) if (!this.#tracks.has(language)) this.#tracks.set(language, new Track());
    void this.#synchronise();
    this.#changed();
  }

  /** Fetch the piece of the history before what is known.
   * @param {string} language
   * @returns {Promise<void>} */
  async earlier(language) {
    const track = this.#tracks.get(language);
    if (!track?.ready || !track.more) return;
    const before = Math.min(...track.lines.keys());
    const { lines, more } = await this.room.ask("captions.history", { language, ...(Number.isFinite(before) ? { before } : {}) });
    if (this.#tracks.get(language) !== track) return;
    for (const line of lines) track.lines.set(line.id, line);
    track.more = more;
    this.#changed();
  }

  #onState = () => {
    if (this.room.socket.state !== "open") this.#followed = null;
    else if (this.room.phase === "here" && this.#followed === null) void this.#synchronise();
  };

  async #synchronise() {
    if (this.#stopped || this.room.phase !== "here") return;
    if (this.#asking) {
      this.#stale = true;
      return;
    }
    const offered = new Set(this.feeds.map((feed) => feed.language));
    const languages = this.#wanted.filter((language) => offered.has(language));
    this.#stale = false;
    clearTimeout(this.#later);
    if (!languages.length && !this.#followed) return; // most who enter read no captions: they ask nothing
    this.#asking = true;
    for (const track of this.#tracks.values()) track.held ??= [];
    try {
      const { captions } = await this.room.ask("captions.follow", { languages });
      this.#followed = languages.join();
      this.#tries = 0;
      for (const language of languages) this.#know(language, captions[language]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#tries += 1;
      const pause = Math.max(error.retryAfter * 1000, Math.random() * Math.min(15_000, 1000 * 2 ** this.#tries));
      if (this.room.socket.state === "open") this.#later = setTimeout(() => void this.#synchronise(), pause);
    } finally {
      this.#asking = false;
    }
    this.#changed();
    if (this.#stale) void this.#synchronise();
  }

  /** @param {string} language
   * @param {{seq: number, lines: Line[], more: boolean} | undefined} now */
  #know(language, now) {
    const track = this.#tracks.get(language);
    if (!track || !now) return;
    if (!track.ready || now.seq !== track.seq) {
      // What was corrected or deleted meanwhile is not told again, so older lines are fetched anew.
      const known = track.lines;
      track.lines = new Map(now.lines.map((line) => [line.id, line]));
      for (const line of now.lines) if (track.ready && !known.has(line.id)) track.came.set(line.id, Date.now());
      track.more = now.more;
    }
    track.seq = now.seq;
    track.since ||= Date.now();
    track.ready = true;
    const held = track.held ?? [];
    track.held = null;
    for (const frame of held.sort((one, other) => (one.seq ?? 0) - (other.seq ?? 0))) this.#update(track, frame);
  }

  /** @param {Event} event */
  #onFrame = (event) => {
    const frame = /** @type {CustomEvent<Frame>} */ (event).detail;
    const prefix = `room.${this.room.id}.captions.`;
    if (!frame.stream?.startsWith(prefix)) return;
    const track = this.#tracks.get(frame.stream.slice(prefix.length));
    if (!track) return;
    if (frame.update) this.#update(track, frame);
    else if (frame.signal === "writing") this.#hear(track, frame.data);
    else if (frame.signal === "resume" && (frame.data.seq ?? Infinity) > track.seq) {
      clearTimeout(this.#later);
      this.#later = setTimeout(() => void this.#synchronise(), Math.random() * 3000);
    }
  };

  /** @param {Track} track
   * @param {Frame} frame */
  #update(track, frame) {
    if (track.held) {
      track.held.push(frame);
      return;
    }
    const seq = frame.seq ?? 0;
    if (seq <= track.seq) return;
    if (seq > track.seq + 1) {
      track.held = [];
      void this.#synchronise();
      return;
    }
    track.seq = seq;
    if (frame.update === "caption.removed") track.lines.delete(frame.data.id);
    else if (frame.update === "caption.saved") this.#take(track, frame.data);
    this.#changed();
  }

  /** @param {Track} track
   * @param {Line} line */
  #take(track, line) {
    const oldest = track.lines.size ? Math.min(...track.lines.keys()) : 0;
    // A correction of what is not loaded comes with the history.
    if (!track.lines.has(line.id) && line.id < oldest && track.more) return;
    if (!track.lines.has(line.id)) track.came.set(line.id, Date.now());
    track.lines.set(line.id, line);
    if (track.writing?.line === line.line) track.writing = null;
    if (track.lines.size > MOST_LINES) {
      track.lines.delete(oldest);
      track.came.delete(oldest);
      track.more = true;
    }
  }

  /** @param {Track} track
   * @param {{line: string, text: string, person: number | null, name: string}} writing */
  #hear(track, writing) {
    // It may come after the line that it became.
    if ([...track.lines.values()].some(({ line }) => line === writing.line)) return;
    if (writing.text === "" && track.writing?.line !== writing.line) return;
    track.writing = writing.text === "" ? null : { ...writing, at: Date.now() };
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => this.#changed(), WRITING_LASTS + 50);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
