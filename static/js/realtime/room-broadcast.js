/**
 * `<room-broadcast>`: where the broadcast stands. Everyone sees that it is live and for how long. Those with a part on the stage
 * see when they are behind the scenes, who of the planned people is there, and whether they are heard; those who run the room
 * go live and end here. It counts by the server's clock, and tells screen readers each step once.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { broadcastOf, patience, standing, whereIs } from "./broadcast.js";
import { clockOf } from "./countdown.js";
import { icon, make } from "./dom.js";
import { Level } from "./level.js";
import { RoomRatings } from "./room-rating.js";
import { reasonOf } from "./refusal.js";

/** @import { Around } from "./around.js" */
/** @import { OnStage } from "./on-stage.js" */
/** @import { Room } from "./room.js" */

const COUNTDOWNS = [0, 5, 10, 30, 60];
const ASK_EVERY = 10_000;
const TICK = 250;

export class RoomBroadcast extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {OnStage | null} */ #own = null;
  /** @type {Around | null} */ #around = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #look;
  #level = new Level();
  #ratings = new RoomRatings();
  /** Everyone who is here, where the room is too large to say so by itself. @type {Set<number> | null} */ #asked = null;
  #askedAt = 0;
  #mark = make("span", { class: "live" });
  #symbol = make("span", { class: "air-symbol" });
  #name = make("strong", {});
  #time = make("span", { class: "air-time number", dir: "ltr", role: "timer" });
  #words = make("span", { class: "air-words" });
  #acts = make("div", { class: "air-acts" });
  #summary = make("summary", {});
  #list = make("ul", { class: "air-list" });
  #ready = make("details", { class: "more air-ready" }, this.#summary, this.#list);
  #spoken = make("p", { class: "hidden-visually", role: "status" });
  #countdown = make("select", { class: "input", id: "air-countdown" });
  #phase = "";
  /** What is drawn of each part. @type {Map<string, string>} */ #drawn = new Map();
  #busy = false;

  /** @param {Room} room
   * @param {OnStage} own
   * @param {Around} around */
  start(room, own, around) {
    this.#room = room;
    this.#own = own;
    this.#around = around;
    this.#ratings.room = room;
    this.classList.add("air");
    this.hidden = true;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", gettext("Broadcast"));
    this.#mark.append(gettext("Live"));
    this.#countdown.setAttribute("aria-label", gettext("Countdown"));
    for (const seconds of COUNTDOWNS) {
      const words = seconds ? fill(ngettext("in %(count)d second", "in %(count)d seconds", seconds), { count: seconds }) : gettext("at once");
      this.#countdown.append(make("option", { value: String(seconds), selected: seconds === 10 }, words));
    }
    this.#ready.open = matchMedia("(min-width: 64rem)").matches;
    this.replaceChildren(make("div", { class: "air-head" }, this.#mark, this.#symbol, this.#name, this.#time, this.#words, this.#acts), this.#ready, this.#ratings, this.#spoken);
    room.addEventListener("change", () => this.show());
    own.addEventListener("change", () => this.show());
    around.addEventListener("change", () => this.show());
    this.#clock = setInterval(() => this.#tick(), TICK);
    this.show();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    clearTimeout(this.#look);
    this.#level.stop();
  }

  #tick() {
    if (this.#phase === "" || this.#phase === "open") return;
    this.show();
    this.dispatchEvent(new Event("tick"));
  }

  show() {
    const room = this.#room;
    if (!room) return;
    const inside = room.phase === "here" || room.phase === "away";
    const now = standing(broadcastOf(room), room.socket.now());
    const { phase } = now;
    this.#speak(inside ? phase : "", now.left);
    this.#lookFor(now.due);
    const hidden = !inside || phase === "open" || (!room.mayPublish && phase !== "live");
    if (this.hidden !== hidden) this.hidden = hidden;
    this.#level.listen(!hidden && room.mayPublish && (phase === "waiting" || phase === "starting") ? this.#stream() : null);
    if (hidden) return;
    if (this.dataset.phase !== phase) this.dataset.phase = phase;
    this.#mark.hidden = phase !== "live";
    this.#once("symbol", phase, () => this.#symbol.replaceChildren(phase === "live" ? "" : icon(phase === "ended" ? "done" : phase === "starting" ? "clock" : "hide")));
    const behind = phase !== "live";
    put(this.#name, { waiting: gettext("Green room"), starting: gettext("Live in"), live: "", ended: gettext("It is over") }[phase] ?? "");
    put(this.#time, phase === "starting" ? String(now.left) : phase === "live" ? clockOf(now.lasts) : "");
    put(this.#words, room.mayPublish ? (behind ? gettext("Only you on the stage see and hear this.") : gettext("Everyone in the room sees and hears the stage.")) : "");
    this.#showActs(room, phase);
    this.#showReady(room, phase);
    this.#ratings.hidden = true;
    if (phase === "ended") this.#ratings.show();
  }

  /** What screen readers hear, once for each step that happens while one is here.
   * @param {string} phase
   * @param {number} left */
  #speak(phase, left) {
    const before = this.#phase;
    if (phase === before) return;
    this.#phase = phase;
    if (before === "" || phase === "" || before === "open" || phase === "open") return;
    const words = {
      starting: fill(ngettext("Live in %(count)d second.", "Live in %(count)d seconds.", left), { count: left }),
      live: this.#room?.mayPublish ? gettext("You are live: everyone in the room sees and hears the stage.") : gettext("It is live: the stage begins."),
      ended: gettext("It is over."),
      waiting: gettext("The countdown was stopped."),
    }[phase];
    this.#spoken.textContent = words ?? "";
  }

  /** The countdown is over and nobody has told us yet that it is live: after a while we look, which makes it so.
   * @param {boolean} due */
  #lookFor(due) {
    if (!due) {
      clearTimeout(this.#look);
      this.#look = undefined;
    } else {
      this.#look ??= setTimeout(() => {
        this.#look = undefined;
        this.#room?.ask("broadcast.look").catch(() => {}); // the next tick tries again
      }, patience(this.#room?.mayPublish ?? false));
    }
  }

  /** @param {Room} room
   * @param {string} phase */
  #showActs(room, phase) {
    this.#once("acts", JSON.stringify([room.runs, phase, this.#busy]), () => {
      const focused = document.activeElement instanceof HTMLElement && this.contains(document.activeElement) ? document.activeElement.dataset.does : undefined;
      const acts = {
        waiting: [this.#countdown, this.#act("start", "stage", gettext("Go live"), () => this.#goLive(), "go")],
        starting: [this.#act("cancel", "close", gettext("Stop the countdown"), () => this.#ask("broadcast.cancel"))],
        live: [this.#act("end", "leave", gettext("End"), () => this.#end(), "leave")],
        ended: [this.#act("reopen", "undo", gettext("Continue"), () => this.#reopen())],
      }[phase] ?? [];
      this.#acts.replaceChildren(...(room.runs ? acts : []));
      // Each step replaces its button by the next one: the keyboard stays there.
      if (focused) /** @type {HTMLElement | null} */ (this.#acts.querySelector("button"))?.focus();
    });
  }

  /** @param {string} does
   * @param {string} symbol
   * @param {string} label
   * @param {() => unknown} press
   * @param {string} [look]
   * @returns {HTMLElement} */
  #act(does, symbol, label, press, look = "") {
    return make("button", { class: `control ${look}`.trim(), type: "button", "data-does": does, "aria-disabled": this.#busy ? "true" : null, click: () => { if (!this.#busy) press(); } }, icon(symbol), label);
  }

  #goLive() {
    const countdown = Number(this.#countdown.value);
    const question = countdown
      ? fill(ngettext("Go live in %(count)d second? From then on everyone in the room sees and hears the stage.", "Go live in %(count)d seconds? From then on everyone in the room sees and hears the stage.", countdown), { count: countdown })
      : gettext("Go live at once? Everyone in the room then sees and hears the stage.");
    if (confirm(question)) void this.#ask("broadcast.start", { countdown });
  }

  #end() {
    if (confirm(gettext("End this for everyone? Only those on the stage will then see and hear each other."))) void this.#ask("broadcast.end");
  }

  #reopen() {
    if (confirm(gettext("Was it ended by mistake? Everyone in the room then sees and hears the stage again, at once."))) void this.#ask("broadcast.reopen");
  }

  /** @param {string} command
   * @param {Record<string, unknown>} [data] */
  async #ask(command, data) {
    this.#busy = true;
    this.show();
    try {
      await this.#room?.ask(command, data);
    } catch (error) {
      toast(reasonOf(error), "error");
    } finally {
      this.#busy = false;
      this.show();
    }
  }

  /** Behind the scenes: are we heard and seen, and who is there?
   * @param {Room} room
   * @param {string} phase */
  #showReady(room, phase) {
    const shown = room.mayPublish && (phase === "waiting" || phase === "starting");
    if (this.#ready.hidden === shown) this.#ready.hidden = !shown;
    if (!shown) return;
    this.#around?.want();
    const mine = this.#checks(room);
    const people = this.#people(room);
    const done = mine.filter(({ good }) => good).length;
    const { count } = room.presence;
    const waiting = fill(ngettext("%(count)d person is here", "%(count)d people are here", count), { count });
    const ready = fill(gettext("Ready: %(done)d of %(all)d"), { done, all: mine.length });
    this.#once("summary", ready + waiting, () => this.#summary.replaceChildren(`${ready} · ${waiting}`, icon("down")));
    this.#once("list", JSON.stringify([mine, people]), () => this.#list.replaceChildren(...[...mine, ...people].map(({ good, words, name }) => {
      const [before, after] = words.split("%(name)s");
      return make("li", { class: good ? "good" : "" }, icon(good ? "check" : "clock"), make("span", {}, before, name ? make("bdi", {}, name) : null, after));
    })));
  }

  /** @param {Room} room
   * @returns {{good: boolean, words: string, name?: string}[]} */
  #checks(room) {
    const own = /** @type {OnStage} */ (this.#own);
    const { camera, microphoneOn, cameraOn, hasCamera } = own.view();
    if (!camera) return [{ good: false, words: gettext("Your camera and microphone are not started yet.") }];
    const heard = this.#level.heard;
    const microphone = !microphoneOn ? gettext("Your microphone is off.") : heard ? gettext("Your microphone is heard.") : gettext("Say something: nothing was heard yet.");
    const picture = !hasCamera ? gettext("Without a camera the others see your picture or initial.") : cameraOn ? gettext("Your camera is on.") : gettext("Your camera is off.");
    const name = own.publications()[0]?.person.name ?? "";
    const known = room.publications.find(({ person }) => person.id === room.me)?.person.name ?? name;
    return [
      { good: microphoneOn && heard, words: microphone },
      { good: hasCamera && cameraOn, words: picture },
      { good: true, words: gettext("The others see you as %(name)s."), name: known },
    ];
  }

  /** @param {Room} room
   * @returns {{good: boolean, words: string, name: string}[]} */
  #people(room) {
    const planned = (this.#around?.people ?? []).filter(({ id }) => id === null || id !== room.me);
    if (room.presence.people === null && planned.length) void this.#askWho(room);
    const here = room.presence.people ? new Set(room.presence.people.map(({ id }) => id)) : this.#asked;
    const sending = new Set(room.publications.map(({ person }) => person.id));
    return planned.map((person) => {
      const where = whereIs(person, sending, here);
      const words = {
        stage: gettext("%(name)s is on the stage."),
        here: gettext("%(name)s is here, not on the stage yet."),
        away: gettext("%(name)s is not here yet."),
        unknown: gettext("%(name)s is not on the stage yet."),
        stranger: gettext("%(name)s has no account here."),
      }[where];
      return { good: where === "stage", words, name: person.name };
    });
  }

  /** @param {Room} room */
  async #askWho(room) {
    if (room.phase !== "here" || performance.now() - this.#askedAt < ASK_EVERY) return;
    this.#askedAt = performance.now();
    try {
      const { people } = await room.ask("room.people");
      this.#asked = people && new Set(people.map((/** @type {{id: number}} */ { id }) => id));
    } catch {
      // What we know of them stays.
    }
  }

  /** @returns {MediaStream | null} */
  #stream() {
    const own = this.#own;
    if (!own?.view().microphoneOn) return null;
    return own.publications().find(({ source }) => source === "camera")?.stream ?? null;
  }

  /** Draw a part where what it shows has changed.
   * @param {string} part
   * @param {string} state
   * @param {() => void} draw */
  #once(part, state, draw) {
    if (this.#drawn.get(part) === state) return;
    this.#drawn.set(part, state);
    draw();
  }
}

/** @param {HTMLElement} element
 * @param {string} words */
function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

customElements.define("room-broadcast", RoomBroadcast);
