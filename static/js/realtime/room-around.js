/**
 * `<room-around>`: what stands in the place of the stage for those who do not see it: before, during the countdown, and after.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { broadcastOf, seesStage, standing } from "./broadcast.js";
import { clockOf } from "./countdown.js";
import { icon, make } from "./dom.js";
import { RoomRating } from "./room-rating.js";
import { rulesOf } from "./room-rules.js";

/** @import { Around } from "./around.js" */
/** @import { Room } from "./room.js" */

const HOUR = 3600;

export class RoomAround extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {Around | null} */ #around = null;
  #rating = new RoomRating();
  #head = make("h2", { class: "around-head" });
  #number = make("p", { class: "around-number number", dir: "ltr", "aria-hidden": "true" });
  #soon = make("p", { class: "around-soon" });
  #count = make("p", { class: "around-count" });
  #told = make("div", { class: "around-told" });
  #captions = make("p", { class: "row" });
  #drawn = "";
  #phase = "";

  /** @param {Room} room
   * @param {Around} around */
  start(room, around) {
    this.#room = room;
    this.#around = around;
    this.classList.add("around");
    this.hidden = true;
    this.#rating.room = room;
    this.replaceChildren(this.#head, this.#number, this.#soon, this.#rating, this.#told, this.#captions, this.#count);
    around.addEventListener("change", () => { this.#drawn = ""; this.show(); });
  }

  show() {
    const room = this.#room;
    const around = this.#around;
    if (!room || !around) return;
    const broadcast = broadcastOf(room);
    const { phase, left } = standing(broadcast, room.socket.now());
    const shown = Boolean(broadcast) && !seesStage(room) && (room.phase === "here" || room.phase === "away");
    if (this.hidden === shown) this.hidden = !shown;
    if (!shown) {
      this.#phase = phase;
      return;
    }
    around.want();
    if (phase === "ended" && this.#phase !== "ended" && this.#phase !== "") around.renew();
    this.#phase = phase;
    this.#draw(phase);
    this.#number.hidden = phase !== "starting" || left === 0;
    put(this.#number, String(left));
    put(this.#soon, phase === "waiting" ? this.#plan(room, around) : "");
    this.#soon.hidden = this.#soon.textContent === "";
    put(this.#count, phase === "ended" ? "" : this.#people(room));
    this.#count.hidden = phase === "ended";
    this.#rating.hidden = phase !== "ended";
    if (phase === "ended") this.#rating.show();
  }

  /** What changes only with the state or the programme.
   * @param {string} phase */
  #draw(phase) {
    const captions = phase === "ended" ? [...(this.#room?.state.captions?.values() ?? [])] : [];
    const drawn = JSON.stringify([phase, captions]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    if (this.dataset.phase !== phase) this.dataset.phase = phase;
    put(this.#head, { waiting: gettext("The speakers are getting ready"), starting: gettext("It begins in a moment"), ended: gettext("Thank you for being there") }[phase] ?? "");
    this.#told.replaceChildren(.../** @type {Around} */ (this.#around).part(phase === "ended" ? "after" : "before"));
    this.#told.hidden = phase === "starting";
    this.#captions.replaceChildren(...captions.map(({ file, name, language }) => make("a", { class: "button quiet", href: file }, icon("captions"), make("span", { lang: language }, fill(gettext("Captions: %(language)s"), { language: name })))));
    this.#captions.hidden = captions.length === 0;
  }

  /** @param {Room} room
   * @param {Around} around
   * @returns {string} */
  #plan(room, around) {
    if (around.planned === null) return "";
    const seconds = Math.ceil((around.planned - room.socket.now()) / 1000);
    if (seconds > 24 * HOUR) return "";
    return seconds > 0 ? fill(gettext("Planned to begin in %(time)s"), { time: clockOf(seconds) }) : gettext("It begins any moment.");
  }

  /** @param {Room} room
   * @returns {string} */
  #people(room) {
    const { count } = room.presence;
    const words = fill(ngettext("%(count)d person is here.", "%(count)d people are here.", count), { count });
    const meanwhile = gettext("You can ask your questions already.");
    return rulesOf(room).questions ? `${words} ${meanwhile}` : words;
  }
}

/** @param {HTMLElement} element
 * @param {string} words */
function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

customElements.define("room-around", RoomAround);
