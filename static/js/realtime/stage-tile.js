/**
 * One tile of the stage: a picture, the name, and in words what is the matter when there is no picture. Of somebody else's camera
 * no more is received than the tile can show: a small tile gets a small picture, one that is not seen gets none.
 */

import { fill, gettext } from "../i18n.js";
import { Viewer } from "../media/whep.js";
import { devices } from "./device-choice.js";
import { avatar, icon, make } from "./dom.js";
import { grantFrom } from "./grants.js";
import { muchFor } from "./stage-layout.js";

/** @import { Person, Publication, Room } from "./room.js" */
/** @import { Own } from "./on-stage.js" */

const FIT_AFTER = 500;

/** Tiles by their elements, for the two that watch how large they are and whether they can be seen.
 * @type {WeakMap<Element, Tile>} */
const tiles = new WeakMap();
const sizes = globalThis.ResizeObserver && new ResizeObserver((seen) => {
  for (const { target, contentRect } of seen) tiles.get(target)?.resize({ height: contentRect.height });
});
const sight = globalThis.IntersectionObserver && new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) tiles.get(target)?.resize({ seen: isIntersecting });
});

export class Tile extends EventTarget {
  /** @type {"camera" | "screen"} */ source = "camera";
  element = make("div", { class: "tile" });
  #video = make("video", { playsinline: true, autoplay: true });
  #name = make("p", { class: "tile-name" });
  #words = make("p", { class: "tile-words", role: "status" });
  #face = make("div", { class: "tile-face" });
  #more = make("button", { class: "control tile-more", type: "button", "aria-haspopup": "dialog", hidden: true });
  #mark = make("p", { class: "tile-mark", hidden: true });
  /** @type {(() => void) | null} */ #open = null;
  #seen = true;
  #height = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #fitting;
  /** @type {Viewer | null} */ #viewer = null;
  #drawn = "";
  /** Whether the camera is switched off: what comes then is black. */
  #dark = false;

