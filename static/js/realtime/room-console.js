/**
 * `<room-console room="12">`: everything that whoever runs a room needs. Three columns on a wide screen (the stage and its
 * people, the one queue, the chat with what waits in it), each with its own tabs; below that one row of tabs under the stage.
 * The parts are those of the live page, with the same room and the same socket.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { startKeys } from "./console-keys.js";
import { make, onceAFrame } from "./dom.js";
import "./live-page.js";
import { inLine, inOrder } from "./queue.js";
import { startReports } from "./report-dialog.js";
import { Room } from "./room.js";
import { RoomAnnouncements } from "./room-announcements.js";
import { RoomChat } from "./room-chat.js";
import { memory } from "./memory.js";
import { RoomLine, showCount } from "./room-line.js";
import { RoomPolls } from "./room-polls.js";
import { RoomQuestions } from "./room-questions.js";
import { RoomReports } from "./room-reports.js";
import { RoomRoster } from "./room-roster.js";
import { RoomRules } from "./room-rules.js";
import { standOn } from "./room-slides.js";
import { RoomStage } from "./room-stage.js";
import { RoomTimer, TimerDesk } from "./room-timer.js";
import { done } from "./refusal.js";
import { tabSocket } from "./tab.js";

/** @typedef {HTMLElement & {seen: () => void}} Part */
/** @typedef {{key: string, column: number, tab: HTMLButtonElement, panel: HTMLElement, count: HTMLElement, content: Part}} Side */

const WIDE = "(min-width: 64rem)";
/** In no column: a tab where there is one row of them alone. */
const NARROW = -1;

/** The log of what was done here: a part of a page of its own, fetched when it is looked at. */
class RoomLog extends HTMLElement {
  address = "";

  seen() {
    /** @type {any} */ const { htmx } = globalThis;
    if (!this.firstElementChild) this.append(make("div", { class: "skeleton box" }));
    void htmx?.ajax("GET", this.address, { target: this.firstElementChild, swap: "outerHTML" });
  }
}

customElements.define("room-log", RoomLog);

