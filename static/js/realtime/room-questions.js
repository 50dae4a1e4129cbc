/**
 * `<room-questions>`: the one queue of questions of the people in the hall and online, and the line of those who want to speak.
 * Whoever runs the room finds the same list with what they may do beside each entry.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { grouped, inLine, inOrder } from "./queue.js";
import { RoomRules, rulesOf } from "./room-rules.js";
import { done, reasonOf } from "./refusal.js";
import { lengthOf } from "./writing.js";

/** @import { Hand, Question } from "./queue.js" */
/** @import { Room } from "./room.js" */

export const MOST_CHARACTERS = 500;

/** @param {Room} room
 * @returns {Question[]} what everyone sees */
const questions = (room) => [...(room.state.question?.values() ?? [])];

/** What waits to be looked at or was dismissed: everybody's for those who run the room, else one's own, oldest first.
 * @param {Room} room
 * @returns {Question[]} */
function submissions(room) {
  /** @type {Map<number, Question> | undefined} */
  const found = room.runs ? room.behind.submission : room.own.submission;
  return [...(found?.values() ?? [])].filter((each) => each.room === room.id).sort((one, other) => one.id - other.id);
}

/** @param {Room} room
 * @param {"asked" | "vote"} kind
 * @param {number} id
 * @returns {boolean} */
const has = (room, kind, id) => room.own[kind]?.has(id) ?? false;