  constructor() {
    super();
    this.#video.hidden = true;
    this.#more.append(icon("more"));
    this.#more.addEventListener("click", () => this.#open?.());
    this.element.append(this.#face, this.#video, this.#words, this.#mark, this.#name, this.#more);
    sizes?.observe(this.element);
    sight?.observe(this.element);
    tiles.set(this.element, this);
    document.addEventListener("visibilitychange", this.#fit);
    for (const name of ["enterpictureinpicture", "leavepictureinpicture"]) this.#video.addEventListener(name, this.#fit);
    // A stream without a picture has no size; a picture that begins, or ends, changes it.
    for (const name of ["loadedmetadata", "resize", "playing", "emptied"]) this.#video.addEventListener(name, () => this.#look());
    devices.sound(this.#video);
  }

  /** Show what this tab itself sends.
   * @param {Own} own
   * @param {boolean} seen   whether the others get it
   * @param {boolean} [silenced]   whether those who run the room have muted us */
  preview(own, seen, silenced = false) {
    this.#be(own.source, own.person, true, own.muted, silenced);
    this.element.classList.toggle("mirror", own.source === "camera");
    this.#video.muted = true;
    if (this.#video.srcObject !== own.stream) this.#video.srcObject = own.stream;
    this.#showPicture(own.picture);
    const live = own.state === "playing" && seen;
    this.#say(own.state === "failed" ? own.reason : live ? "" : gettext("Going on stage…"));
  }

  /** Watch somebody else's.
   * @param {Room} room
   * @param {Publication} publication
   * @param {boolean} muted */
  watch(room, publication, muted) {
    this.#be(publication.source, publication.person, false, publication.source === "camera" && (publication.muted || !publication.audio), publication.silenced);
    this.#dark = publication.dark;
    this.#video.muted = muted;
    if (!this.#viewer) {
      this.#viewer = new Viewer({
        getGrant: () => grantFrom(room, "stage.watch", { publication: publication.id }),
        screen: publication.source === "screen",
        audio: publication.audio,
      });
      for (const name of ["state", "limits"]) this.#viewer.addEventListener(name, () => this.#follow());
      this.#viewer.addEventListener("tracks", () => void this.#play());
      this.#video.srcObject = this.#viewer.stream;
      this.#viewer.start();
      this.#follow();
      this.#fit();
    }
    this.#look();
    if (!muted && this.#video.paused && this.#viewer.state === "playing") void this.#play();
  }

  /** Give a way to what one may do about this tile; null takes it away.
   * @param {(() => void) | null} open
   * @param {string} [label] */
  offer(open, label = "") {
    this.#open = open;
    this.#more.hidden = open === null;
    if (label) this.#more.setAttribute("aria-label", label);
  }

  /** Something that stands on the tile, such as a raised hand; empty: nothing.
   * @param {string} symbol
   * @param {string} [words] */
  mark(symbol, words = "") {
    if (this.#mark.dataset.words === words) return;
    this.#mark.dataset.words = words;
    this.#mark.replaceChildren(...(words ? [icon(symbol), make("span", {}, words)] : []));
    this.#mark.hidden = !words;
  }

  /** @param {{height?: number, seen?: boolean}} how */
  resize({ height = this.#height, seen = this.#seen }) {
    this.#height = height;
    this.#seen = seen;
    this.#fit();
  }

  /** Ask for as much of the picture as can be seen; a moment later, because sizes change in steps. */
  #fit = () => {
    clearTimeout(this.#fitting);
    this.#fitting = setTimeout(() => {
      if (!this.#viewer || this.source !== "camera" || !this.#height) return;
      const apart = document.pictureInPictureElement === this.#video;
      const visible = apart || (this.#seen && document.visibilityState !== "hidden");
      this.#viewer.want(muchFor({ height: apart ? 720 : this.#height, density: devicePixelRatio, visible }));
    }, FIT_AFTER);
  };

  stop() {
    clearTimeout(this.#fitting);
    document.removeEventListener("visibilitychange", this.#fit);
    sizes?.unobserve(this.element);
    sight?.unobserve(this.element);
    void this.#viewer?.stop();
    this.#viewer = null;
    this.#video.srcObject = null;
  }

  /** @param {"camera" | "screen"} source
   * @param {Person} person
   * @param {boolean} mine
   * @param {boolean} muted
   * @param {boolean} [silenced]   by those who run the room */
  #be(source, person, mine, muted, silenced = false) {
    muted ||= silenced && source === "camera";
    const drawn = JSON.stringify([source, person, mine, muted, silenced]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.source = source;
    this.element.classList.toggle("screen", source === "screen");
    const name = make("bdi", {}, person.name);
    this.element.classList.toggle("muted", muted);
    const symbol = source === "screen" ? "screen" : muted ? "mic-off" : "mic";
    const off = muted ? make("span", { class: "hidden-visually" }, silenced ? gettext("Muted by those who run this room.") : gettext("The microphone is off.")) : "";
    const you = gettext("(you)");
    this.#name.replaceChildren(icon(symbol), name, mine ? ` ${you}` : "", off);
    this.#face.replaceChildren(avatar(person, "huge"));
    const what = source === "screen" ? gettext("Screen of %(name)s") : gettext("Camera of %(name)s");
    this.#video.setAttribute("aria-label", fill(what, { name: person.name }));
  }

  #follow() {
    const state = this.#viewer?.state;
    if (state === "playing") void this.#play();
    const saved = this.#viewer?.paused && this.source === "screen" ? gettext("The screen is not shown, to save data.") : "";
    const quiet = state === "playing" || (state === "idle" && this.#viewer?.paused); // nothing to receive: nothing is asked for
    this.#say(state === "failed" ? whyNot(this.#viewer?.code ?? "") : quiet ? saved : state === "waiting" ? gettext("The picture is on its way…") : gettext("Connecting…"));
    this.#look();
    this.dispatchEvent(new Event("change"));
  }

  async #play() {
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || this.#video.muted) return;
      // Without a press of the reader a browser may play pictures only.
      this.#video.muted = true;
      this.dispatchEvent(new Event("silenced"));
      await this.#video.play().catch(() => {});
    }
    this.#look();
  }

  #look() {
    if (this.#viewer) this.#showPicture(this.#video.videoWidth > 0 && !this.#dark && !this.#viewer.paused);
  }

  /** @param {boolean} there */
  #showPicture(there) {
    this.#video.hidden = !there;
    this.#face.hidden = there;
  }

  /** @param {string} words */
  #say(words) {
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#words.hidden = !words;
  }
}

/** @param {string} code
 * @returns {string} */
function whyNot(code) {
  if (code === "codec") return gettext("This browser cannot show this picture.");
  if (code === "removed" || code === "denied" || code === "missing") return gettext("You cannot watch this any more.");
  return gettext("The picture cannot be shown. Reload the page to try again.");
}
