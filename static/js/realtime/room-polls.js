/** `<room-polls>`: polls of a room. People answer and see results once they are shown; those who run the room make and run them. */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { reasonOf } from "./refusal.js";

/** @import { Room } from "./room.js" */

/** @typedef {{label: string, count: number}} Result */
/** @typedef {{id: number, kind: "single" | "several" | "rating" | "words", title: string, options: string[], most: number, state: "draft" | "open" | "closed", shown: boolean, answers: number, results: Result[] | null}} Poll */

const RATINGS = ["1", "2", "3", "4", "5"];
const MOST_WORD = 40;

export class RoomPolls extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  /** What those who run the room looked at before it was shown, by poll. @type {Map<number, Result[]>} */ #peeked = new Map();
  #news = make("p", { class: "hidden-visually", role: "status" });
  #list = make("ol", { class: "plain stack" });
  #empty = make("p", { class: "quiet" });
  #make = make("details", { class: "more", hidden: true });
  #export = make("a", { class: "button quiet", hidden: true }, icon("download"));
  #draw = onceAFrame(() => this.#show());
  /** The newest poll that was announced to the ear. */ #told = 0;

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("stack");
    this.#empty.append(gettext("There is no poll at the moment."));
    this.#make.append(make("summary", {}, gettext("Make a poll")), this.#draftForm(null));
    this.#export.append(gettext("Download all results"));
    this.#export.setAttribute("href", `/live/rooms/${room.id}/polls.csv`);
    this.replaceChildren(this.#list, this.#empty, this.#make, this.#export, this.#news);
    room.addEventListener("change", this.#draw);
    room.addEventListener("signal", (event) => this.#tally(/** @type {CustomEvent} */ (event).detail));
    this.#draw();
  }

  /** Open polls that this person has not answered. @returns {number} */
  get waiting() {
    const room = this.#room;
    return room ? this.#polls().filter((poll) => poll.state === "open" && !room.own.ballot?.has(poll.id)).length : 0;
  }

  /** Whether there is anything to see here. @returns {boolean} */
  get used() {
    return Boolean(this.#room?.runs || this.#room?.state.poll?.size);
  }

  /** The polls are looked at now. */
  seen() {
    this.#draw();
  }

  /** @returns {Poll[]} newest first */
  #polls() {
    return [...(this.#room?.state.poll?.values() ?? [])].sort((one, other) => Number(one.state === "closed") - Number(other.state === "closed") || other.id - one.id);
  }

  /** How open polls stand, once a second.
   * @param {import("./socket.js").Frame} frame */
  #tally(frame) {
    if (frame.signal !== "tally" || !this.#room) return;
    for (const { id, answers, results } of frame.data.polls) {
      const known = this.#room.state.poll?.get(id);
      if (known) this.#room.state.poll.set(id, { ...known, answers, results: known.shown ? results ?? known.results : null });
    }
    this.#draw();
  }

  #show() {
    const room = this.#room;
    if (!room) return;
    const polls = this.#polls();
    const newest = polls.find((poll) => poll.state === "open");
    if (newest && newest.id > this.#told) {
      this.#told = newest.id;
      this.#news.textContent = fill(gettext("A poll is open: %(title)s"), { title: newest.title });
    }
    if (this.offsetParent === null) return;
    /** @type {Poll[]} */
    const drafts = room.runs ? [...(room.behind.draft?.values() ?? [])].sort((one, other) => one.id - other.id) : [];
    place(this.#list, [...drafts, ...polls].map((poll) => this.#row(poll)));
    this.#empty.hidden = polls.length + drafts.length > 0;
    this.#make.hidden = !room.runs || room.phase !== "here";
    this.#export.hidden = !room.runs || polls.length === 0;
  }

  /** @param {Poll} poll
   * @returns {HTMLElement} */
  #row(poll) {
    const room = /** @type {Room} */ (this.#room);
    /** @type {(number | string)[] | undefined} */
    const own = room.own.ballot?.get(poll.id)?.choices;
    const peeked = this.#peeked.get(poll.id);
    const key = `poll-${poll.id}`;
    const { answers, results, ...asked } = poll;
    const drawn = JSON.stringify([asked, own, room.runs]);
    const known = this.#rows.get(key);
    if (known?.drawn === drawn) {
      this.#standing(known.element, poll, peeked);
      return known.element;
    }
    const element = make("li", { class: `poll ${poll.state}` },
      make("p", { class: "row tight" }, poll.state === "open" ? make("span", { class: "live" }, gettext("Open now")) : make("span", { class: "chip" }, poll.state === "draft" ? gettext("Draft") : gettext("Closed"))),
      make("h2", { dir: "auto" }, poll.title),
      poll.state === "open" ? this.#ballot(poll, own) : null,
      make("div", { class: "poll-standing" }),
      room.runs ? this.#tools(poll) : null);
    this.#rows.set(key, { element, drawn });
    this.#standing(element, poll, peeked);
    return element;
  }

  /** How many answered, and the results where they may be seen: redrawn by itself, so that nobody loses what they are choosing.
   * @param {HTMLElement} element
   * @param {Poll} poll
   * @param {Result[] | undefined} peeked */
  #standing(element, poll, peeked) {
    const box = /** @type {HTMLElement} */ (element.querySelector(".poll-standing"));
    const results = poll.results ?? (this.#room?.runs ? peeked : null) ?? null;
    const drawn = JSON.stringify([poll.answers, results, poll.shown]);
    if (box.dataset.drawn === drawn || poll.state === "draft") return;
    box.dataset.drawn = drawn;
    const words = fill(ngettext("%(count)d person has answered", "%(count)d people have answered", poll.answers), { count: poll.answers });
    box.replaceChildren(make("p", { class: "quiet small" }, words), results ? chart(poll, results) : "",
      results && !poll.shown ? make("p", { class: "quiet small" }, gettext("Only you see these results: they are not shown to the room.")) : "");
  }

  /** @param {Poll} poll
   * @param {(number | string)[] | undefined} own
   * @returns {HTMLElement} */
  #ballot(poll, own) {
    const problem = make("p", { class: "error", hidden: true, role: "alert" });
    const name = `poll-${poll.id}`;
    const inputs = poll.kind === "words"
      ? Array.from({ length: poll.most }, (_none, at) => make("input", { class: "input", name, maxlength: String(MOST_WORD), dir: "auto", value: String(own?.[at] ?? ""), "aria-label": fill(gettext("Word %(number)d"), { number: at + 1 }) }))
      : (poll.kind === "rating" ? RATINGS : poll.options).map((_label, at) => {
        const value = poll.kind === "rating" ? at + 1 : at;
        return make("input", { type: poll.kind === "several" ? "checkbox" : "radio", name, value: String(value), checked: own?.includes(value) });
      });
    const fields = poll.kind === "words" ? inputs : inputs.map((input, at) => make("label", { class: "check" }, input, make("span", { dir: "auto" }, poll.kind === "rating" ? RATINGS[at] : poll.options[at])));
    const hint = poll.kind === "rating" ? gettext("1 is the lowest, 5 the highest.") : poll.kind === "several" ? fill(ngettext("Choose up to %(most)d.", "Choose up to %(most)d.", poll.most), { most: poll.most }) : "";
    return make("form", { class: "stack tight", submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      const choices = poll.kind === "words" ? inputs.map((input) => input.value.trim()).filter(Boolean) : inputs.filter((input) => input.checked).map((input) => Number(input.value));
      void this.#vote(poll, choices, problem);
    } },
      make("fieldset", { class: poll.kind === "rating" ? "row plain-fields" : "stack tight plain-fields" }, make("legend", { class: "hidden-visually" }, poll.title), hint ? make("p", { class: "quiet small" }, hint) : null, ...fields),
      problem,
      make("div", { class: "row" }, make("button", { class: own ? "button" : "button primary", type: "submit" }, own ? gettext("Change my answer") : gettext("Answer")),
        own ? make("span", { class: "quiet small", role: "status" }, icon("done"), " ", gettext("Your answer is counted.")) : null));
  }

  /** @param {Poll} poll
   * @param {(number | string)[]} choices
   * @param {HTMLElement} problem */
  async #vote(poll, choices, problem) {
    problem.hidden = true;
    try {
      await this.#room?.ask("poll.vote", { poll: poll.id, choices });
    } catch (error) {
      problem.textContent = reasonOf(error);
      problem.hidden = false;
    }
  }

  // --- for those who run the room ---

  /** @param {Poll} poll
   * @returns {HTMLElement} */
  #tools(poll) {
    const bar = make("div", { class: "question-actions" });
    if (poll.state === "draft") {
      bar.append(this.#act("poll.open", poll, gettext("Open"), "play", {}, "primary"),
        make("details", { class: "more" }, make("summary", {}, gettext("Edit")), this.#draftForm(poll)),
        this.#act("poll.delete", poll, gettext("Delete"), "trash"));
    } else {
      if (poll.state === "open") bar.append(this.#act("poll.close", poll, gettext("Close"), "pause", {}, "primary"));
      else bar.append(this.#act("poll.open", poll, gettext("Open again"), "undo"));
      bar.append(this.#act("poll.show", poll, poll.shown ? gettext("Hide the results") : gettext("Show the results"), poll.shown ? "hide" : "show", { shown: !poll.shown }, poll.state === "closed" && !poll.shown ? "primary" : "quiet"));
      if (!poll.shown) bar.append(this.#act("poll.results", poll, gettext("Only for me"), "lock"));
    }
    return bar;
  }

  /** @param {string} command
   * @param {Poll} poll
   * @param {string} words
   * @param {string} symbol
   * @param {Record<string, unknown>} [data]
   * @param {string} [look]
   * @returns {HTMLElement} */
  #act(command, poll, words, symbol, data = {}, look = "quiet") {
    return make("button", { class: `button ${look}`, type: "button", click: (/** @type {Event} */ event) => {
      const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
      button.disabled = true;
      void this.#run(command, { poll: poll.id, ...data }).finally(() => { button.disabled = false; });
    } }, icon(symbol), words);
  }

  /** @param {string} command
   * @param {Record<string, unknown>} data
   * @returns {Promise<boolean>} whether it was done */
  async #run(command, data) {
    try {
      const answer = await this.#room?.ask(command, data);
      if (command === "poll.results") this.#peeked.set(answer.id, answer.results);
      this.#draw();
      return true;
    } catch (error) {
      toast(reasonOf(error), "warning");
      return false;
    }
  }

  /** @param {Poll | null} poll  the draft to change, or none for a new one
   * @returns {HTMLElement} */
  #draftForm(poll) {
    const id = `draft-${poll?.id ?? "new"}`;
    /** @type {[Poll["kind"], string][]} */
    const kinds = [["single", gettext("One choice")], ["several", gettext("Several choices")], ["rating", gettext("Rating from 1 to 5")], ["words", gettext("Words of their own")]];
    const title = make("input", { class: "input", id: `${id}-title`, maxlength: "200", dir: "auto", required: true, value: poll?.title ?? "" });
    const kind = make("select", { class: "input", id: `${id}-kind` }, ...kinds.map(([value, words]) => make("option", { value, selected: value === poll?.kind }, words)));
    const options = make("textarea", { id: `${id}-options`, rows: "4", dir: "auto" }, (poll?.options ?? []).join("\n"));
    const most = make("input", { class: "input", id: `${id}-most`, type: "number", min: "1", max: "12", value: String(poll && poll.most > 1 ? poll.most : 3) });
    const optionsField = make("div", { class: "field" }, make("label", { for: options.id }, gettext("Options, one on each line")), options);
    const mostField = make("div", { class: "field" }, make("label", { for: most.id }, gettext("At most how many each")), most);
    const fit = () => {
      optionsField.hidden = kind.value === "rating" || kind.value === "words";
      mostField.hidden = kind.value === "single" || kind.value === "rating";
    };
    kind.addEventListener("change", fit);
    fit();
    return make("form", { class: "form stack tight", submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      const data = { kind: kind.value, title: title.value.trim(), options: optionsField.hidden ? [] : options.value.split("\n").map((line) => line.trim()).filter(Boolean), ...(mostField.hidden ? {} : { most: Number(most.value) || 1 }) };
      void this.#run(poll ? "poll.edit" : "poll.create", poll ? { poll: poll.id, ...data } : data).then((done) => {
        if (!done || poll) return;
        title.value = "";
        options.value = "";
        this.#make.open = false;
      });
    } },
      make("div", { class: "field" }, make("label", { for: title.id }, gettext("What do you want to ask?")), title),
      make("div", { class: "field" }, make("label", { for: kind.id }, gettext("How people answer")), kind),
      optionsField, mostField,
      make("button", { class: "button primary", type: "submit" }, poll ? gettext("Save") : gettext("Save as a draft")));
  }
}

/** Results as bars for the eye and a table for everyone.
 * @param {Poll} poll
 * @param {Result[]} results
 * @returns {HTMLElement} */
function chart(poll, results) {
  const whole = Math.max(1, poll.answers);
  const most = Math.max(1, ...results.map((each) => each.count));
  const percent = new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "percent", maximumFractionDigits: 0 });
  return make("table", { class: "chart" }, make("caption", { class: "hidden-visually" }, fill(gettext("Results of %(title)s"), { title: poll.title })),
    make("thead", { class: "hidden-visually" }, make("tr", {}, make("th", { scope: "col" }, gettext("Answer")), make("th", { scope: "col" }, gettext("Number")), make("th", { scope: "col" }, gettext("Share")))),
    make("tbody", {}, ...results.map(({ label, count }) => make("tr", {},
      make("th", { scope: "row", dir: "auto" }, label, make("progress", { class: "bar", value: String(count), max: String(most), "aria-hidden": "true" })),
      make("td", { class: "number" }, String(count)), make("td", { class: "number quiet" }, percent.format(count / whole))))));
}

customElements.define("room-polls", RoomPolls);
