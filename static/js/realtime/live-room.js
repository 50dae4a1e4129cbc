/**
 * `<live-room room="12">`: stage, chat and people of one room. It keeps what the page put into it; children with `data-panel`
 * become tabs beside the chat, named by their `data-label`.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { startKeys } from "./console-keys.js";
import { make, onceAFrame } from "./dom.js";
import "./live-page.js";
import { together } from "./moderation.js";
import { startReports } from "./report-dialog.js";
import { NetworkBar } from "./network-bar.js";
import { Room } from "./room.js";
import { RoomAnnouncements } from "./room-announcements.js";
import { RoomMaterials } from "./room-materials.js";
import { RoomCaptions } from "./room-captions.js";
import { RoomChat } from "./room-chat.js";
import { memory } from "./memory.js";
import { RoomLine, showCount } from "./room-line.js";
import { RoomPeople } from "./room-people.js";
import { RoomPolls } from "./room-polls.js";
import { RoomQuestions } from "./room-questions.js";
import { RoomReactions } from "./room-reactions.js";
import { standOn } from "./room-slides.js";
import { RoomStage } from "./room-stage.js";
import { RoomTimer } from "./room-timer.js";
import { SlidesDesk } from "./slides-desk.js";
import { tabSocket } from "./tab.js";

/** @typedef {{key: string, tab: HTMLButtonElement, panel: HTMLElement, count: HTMLElement}} Side */

export class LiveRoom extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #chat = new RoomChat();
  #people = new RoomPeople();
  #questions = new RoomQuestions();
  #polls = new RoomPolls();
  #captions = new RoomCaptions();
  #announcements = new RoomAnnouncements();
  #materials = new RoomMaterials();
  #slides = new SlidesDesk();
  #stage = this.makeStage();
  #reactions = new RoomReactions();
  #line = new RoomLine();
  #timer = new RoomTimer();
  #network = new NetworkBar();
  /** @type {Side[]} */ #sides = [];
  #draw = onceAFrame(() => this.#show());

  connectedCallback() {
    const id = Number(this.getAttribute("room"));
    if (!Number.isInteger(id) || id < 1 || this.#room) return;
    const socket = tabSocket();
    this.#room = new Room(socket, id, memory());
    this.#build();
    this.#line.room = this.#room;
    this.#stage.room = this.#room;
    const slides = standOn(this.#stage, this.#room);
    this.#slides.start(this.#room, this.dataset.slides ?? "");
    this.#slides.onShown = () => slides.takeKeys();
    this.#timer.room = this.#room;
    this.#stage.prepend(this.#timer);
    startReports(this, this.#room);
    this.#chat.room = this.#room;
    this.#people.room = this.#room;
    this.#reactions.room = this.#room;
    this.#stage.append(make("div", { class: "stage-foot" }, this.#reactions, this.#network));
    this.#network.room = this.#room;
    this.#questions.room = this.#room;
    this.#polls.room = this.#room;
    this.#captions.room = this.#room;
    this.#stage.querySelector(".stage-bar")?.before(this.#captions);
    this.#announcements.room = this.#room;
    this.#materials.room = this.#room;
    this.#room.addEventListener("change", this.#draw);
    this.#chat.addEventListener("unseen", this.#draw);
    this.#room.start();
    this.#draw();
  }

  /** Where the pictures are. */
  makeStage() {
    return new RoomStage();
  }

  disconnectedCallback() {
    this.#room?.stop();
    this.#room = null;
  }

  #build() {
    this.classList.add("room");
    const tabs = make("div", { class: "tabs", role: "tablist", "aria-label": gettext("Beside the stage") });
    const side = make("aside", { class: "room-side", "aria-label": gettext("Chat and people") }, tabs, this.#line);
    const own = [...this.querySelectorAll(":scope > [data-panel]")];
    this.#addSide(side, tabs, "chat", gettext("Chat"), this.#chat);
    this.#addSide(side, tabs, "questions", gettext("Questions"), this.#questions);
    this.#addSide(side, tabs, "polls", gettext("Polls"), this.#polls);
    this.#addSide(side, tabs, "captions", gettext("Captions"), this.#captions.transcript);
    this.#addSide(side, tabs, "people", gettext("People"), this.#people);
    this.#addSide(side, tabs, "slides", gettext("Slides"), this.#slides);
    this.#addSide(side, tabs, "materials", gettext("Materials"), this.#materials);
    this.#addSide(side, tabs, "announcements", gettext("Notices"), this.#announcements);
    for (const panel of own) {
      if (panel instanceof HTMLElement) this.#addSide(side, tabs, panel.dataset.panel ?? "", panel.dataset.label ?? "", panel);
    }
    this.#stage.offersKeys = true;
    this.append(this.#stage, side, startKeys([...this.#stage.keys, { key: "?", words: gettext("This list"), act: () => {} }], gettext("Keys of the stage")));
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
    if (!this.#side("materials").panel.hidden) this.#materials.seen();
    if (!this.#side("slides").panel.hidden) this.#slides.seen();
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
    showCount(this.#side("chat").count, this.#chat.unseen, (count) => fill(ngettext("%(count)d new message", "%(count)d new messages", count), { count }));
    showCount(this.#side("questions").count, this.#questions.waiting, (count) => fill(ngettext("%(count)d question to look at", "%(count)d questions to look at", count), { count }));
    this.#side("polls").tab.hidden = !this.#polls.used;
    this.#side("captions").tab.hidden = !this.#captions.used;
    this.#side("announcements").tab.hidden = !this.#announcements.used;
    this.#side("materials").tab.hidden = !this.#materials.used;
    this.#side("slides").tab.hidden = !this.#slides.used;
    showCount(this.#side("polls").count, this.#polls.waiting, (count) => fill(ngettext("%(count)d poll to answer", "%(count)d polls to answer", count), { count }));
    const reports = /** @type {HTMLElement | null} */ (this.querySelector("[data-reports]"));
    if (reports) showCount(reports, together([...(room.behind.report?.values() ?? [])]).open.length, (count) => fill(ngettext("%(count)d report to decide", "%(count)d reports to decide", count), { count }));
    showCount(this.#side("people").count, room.presence.count, (count) => fill(ngettext("%(count)d person", "%(count)d people", count), { count }));
  }
}

customElements.define("live-room", LiveRoom);
