/**
 * `<room-gallery>`: the pictures of a small room, in which everybody has a camera. The same tiles and buttons as a stage; how they
 * stand is each reader's own choice: all alike, or one large: who speaks, or whom they have pinned.
 */

import { gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { CommandError } from "./socket.js";
import { control } from "./stage-bar.js";
import { RoomStage } from "./room-stage.js";

/** @import { Key } from "./console-keys.js" */
/** @import { Room } from "./room.js" */
/** @import { Deed, Shown } from "./room-stage.js" */
/** @import { How } from "./stage-layout.js" */

export class RoomGallery extends RoomStage {
  /** Whom this reader wants large: the name of a publication. @type {string | null} */ #pinned = null;
  #large = false;
  #blurring = false;

  /** @override
   * @param {Room} room */
  set room(room) {
    super.room = room;
    this.classList.add("gallery");
    this.setAttribute("aria-label", gettext("People in this room"));
  }

  /** @override
   * @param {Room} room
   * @returns {How} */
  how(room) {
    const pinned = room.publications.some(({ name }) => name === this.#pinned) ? this.#pinned : null;
    return { layout: this.#large ? "speaker" : "screen", pinned };
  }

  /** @override
   * @returns {boolean} */
  isGuest() {
    return false;
  }

  /** @override */
  get leaveWords() {
    return gettext("Leave the table");
  }

  /** @override
   * @returns {string} */
  invitation() {
    return gettext("Nobody has started a camera yet. Start yours when you are ready.");
  }

  /** @override
   * @param {Room} room
   * @returns {unknown} */
  moreState(room) {
    return [this.#hand(room)?.id ?? null, mayRaise(room), this.#large, this.#canBlur(), this.#blurs(), this.#blurring, room.publications.length > 1];
  }

  /** @override
   * @param {Room} room
   * @returns {HTMLElement[]} */
  moreControls(room) {
    const up = this.#hand(room) !== undefined;
    const made = [];
    if (up || mayRaise(room)) made.push(control("hand", "hand", up ? gettext("Lower my hand") : gettext("Raise my hand"), { pressed: up, keys: "h", press: () => this.#raise(room) }));
    if (this.#canBlur()) made.push(control("blur", "user", gettext("Blur what is behind me"), { pressed: this.#blurs(), disabled: this.#blurring, keys: "x", press: () => this.#toggleBlur() }));
    if (room.publications.length > 1) made.push(control("look", this.#large ? "grid" : "user", this.#large ? gettext("All alike") : gettext("Who speaks large"), { keys: "g", press: () => { this.#large = !this.#large; this.redraw(); } }));
    return made;
  }

  /** @override
   * @param {Room} room
   * @param {Shown} shown
   * @returns {Deed[]} */
  deedsFor(room, shown) {
    const deeds = super.deedsFor(room, shown).filter(({ does }) => does !== "stage.hand_over");
    if (shown.person === room.me && shown.source === "camera") return deeds;
    const pinned = shown.name === this.#pinned;
    const pin = { does: "pin", symbol: "full", words: pinned ? gettext("Do not keep large any more") : gettext("Keep large for me"), act: () => { this.#pinned = pinned ? null : shown.name; this.redraw(); } };
    return [pin, ...deeds];
  }

  /** @override
   * @param {Room} room
   * @param {Shown} shown
   * @returns {[string, string] | null} */
  markFor(room, shown) {
    const raised = [...(room.state.hand?.values() ?? [])].some(({ person, state }) => person && person.id === shown.person && state === "waiting");
    return raised && shown.source === "camera" ? ["hand", gettext("Hand raised")] : null;
  }

  /** @override
   * @returns {Key[]} */
  get keys() {
    const press = (/** @type {string} */ does) => () => /** @type {HTMLElement | null} */ (this.querySelector(`.stage-bar [data-does="${does}"]`))?.click();
    const own = super.keys.map((each) => (each.key === "e" ? { ...each, words: this.leaveWords } : each)).filter(({ key }) => !["y", "Shift+Y", "Shift+S", "Shift+P", "Shift+B", "Shift+H"].includes(key));
    return [
      ...own,
      { key: "h", words: gettext("Raise or lower my hand"), act: press("hand") },
      { key: "g", words: gettext("All alike, or who speaks large"), act: press("look") },
      { key: "x", words: gettext("Blur what is behind me, where the browser can"), act: press("blur") },
      { key: "Shift+G", words: gettext("Nobody is kept large any more"), act: () => { this.#pinned = null; this.redraw(); } },
    ];
  }

  /** @param {Room} room */
  #hand(room) {
    return [...(room.state.hand?.values() ?? [])].find(({ person }) => person?.id === room.me);
  }

  /** @param {Room} room */
  async #raise(room) {
    const hand = this.#hand(room);
    try {
      await (hand ? room.ask("hand.lower", { hand: hand.id }) : room.ask("hand.raise", { place: "online" }));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      toast(error.message || gettext("There is no connection at the moment. Try again when it is back."), "warning");
    }
  }

  /** @returns {MediaStreamTrack | undefined} */
  get #track() {
    return this.own?.publications().find(({ source }) => source === "camera")?.stream.getVideoTracks()[0];
  }

  /** Whether the browser, or the system below it, blurs by itself. Nothing else would be light enough for the devices of many. */
  #canBlur() {
    /** @type {any} */ const can = this.#track?.getCapabilities?.();
    return Array.isArray(can?.backgroundBlur) && can.backgroundBlur.includes(true) && can.backgroundBlur.includes(false);
  }

  #blurs() {
    /** @type {any} */ const now = this.#track?.getSettings?.();
    return now?.backgroundBlur === true;
  }

  async #toggleBlur() {
    const constraints = /** @type {any} */ ({ backgroundBlur: { exact: !this.#blurs() } });
    this.#blurring = true;
    this.redraw();
    try {
      await this.#track?.applyConstraints(constraints);
    } catch {
      toast(gettext("The browser could not change that. Your system may have a setting of its own for it."), "warning");
    } finally {
      this.#blurring = false;
      this.redraw();
    }
  }
}

/** @param {Room} room
 * @returns {boolean} */
function mayRaise(room) {
  return !room.muted && (room.state.rules?.get(room.id)?.hands ?? true);
}

customElements.define("room-gallery", RoomGallery);
