/** `<room-line>`: the honest line of a room: where we stand with the server. It counts down for the eye; for the ear it says once
 * how it stands. Nothing is shown while all is well. */

import { fill, gettext, ngettext } from "../i18n.js";
import { icon, make, onceAFrame } from "./dom.js";

/** @import { Room } from "./room.js" */

export class RoomLine extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #line = make("div", { class: "notice room-line", hidden: true });
  /** @type {SVGElement} */ #symbol = icon("connected");
  #shown = "connected";
  #words = make("p", { class: "small", dir: "auto", "aria-hidden": "true" });
  #spoken = make("p", { class: "hidden-visually", role: "status" });
  #again = make("button", { class: "button quiet", type: "button", hidden: true, click: () => this.#room?.socket.retryNow() });
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock;
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.#again.append(gettext("Try now"));
    this.#line.append(this.#symbol, make("div", {}, this.#words), this.#again);
    this.replaceChildren(this.#line, this.#spoken);
    room.addEventListener("change", this.#draw);
    room.socket.addEventListener("state", this.#draw);
    room.socket.addEventListener("delayed", this.#draw);
    // The seconds until the next try are counted down in words.
    this.#clock = setInterval(() => { if (room.phase !== "here") this.#draw(); }, 1000);
    this.#draw();
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
  }

  #show() {
    const room = this.#room;
    if (!room) return;
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

/** A number on a tab, with its words for the ear.
 * @param {HTMLElement} badge
 * @param {number} count
 * @param {(count: number) => string} words */
export function showCount(badge, count, words) {
  badge.hidden = count === 0;
  const shown = count > 999 ? "999+" : String(count);
  if (badge.dataset.shown === shown) return;
  badge.dataset.shown = shown;
  badge.replaceChildren(make("span", { "aria-hidden": "true" }, shown), make("span", { class: "hidden-visually" }, words(count)));
}

customElements.define("room-line", RoomLine);
