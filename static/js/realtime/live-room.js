/**
 * `<live-room room="12">`: stage, chat and people of one room. It keeps what the page put into it; children with `data-panel`
 * become tabs beside the chat, named by their `data-label`.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { icon, make, onceAFrame } from "./dom.js";
import "./live-page.js";
import { Room } from "./room.js";
import { RoomAnnouncements } from "./room-announcements.js";
import { RoomCaptions } from "./room-captions.js";
import { RoomChat } from "./room-chat.js";
import { RoomPeople } from "./room-people.js";
import { RoomPolls } from "./room-polls.js";
import { RoomQuestions } from "./room-questions.js";
import { RoomReactions } from "./room-reactions.js";
import { RoomStage } from "./room-stage.js";
import { tabSocket } from "./tab.js";

/** @typedef {{key: string, tab: HTMLButtonElement, panel: HTMLElement, count: HTMLElement}} Side */

class LiveRoom extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #chat = new RoomChat();
  #people = new RoomPeople();
  #questions = new RoomQuestions();
  #polls = new RoomPolls();
  #captions = new RoomCaptions();
  #announcements = new RoomAnnouncements();
  #stage = new RoomStage();
  #reactions = new RoomReactions();
  #line = make("div", { class: "notice room-line", hidden: true });
  /** @type {SVGElement} */ #symbol = icon("connected");
  #shown = "connected";
  #words = make("p", { class: "small", dir: "auto" });
  #spoken = make("p", { class: "hidden-visually", role: "status" });
  #again = make("button", { class: "button quiet", type: "button", hidden: true, click: () => this.#room?.socket.retryNow() });
  /** @type {Side[]} */ #sides = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock;
  #draw = onceAFrame(() => this.#show());

  connectedCallback() {
    const id = Number(this.getAttribute("room"));
    if (!Number.isInteger(id) || id < 1 || this.#room) return;
    const socket = tabSocket();
    this.#room = new Room(socket, id, memory());
    this.#build();
    this.#stage.room = this.#room;
    this.#chat.room = this.#room;
    this.#people.room = this.#room;
    this.#reactions.room = this.#room;
    this.#stage.append(this.#reactions);
    this.#questions.room = this.#room;
    this.#polls.room = this.#room;
    this.#captions.room = this.#room;
    this.#stage.querySelector(".stage-bar")?.before(this.#captions);
    this.#announcements.room = this.#room;
    this.#room.addEventListener("change", this.#draw);
    socket.addEventListener("state", this.#draw);
    socket.addEventListener("delayed", this.#draw);
    this.#chat.addEventListener("unseen", this.#draw);
    this.#room.start();
    // The seconds until the next try are counted down in words.
    this.#clock = setInterval(() => { if (this.#room?.phase !== "here") this.#draw(); }, 1000);
    this.#draw();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.#room?.stop();
    this.#room = null;
  }

  #build() {
    this.classList.add("room");
    this.#words.setAttribute("aria-hidden", "true");
    this.#again.append(gettext("Try now"));
    this.#line.append(this.#symbol, make("div", {}, this.#words), this.#again);
    const tabs = make("div", { class: "tabs", role: "tablist", "aria-label": gettext("Beside the stage") });
    const side = make("aside", { class: "room-side", "aria-label": gettext("Chat and people") }, tabs, this.#line, this.#spoken);
    const own = [...this.querySelectorAll(":scope > [data-panel]")];
    this.#addSide(side, tabs, "chat", gettext("Chat"), this.#chat);
    this.#addSide(side, tabs, "questions", gettext("Questions"), this.#questions);
    this.#addSide(side, tabs, "polls", gettext("Polls"), this.#polls);
    this.#addSide(side, tabs, "captions", gettext("Captions"), this.#captions.transcript);
    this.#addSide(side, tabs, "people", gettext("People"), this.#people);
    this.#addSide(side, tabs, "announcements", gettext("Notices"), this.#announcements);
    for (const panel of own) {
      if (panel instanceof HTMLElement) this.#addSide(side, tabs, panel.dataset.panel ?? "", panel.dataset.label ?? "", panel);
    }
    this.append(this.#stage, side);
    this.addEventListener("tab:chosen", () => this.#chosen());
    // The short address on the wall of the hall leads to the questions.
    this.#sides.find(({ panel }) => `#${panel.id}` === location.hash)?.tab.click();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#chosen(); });
  }

  /** @param {HTMLElement} side
   * @param {HTMLElement} tabs
   * @param {string} key
   * @param {string} label
   * @param {HTMLElement} content */
  #addSide(side, tabs, key, label, content) {
    const id = `room-${key}`;
    const first = this.#sides.length === 0;
    const count = make("span", { class: "count", hidden: true });
    const tab = make("button", { class: "tab", type: "button", role: "tab", id: `${id}-tab`, "aria-controls": id, "aria-selected": String(first), tabindex: first ? "0" : "-1" }, label, count);
    const look = key === "chat" ? "panel" : "panel padded";
    const panel = make("div", { class: look, role: "tabpanel", id, "aria-labelledby": tab.id, hidden: !first }, content);
    content.hidden = false;
    this.#sides.push({ key, tab, panel, count });
    tabs.append(tab);
    side.append(panel);
  }

  #chosen() {
    if (!this.#side("chat").panel.hidden) this.#chat.seen();
    if (!this.#side("people").panel.hidden) this.#people.seen();
    if (!this.#side("questions").panel.hidden) this.#questions.seen();
    if (!this.#side("polls").panel.hidden) this.#polls.seen();
    this.#captions.transcript.seen();
    if (!this.#side("announcements").panel.hidden) this.#announcements.seen();
  }

  /** @param {string} key
   * @returns {Side} */
  #side(key) {
    return /** @type {Side} */ (this.#sides.find((each) => each.key === key));
  }

  #show() {
    const room = this.#room;
    if (!room) return;
    if (this.dataset.phase !== room.phase) this.dataset.phase = room.phase;
    if (this.dataset.role !== room.role) this.dataset.role = room.role;
    this.#countOn(this.#side("chat"), this.#chat.unseen, (count) => fill(ngettext("%(count)d new message", "%(count)d new messages", count), { count }));
    this.#countOn(this.#side("questions"), this.#questions.waiting, (count) => fill(ngettext("%(count)d question to look at", "%(count)d questions to look at", count), { count }));
    this.#side("polls").tab.hidden = !this.#polls.used;
    this.#side("captions").tab.hidden = !this.#captions.used;
    this.#side("announcements").tab.hidden = !this.#announcements.used;
    this.#countOn(this.#side("polls"), this.#polls.waiting, (count) => fill(ngettext("%(count)d poll to answer", "%(count)d polls to answer", count), { count }));
    this.#countOn(this.#side("people"), room.presence.count, (count) => fill(ngettext("%(count)d person", "%(count)d people", count), { count }));
    this.#showLine(room);
  }

  /** @param {Side} side
   * @param {number} count
   * @param {(count: number) => string} words */
  #countOn({ count: badge }, count, words) {
    badge.hidden = count === 0;
    const shown = count > 999 ? "999+" : String(count);
    if (badge.dataset.shown === shown) return;
    badge.dataset.shown = shown;
    badge.replaceChildren(make("span", { "aria-hidden": "true" }, shown), make("span", { class: "hidden-visually" }, words(count)));
  }

  /** The honest line: where we stand with the server. It counts down for the eye; for the ear it says once how it stands.
   * @param {Room} room */
  #showLine(room) {
    const { look, symbol, words, spoken } = standing(room);
    this.#line.hidden = words === "";
    this.#line.className = `notice room-line ${look}`;
    if (this.#words.textContent !== words) this.#words.textContent = words;
    if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
    if (this.#shown !== symbol) {
      const fresh = icon(symbol);
      this.#symbol.replaceWith(fresh);
      this.#symbol = fresh;
      this.#shown = symbol;
    }
    this.#again.hidden = room.socket.state !== "waiting";
  }
}

/** @param {Room} room
 * @returns {{look: string, symbol: string, words: string, spoken: string}} */
function standing(room) {
  if (room.phase === "refused" || room.phase === "closed") {
    const words = room.problem?.message || gettext("You cannot enter this room.");
    return { look: "error", symbol: "lock", words, spoken: words };
  }
  if (room.phase === "here" && room.socket.delayed) {
    const words = gettext("News of the others come late at the moment. What you write is kept.");
    return { look: "offline", symbol: "offline", words, spoken: words };
  }
  if (room.phase === "here") return { look: "", symbol: "connected", words: "", spoken: "" };
  if (room.socket.state === "waiting") {
    const seconds = Math.max(1, Math.ceil((room.socket.retryAt - Date.now()) / 1000));
    const words = ngettext("No connection. Trying again in %(seconds)d second. What you write is kept.", "No connection. Trying again in %(seconds)d seconds. What you write is kept.", seconds);
    return { look: "offline", symbol: "offline", words: fill(words, { seconds }), spoken: gettext("No connection. What you write is kept.") };
  }
  const words = room.phase === "away" ? gettext("Connecting again… What you write is kept.") : gettext("Connecting…");
  return { look: "offline", symbol: "connected", words, spoken: room.phase === "away" ? gettext("No connection. What you write is kept.") : words };
}

/** @returns {Storage | null} */
function memory() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

customElements.define("live-room", LiveRoom);