class RoomConsole extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #stage = new RoomStage();
  #timer = new RoomTimer();
  #desk = new TimerDesk();
  #line = new RoomLine();
  #chat = new RoomChat();
  #questions = new RoomQuestions();
  #reports = new RoomReports();
  #polls = new RoomPolls();
  #announcements = new RoomAnnouncements();
  /** @type {Side[]} */ #sides = [];
  #columns = [gettext("Stage and people"), gettext("Questions and polls"), gettext("Chat and reports")].map((label, at) => ({
    box: make("section", { class: `console-column column-${at + 1}`, "aria-label": label }),
    tabs: make("div", { class: "tabs", role: "tablist", "aria-label": label }),
  }));
  #strip = make("div", { class: "tabs", role: "tablist", "aria-label": gettext("Beside the stage") });
  #one = make("section", { class: "console-column", "aria-label": gettext("Beside the stage") }, this.#strip);
  #wide = matchMedia(WIDE);
  #onWidth = () => this.#layOut();
  #draw = onceAFrame(() => this.#show());

  connectedCallback() {
    const id = Number(this.getAttribute("room"));
    if (!Number.isInteger(id) || id < 1 || this.#room) return;
    const room = (this.#room = new Room(tabSocket(), id, memory()));
    const [roster, rules, log] = [new RoomRoster(), new RoomRules(), new RoomLog()];
    log.address = this.dataset.log ?? "";
    this.#questions.desk = true;
    this.#add("timer", NARROW, gettext("Timer"), this.#desk);
    this.#add("people", 0, gettext("People"), roster);
    this.#add("rules", 0, gettext("Rules"), rules);
    this.#add("log", 0, gettext("Log"), log);
    this.#add("questions", 1, gettext("Questions"), this.#questions);
    this.#add("polls", 1, gettext("Polls"), this.#polls);
    this.#add("announcements", 1, gettext("Notices"), this.#announcements);
    this.#add("chat", 2, gettext("Chat"), this.#chat);
    this.#add("reports", 2, gettext("Reports"), this.#reports);
    const columns = make("div", { class: "console-columns" }, ...this.#columns.map(({ box }) => box), this.#one);
    this.append(this.#line, columns, startKeys(this.#keys()));
    this.#columns[0].box.append(this.#stage);
    this.#layOut();
    for (const part of [this.#line, this.#stage, this.#timer, this.#desk, roster, rules, this.#questions, this.#polls, this.#announcements, this.#chat, this.#reports]) part.room = room;
    this.#stage.prepend(this.#timer);
    standOn(this.#stage, room);
    startReports(this, room);
    room.addEventListener("change", this.#draw);
    this.#chat.addEventListener("unseen", this.#draw);
    this.addEventListener("tab:chosen", () => this.#chosen());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#chosen(); });
    this.#wide.addEventListener("change", this.#onWidth);
    room.start();
    this.#draw();
  }

  disconnectedCallback() {
    this.#wide.removeEventListener("change", this.#onWidth);
    this.#room?.stop();
    this.#room = null;
  }

  /** @param {string} key
   * @param {number} column
   * @param {string} label
   * @param {Part} content */
  #add(key, column, label, content) {
    const id = `room-${key}`;
    const count = make("span", { class: "count", hidden: true });
    const tab = make("button", { class: "tab", type: "button", role: "tab", id: `${id}-tab`, "aria-controls": id, "aria-selected": "false", tabindex: "-1" }, label, count);
    const panel = make("div", { class: key === "chat" ? "panel" : "panel padded", role: "tabpanel", id, "aria-labelledby": tab.id, hidden: true, tabindex: "-1" }, content);
    this.#sides.push({ key, column, tab, panel, count, content });
  }

  /** Put the tabs where there is room for them: in their columns, or all in one row. In each row one is chosen. */
  #layOut() {
    const wide = this.#wide.matches;
    const before = this.#sides.find(({ tab }) => tab.getAttribute("aria-selected") === "true")?.key ?? "questions";
    this.#one.hidden = wide;
    for (const [at, { box, tabs }] of this.#columns.entries()) {
      if (wide) box.append(tabs);
      else tabs.remove();
      box.hidden = !wide && at > 0;
    }
    if (wide) this.#stage.after(this.#desk);
    else this.#side("timer").panel.append(this.#desk);
    for (const side of this.#sides) {
      if (wide && side.column === NARROW) {
        side.tab.remove();
        side.panel.remove();
        continue;
      }
      const { tabs, box } = wide ? this.#columns[side.column] : { tabs: this.#strip, box: this.#one };
      tabs.append(side.tab);
      box.append(side.panel);
    }
    const rows = wide ? this.#columns.map((_each, at) => this.#sides.filter(({ column }) => column === at)) : [this.#sides];
    for (const row of rows) {
      const chosen = row.find(({ key }) => key === before) ?? row[0];
      for (const side of row) {
        side.tab.setAttribute("aria-selected", String(side === chosen));
        side.tab.tabIndex = side === chosen ? 0 : -1;
        side.panel.hidden = side !== chosen;
      }
    }
    this.#chosen();
  }

  #chosen() {
    for (const { panel, content } of this.#sides) if (!panel.hidden && panel.isConnected) content.seen();
  }

  /** @param {string} key
   * @returns {Side} */
  #side(key) {
    return /** @type {Side} */ (this.#sides.find((each) => each.key === key));
  }

  /** Open a part and go there. @param {string} key */
  #goTo(key) {
    const { tab, panel } = this.#side(key);
    tab.click();
    const field = key === "chat" ? panel.querySelector("textarea") : null;
    if (field && field.offsetParent !== null) field.focus();
    else panel.focus();
  }

  #show() {
    const room = this.#room;
    if (!room) return;
    if (this.dataset.phase !== room.phase) this.dataset.phase = room.phase;
    const hands = inLine([...(room.state.hand?.values() ?? [])]).filter(({ state }) => state === "waiting").length;
    showCount(this.#side("chat").count, this.#chat.unseen, (count) => fill(ngettext("%(count)d new message", "%(count)d new messages", count), { count }));
    showCount(this.#side("reports").count, this.#reports.waiting, (count) => fill(ngettext("%(count)d report to decide", "%(count)d reports to decide", count), { count }));
    showCount(this.#side("questions").count, this.#questions.waiting + hands, (count) => fill(ngettext("%(count)d question or hand waits", "%(count)d questions and hands wait", count), { count }));
    showCount(this.#side("people").count, room.presence.count, (count) => fill(ngettext("%(count)d person", "%(count)d people", count), { count }));
  }

  /** @returns {import("./console-keys.js").Key[]} */
  #keys() {
    const go = (/** @type {string} */ key, /** @type {string} */ words, /** @type {string} */ part) => ({ key, words, act: () => this.#goTo(part) });
    return [
      go("q", gettext("Questions and raised hands"), "questions"),
      go("c", gettext("Write in the chat"), "chat"),
      go("r", gettext("Reports"), "reports"),
      go("p", gettext("People"), "people"),
      go("o", gettext("Polls"), "polls"),
      go("n", gettext("Notices"), "announcements"),
      go("u", gettext("Rules"), "rules"),
      go("l", gettext("Log"), "log"),
      { key: "Shift+A", words: gettext("Approve the question that waits longest"), act: () => this.#act("question.approve", () => this.#waiting) },
      { key: "Shift+N", words: gettext("Answer the next question now"), act: () => this.#act("question.take", () => this.#next) },
      { key: "Shift+W", words: gettext("Give the word to the next in the line"), act: () => this.#act("hand.call", () => this.#hand) },
      { key: "Shift+T", words: gettext("Start or stop the timer"), act: () => this.#desk.toggle() },
      { key: "Shift+M", words: gettext("Tell the speaker that two minutes are left"), act: () => this.#desk.call() },
      ...this.#stage.keys,
      { key: "?", words: gettext("This list"), act: () => {} },
    ];
  }

  get #waiting() {
    const found = [...(this.#room?.behind.submission?.values() ?? [])].filter(({ state }) => state === "pending").sort((one, other) => one.id - other.id);
    return found[0] && { question: found[0].id };
  }

  get #next() {
    const found = inOrder([...(this.#room?.state.question?.values() ?? [])]).find(({ state, merged_into }) => state === "open" && merged_into === null);
    return found && { question: found.id };
  }

  get #hand() {
    const found = inLine([...(this.#room?.state.hand?.values() ?? [])]).find(({ state }) => state === "waiting");
    return found && { hand: found.id };
  }

  /** @param {string} command
   * @param {() => Record<string, unknown> | undefined} find */
  async #act(command, find) {
    const data = find();
    if (!data) {
      toast(gettext("Nothing waits for that."), "info");
      return;
    }
    await done(this.#room?.ask(command, data));
  }
}

customElements.define("room-console", RoomConsole);
