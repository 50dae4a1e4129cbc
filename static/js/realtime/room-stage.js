/**
 * `<room-stage>`: who is on the stage, seen and heard; and for those who may, the way onto it.
 *
 * Each publication is a tile. What comes from this tab is shown as its own preview; everything else is watched. How the tiles
 * stand is chosen by those who run the room, for everyone (`scene`); who speaks is told by the server. A browser that does not let
 * a page make sound by itself gets one button for all of it.
 *
 * `slides` is a place among the tiles for slides: whoever fills it and shows it (`hidden = false`, then an event `change` on it)
 * has it shown as a screen is. `RoomGallery` is the same for small rooms.
 */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { Around } from "./around.js";
import { broadcastOf, seesStage } from "./broadcast.js";
import { openKeys } from "./console-keys.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { OnStage } from "./on-stage.js";
import { RoomAround } from "./room-around.js";
import { RoomBroadcast } from "./room-broadcast.js";
import { control } from "./stage-bar.js";
import { StageDesk } from "./stage-desk.js";
import { StageInvitation } from "./stage-invitation.js";
import { arrange, changes, columnsFor, stripFor } from "./stage-layout.js";
import { deeds, nextSpeaker, peopleOn, sceneOf } from "./stage-people.js";
import { Tile } from "./stage-tile.js";

/** @import { Key } from "./console-keys.js" */
/** @import { Person, Publication, Room } from "./room.js" */
/** @import { How, Piece } from "./stage-layout.js" */

/** @typedef {Piece & {element: HTMLElement, tile?: Tile, person: number | null, who?: Person}} Shown */
/** What one may do about a tile: a name for the program, a symbol, words, and the doing.
 * @typedef {{does: string, symbol: string, words: string, act: () => unknown}} Deed */