export class RoomQuestions extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** Ids of the retried asking. @type {string} */ #clientId = crypto.randomUUID();
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #text = make("textarea", { rows: "2", dir: "auto", id: "question-text", maxlength: String(MOST_CHARACTERS * 2) });
  #anonymous = make("input", { type: "checkbox" });
  #hall = make("input", { type: "checkbox" });
  #problem = make("p", { class: "error", hidden: true, role: "alert" });
  #form = make("form", { class: "ask", submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#ask(); } });
  #anonymousLine = make("label", { class: "check" }, this.#anonymous);
  #hallLine = make("label", { class: "check" }, this.#hall);
  #button = make("button", { class: "button primary", type: "submit" });
  #shut = make("p", { class: "quiet small", hidden: true });
  #line = make("section", { class: "line" });
  #list = make("div", { class: "questions" });
  #rules = make("details", { class: "more", hidden: true });
  /** At the desk of those who run the room the queue comes first, and the rules stand elsewhere. */ desk = false;
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.#build();
    room.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** The queue is looked at now. */
  seen() {
    this.#draw();
  }

  /** How many wait for whoever runs the room. @returns {number} */
  get waiting() {
    return this.#room?.runs ? submissions(this.#room).filter((each) => each.state === "pending").length : 0;
  }

  #build() {
    this.classList.add("stack");
    this.#button.append(gettext("Ask"));
    this.#anonymousLine.append(make("span", {}, gettext("Without my name")));
    this.#hallLine.append(make("span", {}, gettext("I am in the hall")));
    this.#hall.checked = new URLSearchParams(location.search).has("hall");
    this.#form.append(
      make("label", { for: "question-text", class: "strong small" }, gettext("Your question to the stage")),
      this.#text, this.#problem, make("div", { class: "row" }, this.#anonymousLine, this.#hallLine, make("span", { class: "push" }, this.#button)),
    );
    if (this.desk) this.replaceChildren(this.#line, this.#list, make("details", { class: "more" }, make("summary", {}, gettext("Ask something yourself")), this.#form, this.#shut));
    else this.replaceChildren(this.#form, this.#shut, this.#line, this.#list, this.#rules);
    if (!this.desk) this.#buildRules();
  }

  async #ask() {
    const room = this.#room;
    const text = this.#text.value.trim();
    if (!room) return;
    if (!text || lengthOf(text) > MOST_CHARACTERS) {
      this.#complain(text ? fill(gettext("A question may have at most %(most)d characters."), { most: MOST_CHARACTERS }) : gettext("Write your question first."));
      return;
    }
    this.#button.disabled = true;
    try {
      const asked = await room.ask("question.ask", { client_id: this.#clientId, text, anonymous: this.#anonymous.checked, place: this.#hall.checked ? "hall" : "online" });
      this.#clientId = crypto.randomUUID();
      this.#text.value = "";
      this.#complain("");
      toast(asked.state === "pending" ? gettext("Thank you. The moderators look at your question first.") : gettext("Your question is in the queue."), "good");
    } catch (error) {
      this.#complain(reasonOf(error));
    } finally {
      this.#button.disabled = false;
    }
  }

  /** @param {string} words */
  #complain(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
    if (words) {
      this.#text.setAttribute("aria-invalid", "true");
      this.#text.focus();
    } else this.#text.removeAttribute("aria-invalid");
  }

  #show() {
    const room = this.#room;
    if (!room || this.offsetParent === null) return;
    const rules = rulesOf(room);
    const takes = room.phase === "here" && !room.muted && (rules.questions || room.runs);
    this.#form.hidden = !takes;
    this.#shut.hidden = takes || room.phase !== "here";
    this.#shut.textContent = room.muted ? gettext("Those who run this room have muted you here. You can read and listen along.") : gettext("Questions are closed at the moment.");
    this.#anonymousLine.hidden = !rules.anonymous_questions;
    this.#showLine(room);
    this.#showQueue(room);
    this.#rules.hidden = this.desk || !room.runs || room.phase !== "here";
  }

  // --- what holds here ---

  #buildRules() {
    const room = /** @type {Room} */ (this.#room);
    const rules = new RoomRules();
    rules.room = room;
    this.#rules.append(make("summary", {}, gettext("What holds in this room")), rules);
    this.#rules.addEventListener("toggle", () => rules.seen());
  }

  // --- the queue ---

  /** @param {Room} room */
  #showQueue(room) {
    const groups = grouped(questions(room));
    const unseen = submissions(room);
    const pending = unseen.filter((each) => each.state === "pending");
    const dismissed = unseen.filter((each) => each.state === "dismissed");
    const open = groups.filter(({ question }) => question.state !== "answered");
    const answered = groups.filter(({ question }) => question.state === "answered").reverse();
    const parts = [];
    if (pending.length) parts.push(this.#part("pending", room.runs ? gettext("To look at") : gettext("The moderators look at these first"), pending.map((each) => this.#row(each, [])), false));
    parts.push(this.#part("open", gettext("Questions"), open.length ? open.map(({ question, merged }) => this.#row(question, merged)) : [this.#nothing()], false));
    if (answered.length) parts.push(this.#part("answered", gettext("Answered"), answered.map(({ question, merged }) => this.#row(question, merged)), true));
    if (dismissed.length) parts.push(this.#part("dismissed", gettext("Dismissed"), dismissed.map((each) => this.#row(each, [])), true));
    place(this.#list, parts);
  }

  /** @type {Map<string, {box: HTMLElement, head: HTMLElement, list: HTMLElement, count: HTMLElement}>} */ #parts = new Map();

  /** @param {string} key
   * @param {string} title
   * @param {HTMLElement[]} rows
   * @param {boolean} folds
   * @returns {HTMLElement} */
  #part(key, title, rows, folds) {
    let part = this.#parts.get(key);
    if (!part) {
      const words = make("span", {});
      const count = make("span", { class: "count" });
      const list = make("ol", { class: "plain stack tight" });
      const head = folds ? make("summary", {}, words, " ", count) : make("h2", {}, words, " ", count);
      part = { box: folds ? make("details", { class: "more" }, head, list) : make("section", { class: "stack tight" }, head, list), head: words, list, count };
      this.#parts.set(key, part);
    }
    part.head.textContent = title;
    part.count.textContent = String(rows.filter((row) => row.dataset.question).length);
    place(part.list, rows);
    return part.box;
  }

  #empty = make("li", { class: "quiet" });

  /** @returns {HTMLElement} */
  #nothing() {
    this.#empty.textContent = gettext("Nobody has asked yet. Ask the first question.");
    return this.#empty;
  }

  /** @param {Question} question
   * @param {Question[]} merged
   * @returns {HTMLElement} */
  #row(question, merged) {
    const room = /** @type {Room} */ (this.#room);
    const mine = has(room, "asked", question.id);
    const voted = [question, ...merged].some((each) => has(room, "vote", each.id));
    const others = room.runs ? questions(room).filter((each) => each.id !== question.id && each.merged_into === null && each.state !== "answered") : [];
    const drawn = JSON.stringify([question, merged, mine, voted, room.runs, others.map((each) => [each.id, each.text])]);
    const key = `question-${question.id}`;
    const known = this.#rows.get(key);
    if (known?.drawn === drawn) return known.element;
    const element = make("li", { class: `question ${question.state}`, "data-question": String(question.id) },
      make("div", { class: "question-main" }, ...this.#words(question), ...merged.map((each) => make("div", { class: "question-merged" }, ...this.#words(each), room.runs ? this.#act("question.merge", each, gettext("Take apart"), "undo", { into: null }) : null))),
      this.#votes(question, voted),
      this.#actions(question, mine, others));
    if (known) keepWriting(known.element, element);
    const focused = known?.element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.act : undefined;
    this.#rows.set(key, { element, drawn });
    // Whoever works with the keyboard stays where they were when the row is drawn anew.
    if (focused) queueMicrotask(() => /** @type {HTMLElement | null} */ (element.querySelector(`[data-act="${focused}"]`) ?? element.querySelector("button"))?.focus());
    return element;
  }

  /** @param {Question} question
   * @returns {(HTMLElement | null)[]} */
  #words(question) {
    const by = question.anonymous ? make("span", {}, gettext("Without a name")) : make("bdi", { class: "name" }, question.author?.name ?? "");
    return [
      question.state === "answering" ? make("p", { class: "live" }, gettext("Being answered now")) : null,
      question.pinned ? make("p", { class: "small quiet" }, icon("flag"), " ", gettext("Pinned")) : null,
      make("p", { class: "question-text", dir: "auto" }, question.text),
      make("p", { class: "message-head" }, by, question.place === "hall" ? make("span", { class: "chip" }, gettext("In the hall")) : null),
      question.answer ? make("div", { class: "question-answer" },
        make("p", { class: "message-head" }, icon("done"), " ", gettext("Answer"), " ", make("bdi", {}, question.answered_by?.name ?? "")),
        make("p", { class: "message-text", dir: "auto" }, question.answer)) : null,
    ];
  }

  /** @param {Question} question
   * @param {boolean} voted
   * @returns {HTMLElement | null} */
  #votes(question, voted) {
    const count = question.votes;
    const words = fill(ngettext("%(count)d person wants to hear this", "%(count)d people want to hear this", count), { count });
    if (question.state !== "open" && question.state !== "answering") return null;
    return make("button", { class: "button vote", type: "button", "aria-pressed": String(voted), "aria-label": `${words}. ${gettext("I want to hear this too")}`, "data-act": "vote", click: () => void this.#vote(question, !voted) },
      icon("up"), make("span", { class: "number", "aria-hidden": "true" }, String(count)));
  }

  /** @param {Question} question
   * @param {boolean} wanted */
  async #vote(question, wanted) {
    await done(this.#room?.ask("question.vote", { question: question.id, wanted }));
  }

  /** @param {Question} question
   * @param {boolean} mine
   * @param {Question[]} others
   * @returns {HTMLElement | null} */
  #actions(question, mine, others) {
    const room = /** @type {Room} */ (this.#room);
    const { state } = question;
    const bar = make("div", { class: "question-actions" });
    if (room.runs) {
      if (state === "pending" || state === "dismissed") bar.append(this.#act("question.approve", question, gettext("Approve"), "check", {}, "primary"));
      if (state === "open") bar.append(this.#act("question.take", question, gettext("Answer now"), "mic", {}, "primary"));
      if (state === "answering") bar.append(this.#act("question.answer", question, gettext("Answered"), "done", {}, "primary"));
      if (state === "answering" || state === "answered") bar.append(this.#act("question.return", question, gettext("Back to the queue"), "undo"));
      if (state === "open" || state === "answering") {
        bar.append(this.#writeAnswer(question), this.#act("question.pin", question, question.pinned ? gettext("Unpin") : gettext("Pin"), "flag", { pinned: !question.pinned }));
        if (others.length && question.merged_into === null) bar.append(this.#mergeInto(question, others));
      }
      if (state !== "dismissed" && state !== "answered") bar.append(this.#act("question.dismiss", question, gettext("Dismiss"), "close"));
    }
    if (!mine && !room.runs && (state === "open" || state === "answering") && question.author?.id !== room.me) bar.append(make("button", { class: "button quiet", type: "button", "data-act": "report", click: () => bar.dispatchEvent(new CustomEvent("report", { bubbles: true, detail: { kind: "question", id: question.id, person: question.author?.id ?? null } })) }, icon("flag"), gettext("Report")));
    if (mine && (state === "pending" || state === "open")) bar.append(this.#act("question.withdraw", question, gettext("Take back"), "trash"));
    return bar.children.length ? bar : null;
  }

  /** @param {string} command
   * @param {Question} question
   * @param {string} words
   * @param {string} symbol
   * @param {Record<string, unknown>} [data]
   * @param {string} [look]
   * @returns {HTMLElement} */
  #act(command, question, words, symbol, data = {}, look = "quiet") {
    return make("button", { class: `button ${look}`, type: "button", "data-act": command, click: (/** @type {Event} */ event) => {
      const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
      button.disabled = true;
      void this.#run(command, { question: question.id, ...data }).finally(() => { button.disabled = false; });
    } }, icon(symbol), words);
  }

  /** @param {string} command
   * @param {Record<string, unknown>} data */
  async #run(command, data) {
    await done(this.#room?.ask(command, data)); // what it changed arrives as an update, for us as for everyone
  }

  /** @param {Question} question
   * @returns {HTMLElement} */
  #writeAnswer(question) {
    const id = `answer-${question.id}`;
    const text = make("textarea", { rows: "3", dir: "auto", id, maxlength: "2000", required: true });
    const form = make("form", { class: "stack tight", submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      if (text.value.trim()) void this.#run("question.answer", { question: question.id, text: text.value.trim() });
    } }, make("label", { for: id, class: "small strong" }, gettext("Answer in writing")), text, make("button", { class: "button primary", type: "submit" }, gettext("Send the answer")));
    return make("details", { class: "more" }, make("summary", { "data-act": "write" }, gettext("Write an answer")), form);
  }

  /** @param {Question} question
   * @param {Question[]} others
   * @returns {HTMLElement} */
  #mergeInto(question, others) {
    const id = `merge-${question.id}`;
    const choice = make("select", { id, class: "input" }, ...inOrder(others).map((each) => make("option", { value: String(each.id), dir: "auto" }, shortened(each.text))));
    const form = make("form", { class: "stack tight", submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.#run("question.merge", { question: question.id, into: Number(choice.value) });
    } }, make("label", { for: id, class: "small strong" }, gettext("It asks the same as")), choice, make("button", { class: "button", type: "submit" }, gettext("Put together")));
    return make("details", { class: "more" }, make("summary", { "data-act": "merge" }, gettext("Put under another")), form);
  }

  // --- the line ---

  #drawnLine = "";

  /** @param {Room} room */
  #showLine(room) {
    const line = inLine([...(room.state.hand?.values() ?? [])]);
    const { hands } = rulesOf(room);
    const drawn = JSON.stringify([line, hands, room.runs, room.muted, room.me, room.phase]);
    if (drawn === this.#drawnLine) return;
    this.#drawnLine = drawn;
    const own = line.find((each) => each.person?.id === room.me);
    const waiting = line.filter((each) => each.state === "waiting");
    this.#line.hidden = room.phase !== "here" || (!line.length && !hands && !room.runs);
    this.#line.replaceChildren(
      make("h2", {}, gettext("Raised hands"), " ", make("span", { class: "count", hidden: !line.length }, String(line.length))),
      line.length ? make("ol", { class: "plain stack tight" }, ...line.map((hand) => this.#hand(room, hand, waiting))) : "",
      make("p", { class: "quiet small", role: "status" }, own ? (own.state === "speaking" ? gettext("You have the word.") : fill(gettext("You are number %(place)d in the line."), { place: waiting.indexOf(own) + 1 })) : ""),
      make("div", { class: "row" },
        own ? make("button", { class: "button", type: "button", click: () => void this.#run("hand.lower", { hand: own.id }) }, icon("hand"), gettext("Lower my hand"))
          : hands && !room.runs && !room.muted ? make("button", { class: "button", type: "button", click: () => void this.#run("hand.raise", { place: this.#hall.checked ? "hall" : "online" }) }, icon("hand"), gettext("Raise my hand")) : null,
        room.runs ? this.#addHand() : null),
    );
  }

  /** @param {Room} room
   * @param {Hand} hand
   * @param {Hand[]} waiting
   * @returns {HTMLElement} */
  #hand(room, hand, waiting) {
    const at = waiting.indexOf(hand);
    return make("li", { class: `hand ${hand.state}` },
      make("bdi", { class: "name" }, hand.person?.name ?? hand.name),
      make("span", { class: "chip" }, hand.place === "hall" ? gettext("In the hall") : gettext("Online")),
      hand.state === "speaking" ? make("span", { class: "live" }, gettext("Has the word")) : null,
      room.runs ? make("span", { class: "row push" },
        hand.state === "waiting" ? make("button", { class: "button", type: "button", click: () => void this.#run("hand.call", { hand: hand.id }) }, icon("mic"), gettext("Give the word")) : null,
        at > 0 ? make("button", { class: "button icon-only quiet", type: "button", "aria-label": fill(gettext("Move %(name)s forward"), { name: hand.person?.name ?? hand.name }), click: () => void this.#run("hand.move", { hand: hand.id, before: waiting[at - 1].id }) }, icon("arrow-up")) : null,
        make("button", { class: "button icon-only quiet", type: "button", "aria-label": fill(gettext("Take %(name)s out of the line"), { name: hand.person?.name ?? hand.name }), click: () => void this.#run("hand.lower", { hand: hand.id }) }, icon("check"))) : null);
  }

  /** @returns {HTMLElement} */
  #addHand() {
    const name = make("input", { class: "input", id: "hand-name", maxlength: "80", dir: "auto", required: true });
    return make("details", { class: "more" }, make("summary", {}, gettext("Add somebody in the hall")),
      make("form", { class: "row", submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        if (name.value.trim()) void this.#run("hand.add", { name: name.value.trim() });
      } }, make("label", { for: "hand-name", class: "small strong" }, gettext("Name, or where they sit")), name, make("button", { class: "button", type: "submit" }, gettext("Add"))));
  }
}

/** Others change what an entry shows while somebody writes in it: what is open stays open, with what was written.
 * @param {HTMLElement} before
 * @param {HTMLElement} after */
function keepWriting(before, after) {
  for (const open of before.querySelectorAll("details[open]")) {
    const act = open.querySelector("summary")?.dataset.act;
    const same = after.querySelector(`summary[data-act="${act}"]`)?.closest("details");
    if (same) same.open = true;
  }
  for (const written of before.querySelectorAll("textarea")) {
    const same = after.querySelector("textarea");
    if (same) {
      same.value = written.value;
      same.setSelectionRange(written.selectionStart, written.selectionEnd);
      if (written === document.activeElement) queueMicrotask(() => same.focus());
    }
  }
}

/** @param {string} text
 * @returns {string} */
function shortened(text) {
  const characters = [...text];
  return characters.length > 70 ? `${characters.slice(0, 69).join("")}…` : text;
}

customElements.define("room-questions", RoomQuestions);
