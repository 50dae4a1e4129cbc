/**
 * `<room-stage>`: who is on the stage, seen and heard; and for those who may, the way onto it.
 *
 * Each publication is a tile. What comes from this tab is shown as its own preview; everything else is watched. A browser that
 * does not let a page make sound by itself gets one button for all of it.
 */

import { gettext, fill } from "../i18n.js";
import { toast } from "../toasts.js";
import { Around } from "./around.js";
import { broadcastOf, seesStage } from "./broadcast.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { OnStage } from "./on-stage.js";
import { RoomAround } from "./room-around.js";
import { RoomBroadcast } from "./room-broadcast.js";
import { Tile } from "./stage-tile.js";

/** @import { Publication, Room } from "./room.js" */

export class RoomStage extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {OnStage | null} */ #own = null;
  /** @type {Map<number, Tile>} */ #tiles = new Map();
  #muted = false;
  #silenced = false;
  #drawn = "";
  #broadcast = new RoomBroadcast();
  #before = new RoomAround();
  /** @type {Around | null} */ #around = null;
  #grid = make("div", { class: "tiles" });
  #empty = make("div", { class: "stage-empty" });
  #bar = make("div", { class: "stage-bar", role: "group" });
  #status = make("p", { class: "hidden-visually", role: "status" });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.#own = new OnStage(room);
    this.classList.add("stage");
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", gettext("Stage"));
    this.#bar.setAttribute("aria-label", gettext("Stage controls"));
    this.replaceChildren(this.#broadcast, this.#grid, this.#empty, this.#before, this.#bar, this.#status);
    this.#around = new Around(this.closest("[data-around]")?.getAttribute("data-around") ?? "");
    this.#broadcast.start(room, this.#own, this.#around);
    this.#before.start(room, this.#around);
    this.#broadcast.addEventListener("tick", () => this.#before.show());
    room.addEventListener("change", this.#draw);
    room.addEventListener("state", () => this.#returnToStage());
    this.#own.addEventListener("change", this.#draw);
    this.#own.addEventListener("problem", (event) => toast(/** @type {CustomEvent} */ (event).detail, "error"));
    this.#draw();
  }

  disconnectedCallback() {
    for (const tile of this.#tiles.values()) tile.stop();
    this.#tiles.clear();
    void this.#own?.leave();
    this.#around?.stop();
  }

  /** After a reload, those who were on the stage come back to it. */
  #returnToStage() {
    if (this.#room?.phase === "here" && this.#room.mayPublish) void this.#own?.comeBack();
  }

  #show() {
    const room = this.#room;
    const own = this.#own;
    if (!room || !own) return;
    if (!room.mayPublish && room.phase === "here" && own.isOn) void own.leave();
    const sees = seesStage(room);
    const shown = room.phase === "refused" || room.phase === "closed" || !sees ? [] : room.publications;
    const tiles = this.#tilesFor(shown, own);
    place(this.#grid, tiles.map((tile) => tile.element));
    this.#grid.hidden = tiles.length === 0;
    this.#before.show();
    this.#empty.hidden = tiles.length > 0 || !this.#before.hidden;
    if (tiles.length === 0) this.#sayEmpty(room);
    this.#showBar(room, own, shown);
  }

  /** @param {Publication[]} shown
   * @param {OnStage} own
   * @returns {Tile[]} */
  #tilesFor(shown, own) {
    const room = /** @type {Room} */ (this.#room);
    const mine = own.publications();
    const others = shown.filter((publication) => !mine.some(({ name }) => name === publication.name));
    const wanted = new Set([...others.map(({ id }) => id), ...mine.map(({ key }) => key)]);
    for (const [key, tile] of this.#tiles) {
      if (wanted.has(key)) continue;
      tile.stop();
      this.#tiles.delete(key);
    }
    const tiles = mine.map((each) => {
      const known = shown.find(({ name }) => name === each.name);
      return this.#tile(each.key, (tile) => tile.preview(each, known !== undefined));
    });
    for (const publication of others) {
      tiles.push(this.#tile(publication.id, (tile) => {
        tile.watch(room, publication, this.#muted || this.#silenced);
        tile.moderate(room.role === "host" || room.role === "moderator" ? () => this.#takeOff(publication) : null);
      }));
    }
    const rank = (/** @type {Tile} */ tile) => (tile.source === "screen" ? 0 : 1);
    return tiles.sort((one, other) => rank(one) - rank(other));
  }

  /** @param {number} key
   * @param {(tile: Tile) => void} set
   * @returns {Tile} */
  #tile(key, set) {
    let tile = this.#tiles.get(key);
    if (!tile) {
      tile = new Tile();
      tile.addEventListener("change", this.#draw);
      tile.addEventListener("silenced", () => { this.#silenced = true; this.#draw(); });
      this.#tiles.set(key, tile);
    }
    set(tile);
    return tile;
  }

  /** @param {Room} room */
  #sayEmpty(room) {
    const words = {
      entering: gettext("Connecting…"),
      away: gettext("There is no connection at the moment. The picture comes back by itself."),
      here: room.mayPublish ? this.#invitation(room) : gettext("Nobody is on the stage at the moment. The picture starts here by itself."),
      refused: room.problem?.message ?? "",
      closed: room.problem?.message ?? "",
    }[room.phase];
    if (this.#empty.dataset.words === words) return;
    this.#empty.dataset.words = words;
    this.#empty.replaceChildren(icon(room.phase === "refused" || room.phase === "closed" ? "lock" : "stage"), make("p", { dir: "auto" }, words));
    if (room.problem?.code === "signed_out") {
      const address = `/account/sign-in/?next=${encodeURIComponent(location.pathname)}`;
      this.#empty.append(make("a", { class: "button", href: address }, icon("sign-in"), gettext("Sign in")));
    }
  }

  /** @param {Room} room
   * @returns {string} */
  #invitation(room) {
    return (broadcastOf(room)?.state ?? "live") === "live" ? gettext("The stage is free. Start your camera when you are ready.") : gettext("Start your camera and microphone. Only those on the stage see and hear you here.");
  }

  /** @param {Room} room
   * @param {OnStage} own
   * @param {Publication[]} shown */
  #showBar(room, own, shown) {
    const here = room.phase === "here" || room.phase === "away";
    const others = shown.some((publication) => publication.person.id !== room.me && publication.audio);
    const state = JSON.stringify([here, room.mayPublish, own.view(), others, this.#muted, this.#silenced]);
    if (state === this.#drawn) return;
    this.#drawn = state;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.does : undefined;
    this.#bar.replaceChildren(...(here ? [...(room.mayPublish ? this.#speakerControls(own) : []), ...(others ? [this.#soundControl()] : [])] : []));
    this.#bar.hidden = this.#bar.childElementCount === 0;
    if (focused) /** @type {HTMLElement | null} */ (this.#bar.querySelector(`[data-does="${focused}"]`))?.focus();
    this.#status.textContent = own.words();
  }

  /** @param {OnStage} own
   * @returns {HTMLElement[]} */
  #speakerControls(own) {
    const { camera, screen, busy, microphoneOn, cameraOn, hasCamera } = own.view();
    const controls = [];
    if (!camera) {
      controls.push(control("start", "camera", gettext("Start camera and microphone"), { pressed: null, disabled: busy, press: () => own.startCamera() }));
    } else {
      controls.push(control("microphone", microphoneOn ? "mic" : "mic-off", microphoneOn ? gettext("Mute") : gettext("Unmute"), { off: !microphoneOn, press: () => own.toggleMicrophone() }));
      if (hasCamera) controls.push(control("camera", cameraOn ? "camera" : "camera-off", cameraOn ? gettext("Stop camera") : gettext("Start camera"), { off: !cameraOn, press: () => own.toggleCamera() }));
    }
    if (own.canShareScreen) {
      controls.push(control("screen", "screen", screen ? gettext("Stop sharing") : gettext("Share screen"), { pressed: screen, disabled: busy, press: () => (screen ? own.stopScreen() : own.startScreen()) }));
    }
    if (camera || screen) controls.push(control("leave", "leave", gettext("Leave the stage"), { leave: true, press: () => own.leave() }));
    return controls;
  }

  /** @returns {HTMLElement} */
  #soundControl() {
    const silent = this.#muted || this.#silenced;
    return control("sound", silent ? "sound-off" : "sound", silent ? gettext("Turn on the sound") : gettext("Turn off the sound"), {
      off: silent,
      press: () => {
        this.#muted = !silent;
        this.#silenced = false;
        this.#draw();
      },
    });
  }

  /** @param {Publication} publication */
  async #takeOff(publication) {
    const question = fill(gettext("Take %(name)s off the stage?"), { name: publication.person.name });
    if (!confirm(question)) return;
    try {
      await this.#room?.ask("stage.stop", { publication: publication.id });
    } catch (error) {
      toast(error instanceof Error && error.message ? error.message : gettext("There is no connection. Try again in a moment."), "error");
    }
  }
}

/** A button of the bar.
 * @param {string} does
 * @param {string} symbol
 * @param {string} label
 * @param {{press: () => unknown, pressed?: boolean | null, off?: boolean, leave?: boolean, disabled?: boolean}} options
 * @returns {HTMLElement} */
function control(does, symbol, label, { press, pressed = null, off = false, leave = false, disabled = false }) {
  const look = ["control", off && "off", leave && "leave"].filter(Boolean).join(" ");
  const state = pressed === null ? null : String(pressed);
  return make("button", { class: look, type: "button", "data-does": does, "aria-pressed": state, disabled, click: () => void press() }, icon(symbol), make("span", { class: "control-name" }, label));
}

customElements.define("room-stage", RoomStage);