export class RoomStage extends HTMLElement {
  /** The room that is shown. @type {Room | null} */ shownRoom = null;
  /** What this tab sends. @type {OnStage | null} */ own = null;
  /** Whether the bar has a button for the list of keys, because the page has none. */ offersKeys = false;
  /** Where slides go. */ slides = make("div", { class: "tile slides", hidden: true });
  /** @type {Map<number, Tile>} */ #tiles = new Map();
  #muted = false;
  #silenced = false;
  #drawn = "";
  /** @type {{speaking: string[], active: string | null}} */ #voices = { speaking: [], active: null };
  /** Who is on the stage, as far as was said. @type {Map<string, string> | null} */ #said = null;
  #broadcast = new RoomBroadcast();
  #before = new RoomAround();
  #invitation = new StageInvitation();
  #desk = new StageDesk();
  /** @type {Around | null} */ #around = null;
  #grid = make("div", { class: "tiles" });
  #empty = make("div", { class: "stage-empty" });
  #bar = make("div", { class: "stage-bar", role: "group" });
  #status = make("p", { class: "hidden-visually", role: "status" });
  #news = make("p", { class: "hidden-visually", role: "status" });
  #deeds = make("dialog", { class: "dialog", "aria-labelledby": "stage-deeds-title" });
  /** @type {ResizeObserver | null} */ #watch = null;
  redraw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.shownRoom = room;
    const own = (this.own = new OnStage(room));
    this.classList.add("stage");
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", gettext("Stage"));
    this.#bar.setAttribute("aria-label", gettext("Stage controls"));
    this.replaceChildren(this.#broadcast, this.#invitation, this.#grid, this.#empty, this.#before, this.#bar, this.#status, this.#news, this.#desk, this.#deeds);
    this.#around = new Around(this.closest("[data-around]")?.getAttribute("data-around") ?? "");
    this.#broadcast.start(room, own, this.#around);
    this.#before.start(room, this.#around);
    this.#broadcast.addEventListener("tick", () => this.#before.show());
    this.#invitation.room = room;
    this.#invitation.accepted = () => this.#come();
    this.#desk.room = room;
    this.slides.addEventListener("change", this.redraw);
    room.addEventListener("change", this.redraw);
    room.addEventListener("entered", () => { this.#voices = { speaking: [], active: null }; });
    room.addEventListener("signal", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail));
    room.addEventListener("state", () => this.#returnToStage());
    own.addEventListener("change", this.redraw);
    own.addEventListener("problem", (event) => toast(/** @type {CustomEvent} */ (event).detail, "error"));
    this.#watch = new ResizeObserver(this.redraw);
    this.#watch.observe(this.#grid);
    this.redraw();
  }

  disconnectedCallback() {
    for (const tile of this.#tiles.values()) tile.stop();
    this.#tiles.clear();
    this.#watch?.disconnect();
    void this.own?.leave();
    this.#around?.stop();
  }

  // What small rooms do in another way.

  /** How the tiles stand.
   * @param {Room} room
   * @returns {How} */
  how(room) {
    return sceneOf(room);
  }

  /** Further buttons of the bar. @param {Room} _room
   * @returns {HTMLElement[]} */
  moreControls(_room) {
    return [];
  }

  /** What may change those, or the marks on tiles.
   * @param {Room} _room
   * @returns {unknown} */
  moreState(_room) {
    return null;
  }

  /** What one may do about a tile.
   * @param {Room} room
   * @param {Shown} shown
   * @returns {Deed[]} */
  deedsFor(room, shown) {
    const each = room.runs && peopleOn(room).find(({ person }) => person.id === shown.person);
    if (!each || each.mine) return [];
    return deeds(each, sceneOf(room).speaker).map(([command, data, symbol, words]) => ({ does: command, symbol, words, act: () => this.#desk.ask(command, data) }));
  }

  /** What stands on a tile: a symbol and words, or nothing.
   * @param {Room} _room
   * @param {Shown} _shown
   * @returns {[string, string] | null} */
  markFor(_room, _shown) {
    return null;
  }

  /** Whether we are here from the audience, and go back to it when we leave the stage.
   * @param {Room} room
   * @returns {boolean} */
  isGuest(room) {
    return room.role === "guest";
  }

  /** What the button says that ends what this tab sends. */
  get leaveWords() {
    return gettext("Leave the stage");
  }

  /** Leave the stage; a guest is in the audience again. */
  async leave() {
    const room = this.shownRoom;
    await this.own?.leave();
    if (room && this.isGuest(room)) await room.ask("stage.back", { person: room.me }).catch(() => {});
  }

  /** The keys of the stage, for the list of keys.
   * @returns {Key[]} */
  get keys() {
    const press = (/** @type {string} */ does) => () => /** @type {HTMLElement | null} */ (this.#bar.querySelector(`[data-does="${does}"]`))?.click();
    const direct = (/** @type {(room: Room) => unknown} */ act) => () => { if (this.shownRoom?.runs) void act(this.shownRoom); };
    return [
      { key: "b", words: gettext("Start camera and microphone"), act: press("start") },
      { key: "m", words: gettext("Microphone on or off"), act: press("microphone") },
      { key: "v", words: gettext("Camera on or off"), act: press("camera") },
      { key: "s", words: gettext("Share the screen, or stop sharing"), act: press("screen") },
      { key: "e", words: gettext("Leave the stage"), act: press("leave") },
      { key: "y", words: gettext("Come on the stage when you are asked"), act: () => void this.#invitation.answer("stage.accept") },
      { key: "Shift+Y", words: gettext("Decline to come on the stage"), act: () => void this.#invitation.answer("stage.decline") },
      { key: "d", words: gettext("Direct the stage: bring somebody, mute, send back (those who run the room)"), act: direct(() => this.#desk.open()) },
      { key: "Shift+S", words: gettext("Everyone sees the screen with the speaker"), act: direct(() => this.#desk.ask("stage.arrange", { layout: "screen" })) },
      { key: "Shift+P", words: gettext("Everyone sees one speaker large"), act: direct(() => this.#desk.ask("stage.arrange", { layout: "speaker" })) },
      { key: "Shift+B", words: gettext("Everyone sees all side by side"), act: direct(() => this.#desk.ask("stage.arrange", { layout: "side" })) },
      { key: "Shift+H", words: gettext("Give the speaker's place to the next on the stage"), act: direct((room) => this.#desk.ask("stage.hand_over", { person: nextSpeaker(room)?.id ?? null })) },
    ];
  }

  /** @param {{signal?: string, data: any}} frame */
  #hear(frame) {
    if (frame.signal !== "speaking") return;
    this.#voices = frame.data;
    this.redraw();
  }

  /** We have accepted: the button that starts the camera is next. */
  #come() {
    const found = setInterval(() => {
      const start = /** @type {HTMLElement | null} */ (this.#bar.querySelector('[data-does="start"]'));
      if (!start) return;
      clearInterval(found);
      start.focus();
    }, 100);
    setTimeout(() => clearInterval(found), 5000);
  }

  /** After a reload, those who were on the stage come back to it. */
  #returnToStage() {
    if (this.shownRoom?.phase === "here" && this.shownRoom.mayPublish) void this.own?.comeBack();
  }

  #show() {
    const { shownRoom: room, own } = this;
    if (!room || !own) return;
    if (!room.mayPublish && room.phase === "here" && own.isOn) void own.leave();
    const sees = seesStage(room);
    const shown = room.phase === "refused" || room.phase === "closed" || !sees ? [] : room.publications;
    if (this.#isSilenced(room) && own.view().camera && own.view().microphoneOn) own.toggleMicrophone();
    const pieces = this.#pieces(shown, own, room);
    this.#arrange(room, pieces);
    this.#before.show();
    this.#empty.hidden = pieces.length > 0 || !this.#before.hidden;
    if (pieces.length === 0) this.#sayEmpty(room);
    this.#sayNews(room, shown);
    this.#showBar(room, own, shown);
  }

  /** What is to be seen, in the order in which it came.
   * @param {Publication[]} shown
   * @param {OnStage} own
   * @param {Room} room
   * @returns {Shown[]} */
  #pieces(shown, own, room) {
    const mine = own.publications();
    const others = shown.filter((publication) => !mine.some(({ name }) => name === publication.name));
    const wanted = new Set([...others.map(({ id }) => id), ...mine.map(({ key }) => key)]);
    for (const [key, tile] of this.#tiles) {
      if (wanted.has(key)) continue;
      tile.stop();
      this.#tiles.delete(key);
    }
    /** @type {Shown[]} */
    const pieces = mine.map((each) => {
      const known = shown.find(({ name }) => name === each.name);
      const tile = this.#tile(each.key, (made) => made.preview(each, known !== undefined, known?.silenced));
      return { key: known?.id ?? Infinity, name: each.name, person: each.person.id, who: each.person, source: each.source, element: tile.element, tile };
    });
    for (const publication of others) {
      const tile = this.#tile(publication.id, (made) => made.watch(room, publication, this.#muted || this.#silenced));
      pieces.push({ key: publication.id, name: publication.name, person: publication.person.id, who: publication.person, source: publication.source, element: tile.element, tile });
    }
    pieces.sort((one, other) => Number(one.key) - Number(other.key));
    if (!this.slides.hidden && seesStage(room)) pieces.push({ key: "slides", name: "", person: null, source: "slides", element: this.slides });
    return pieces;
  }

  /** @param {Room} room
   * @param {Shown[]} pieces */
  #arrange(room, pieces) {
    const { large, order } = arrange(pieces, { active: this.#voices.active, ...this.how(room) });
    const { clientWidth: width, clientHeight: height } = this.#grid;
    const columns = large ? stripFor(order.length - 1, width) : columnsFor(order.length, width, height);
    place(this.#grid, order.map(({ element }) => element));
    this.#grid.hidden = pieces.length === 0;
    this.#grid.dataset.look = large ? "large" : "grid";
    this.#grid.dataset.columns = String(Math.min(columns, 12));
    const several = pieces.filter(({ source }) => source === "camera").length > 1;
    for (const each of order) {
      each.element.classList.toggle("large", each === large);
      each.element.classList.toggle("speaking", several && this.#voices.speaking.includes(each.name));
      if (each.tile) this.#dress(room, each, each.tile);
    }
  }

  /** @param {Room} room
   * @param {Shown} shown
   * @param {Tile} tile */
  #dress(room, shown, tile) {
    const [symbol, words] = this.markFor(room, shown) ?? ["", ""];
    tile.mark(symbol, words);
    const name = shown.who?.name ?? "";
    const some = this.deedsFor(room, shown).length > 0;
    tile.offer(some ? () => this.#openDeeds(shown) : null, some ? fill(gettext("What to do about %(name)s"), { name }) : "");
  }

  /** @param {Shown} shown */
  #openDeeds(shown) {
    const room = /** @type {Room} */ (this.shownRoom);
    const close = () => this.#deeds.close();
    const title = make("h2", { id: "stage-deeds-title", dir: "auto" }, shown.who?.name ?? "");
    const buttons = this.deedsFor(room, shown).map(({ does, symbol, words, act }) => make("button", { class: "button", type: "button", "data-act": does, click: () => { close(); void act(); } }, icon(symbol), words));
    this.#deeds.replaceChildren(
      make("div", { class: "dialog-head" }, title, make("button", { class: "button icon-only quiet", type: "button", "aria-label": gettext("Close"), click: close }, icon("close"))),
      make("div", { class: "stack tight" }, ...buttons));
    this.#deeds.showModal();
  }

  /** @param {number} key
   * @param {(tile: Tile) => void} set
   * @returns {Tile} */
  #tile(key, set) {
    let tile = this.#tiles.get(key);
    if (!tile) {
      tile = new Tile();
      tile.addEventListener("change", this.redraw);
      tile.addEventListener("silenced", () => { this.#silenced = true; this.redraw(); });
      this.#tiles.set(key, tile);
    }
    set(tile);
    return tile;
  }

  /** Those who do not see it hear who came and who went.
   * @param {Room} room
   * @param {Publication[]} shown */
  #sayNews(room, shown) {
    if (room.phase !== "here") return;
    const now = new Map(shown.filter(({ person }) => person.id !== room.me).map(({ name, source, person }) => [name, source === "screen" ? fill(gettext("the screen of %(name)s"), { name: person.name }) : person.name]));
    const before = this.#said;
    this.#said = now;
    if (!before) return;
    const { came, went } = changes(before, now);
    if (!came.length && !went.length) return;
    const list = (/** @type {string[]} */ names) => new Intl.ListFormat(document.documentElement.lang || "en").format(names);
    this.#news.textContent = [
      came.length ? fill(gettext("On the stage now: %(names)s."), { names: list(came) }) : "",
      went.length ? fill(gettext("Not on the stage any more: %(names)s."), { names: list(went) }) : "",
    ].filter(Boolean).join(" ");
  }

  /** @param {Room} room */
  #sayEmpty(room) {
    const words = {
      entering: gettext("Connecting…"),
      away: gettext("There is no connection at the moment. The picture comes back by itself."),
      here: room.mayPublish ? this.invitation(room) : gettext("Nobody is on the stage at the moment. The picture starts here by itself."),
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

  /** What an empty stage says to those who may go on it.
   * @param {Room} room
   * @returns {string} */
  invitation(room) {
    return (broadcastOf(room)?.state ?? "live") === "live" ? gettext("The stage is free. Start your camera when you are ready.") : gettext("Start your camera and microphone. Only those on the stage see and hear you here.");
  }

  /** Whether those who run the room have muted us on its stage.
   * @param {Room} room
   * @returns {boolean} */
  #isSilenced(room) {
    return room.publications.some(({ person, silenced }) => person.id === room.me && silenced);
  }

  #switchMicrophone() {
    if (this.shownRoom && this.#isSilenced(this.shownRoom)) toast(gettext("Those who run this room have muted you. They can let you speak again."), "info");
    else this.own?.toggleMicrophone();
  }

  /** @param {Room} room
   * @param {OnStage} own
   * @param {Publication[]} shown */
  #showBar(room, own, shown) {
    const here = room.phase === "here" || room.phase === "away";
    const others = shown.some((publication) => publication.person.id !== room.me && publication.audio);
    const silenced = this.#isSilenced(room);
    const state = JSON.stringify([here, room.mayPublish, room.runs, room.role, own.view(), others, silenced, this.#muted, this.#silenced, this.moreState(room)]);
    if (state === this.#drawn) return;
    this.#drawn = state;
    const focused = document.activeElement instanceof HTMLElement && this.#bar.contains(document.activeElement) ? document.activeElement.dataset.does : undefined;
    const controls = !here ? [] : [
      ...(room.mayPublish ? this.#speakerControls(own, silenced) : []),
      ...(others ? [this.#soundControl()] : []),
      ...this.moreControls(room),
      ...(room.runs ? [control("direct", "settings", gettext("Direct the stage"), { opens: true, keys: "d", press: () => this.#desk.open() })] : []),
      ...(this.offersKeys && room.mayPublish ? [control("keys", "help", gettext("Keys"), { opens: true, quiet: true, keys: "?", press: openKeys })] : []),
    ];
    this.#bar.replaceChildren(...controls);
    this.#bar.hidden = this.#bar.childElementCount === 0;
    if (focused) /** @type {HTMLElement | null} */ (this.#bar.querySelector(`[data-does="${focused}"]`))?.focus();
    this.#status.textContent = silenced ? gettext("Those who run this room have muted you. They can let you speak again.") : own.words();
  }

  /** @param {OnStage} own
   * @param {boolean} silenced
   * @returns {HTMLElement[]} */
  #speakerControls(own, silenced) {
    const { camera, screen, busy, microphoneOn, cameraOn, hasCamera } = own.view();
    const controls = [];
    if (!camera) {
      controls.push(control("start", "camera", gettext("Start camera and microphone"), { disabled: busy, keys: "b", press: () => own.startCamera() }));
    } else {
      const words = silenced ? gettext("Muted by the host") : microphoneOn ? gettext("Mute") : gettext("Unmute");
      controls.push(control("microphone", microphoneOn ? "mic" : "mic-off", words, { off: !microphoneOn, keys: "m", press: () => this.#switchMicrophone() }));
      if (hasCamera) controls.push(control("camera", cameraOn ? "camera" : "camera-off", cameraOn ? gettext("Stop camera") : gettext("Start camera"), { off: !cameraOn, keys: "v", press: () => own.toggleCamera() }));
    }
    if (own.canShareScreen) {
      controls.push(control("screen", "screen", screen ? gettext("Stop sharing") : gettext("Share screen"), { pressed: screen, disabled: busy, keys: "s", press: () => (screen ? own.stopScreen() : own.startScreen()) }));
    }
    if (camera || screen || (this.shownRoom && this.isGuest(this.shownRoom))) controls.push(control("leave", "leave", this.leaveWords, { leave: true, keys: "e", press: () => this.leave() }));
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
        this.redraw();
      },
    });
  }
}

customElements.define("room-stage", RoomStage);
