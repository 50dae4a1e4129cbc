/**
 * `<room-slides>`: the slides of the room. `picture` is the slide itself, for the stage to place; the element is the row of buttons that
 * belongs to it, with the words of the slide.
 *
 * Those on the stage turn the page for everyone; the others may leaf back in what was shown, and return to the speaker. By keyboard
 * both do it on the slide or in the row. Who turns the page sees it at once; what the server says is what holds.
 */

import { fill, gettext } from "../i18n.js";
import { icon, make, onceAFrame } from "./dom.js";
import { line } from "./network-line.js";
import { done } from "./refusal.js";
import { Pages } from "./slides-pages.js";
import { after, leaf, showOf, sizeFor, turnOf } from "./slides-plan.js";

/** @import { Room } from "./room.js" */
/** @import { RoomStage } from "./room-stage.js" */
/** @import { Show, Turn } from "./slides-plan.js" */

/** The next page is fetched within this time, each browser at another moment. */
const FETCH_AHEAD = [1_500, 7_000];

export class RoomSlides extends HTMLElement {
  /** The slide, for the stage. */ picture = make("div", { class: "slide", tabindex: "0", role: "group" });
  /** @type {Room | null} */ #room = null;
  #pages = new Pages();
  /** The page that we look at by ourselves. @type {number | null} */ #own = null;
  /** The page to which we have just turned, until the server has said what holds. @type {number | null} */ #turned = null;
  #asking = 0;
  #deck = 0;
  #takesKeys = false;
  #drawn = "";
  #said = "";
  /** What stands in the picture. */ #standing = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #ahead;
  #trouble = make("p", { class: "slide-trouble", role: "status", hidden: true });
  #status = make("p", { class: "hidden-visually", role: "status" });
  #back = this.#button("previous", "back", gettext("Previous slide"), () => this.#turn("previous"));
  #next = this.#button("next", "next", gettext("Next slide"), () => this.#turn("next"));
  #count = make("span", { class: "slides-count number" });
  #return = make("button", { class: "control", type: "button", hidden: true, "data-does": "return", click: () => this.#goBack() }, icon("return"), make("span", {}, gettext("With the speaker")));
  #stop = this.#button("stop", "close", gettext("Stop showing the slides"), () => void this.#ask("slides.hide", {}));
  #words = make("div", { class: "slides-words", id: "slides-words", dir: "auto", tabindex: "0", role: "region", hidden: true });
  #reader = make("button", { class: "control", type: "button", "data-does": "words", "aria-expanded": "false", "aria-controls": "slides-words", click: () => this.#read() }, icon("file"), make("span", {}, gettext("Words of this slide")));
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("slides-bar");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", gettext("Slides"));
    this.hidden = true;
    this.#words.setAttribute("aria-label", gettext("Words of this slide"));
    this.replaceChildren(this.#back, this.#count, this.#next, this.#return, this.#reader, this.#stop, this.#words, this.#status);
    this.picture.setAttribute("aria-label", gettext("Slide. Arrow keys turn the page."));
    for (const element of [this, this.picture]) element.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event)));
    room.addEventListener("change", this.#draw);
    line.addEventListener("change", this.#draw);
    new ResizeObserver(this.#draw).observe(this.picture);
    this.#draw();
  }

  /** Whoever begins to show slides turns them by the keyboard: it goes to the slide as soon as that stands. */
  takeKeys() {
    this.#takesKeys = true;
    this.#draw();
  }

  disconnectedCallback() {
    clearTimeout(this.#ahead);
  }

  /** What is shown, where we may see it. @returns {Show | null} */
  get #shown() {
    const room = this.#room;
    return room && room.phase !== "closed" && room.phase !== "refused" ? showOf(room) : null;
  }

  /** Interpreters are on the stage, and look up what was before as everyone does. @returns {boolean} */
  get #presents() {
    return Boolean(this.#room?.mayPublish) && this.#room?.role !== "interpreter";
  }

  /** @param {Show} show
   * @returns {number} */
  #page(show) {
    return Math.min(this.#turned ?? this.#own ?? show.page, show.pages);
  }

  #show() {
    const show = this.#shown;
    const stands = this.picture.parentElement;
    if (!show) {
      this.#own = this.#turned = null;
      this.#deck = 0;
      if (!this.#room?.mayPublish) this.#takesKeys = false;
      clearTimeout(this.#ahead);
      this.#say("");
    } else if (show.deck !== this.#deck) {
      this.#own = this.#turned = null;
      this.#deck = show.deck;
    }
    this.#place(stands, show !== null);
    if (!show) return;
    const page = this.#page(show);
    const presents = this.#presents;
    const state = JSON.stringify([show, page, presents, this.#own]);
    if (state !== this.#drawn) {
      this.#drawn = state;
      this.#able(this.#back, page > 1);
      this.#able(this.#next, page < (presents ? show.pages : show.reached));
      this.#count.textContent = `${page} / ${show.pages}`;
      this.#return.hidden = this.#own === null;
      this.#stop.hidden = !presents;
      this.#say(fill(gettext("Slide %(page)d of %(pages)d"), { page, pages: show.pages }));
    }
    void this.#bring(show, page);
  }

  /** Be seen where the stage has put us, or not. Whoever was here with the keyboard is not lost.
   * @param {HTMLElement | null} stands
   * @param {boolean} seen */
  #place(stands, seen) {
    if (this.hidden !== seen) return;
    this.hidden = !seen;
    if (!seen) {
      this.#standing = this.#drawn = "";
      this.picture.replaceChildren();
    }
    if (stands) {
      stands.hidden = !seen;
      stands.dispatchEvent(new Event("change"));
    }
  }

  /** A button that does nothing now keeps the keyboard all the same.
   * @param {HTMLElement} button
   * @param {boolean} able */
  #able(button, able) {
    button.setAttribute("aria-disabled", String(!able));
  }

  /** Once for each page. @param {string} words */
  #say(words) {
    if (words === this.#said) return;
    this.#said = words;
    this.#status.textContent = words;
  }

  /** Put the picture of this page into its place as soon as it is there, and its words.
   * @param {Show} show
   * @param {number} page */
  async #bring(show, page) {
    if (this.picture.clientWidth === 0) return; // the stage has not placed it yet; its new size is told
    if (this.#takesKeys) this.picture.focus({ preventScroll: true });
    this.#takesKeys = false;
    const size = sizeFor(line.mode, this.picture.clientWidth * devicePixelRatio, saves());
    const standing = `${show.deck} ${page} ${size}`;
    if (standing === this.#standing) return;
    this.#standing = standing;
    clearTimeout(this.#ahead);
    const wanted = () => this.#standing === standing;
    this.picture.setAttribute("aria-busy", "true");
    const name = fill(gettext("Slide %(page)d of %(pages)d"), { page, pages: show.pages });
    try {
      const image = await this.#pages.picture(show.address, page, size, { wanted, onTrouble: () => this.#complain() });
      if (!wanted()) return;
      image.alt = name;
      this.picture.replaceChildren(image, this.#trouble);
      this.#trouble.hidden = true;
      this.picture.removeAttribute("aria-busy");
      const words = await this.#pages.words(show.address, page);
      if (!wanted()) return;
      image.alt = words ? `${name}: ${words.replaceAll("\n", " · ")}` : name;
      this.#words.textContent = words || gettext("There are no words on this slide, or they are part of a picture.");
      this.#soon(show, page, size);
    } catch {
      // Somebody has turned the page meanwhile: that one is on its way.
    }
  }

  /** Show the words of the slide, or not any more. */
  #read() {
    this.#words.hidden = !this.#words.hidden;
    this.#reader.setAttribute("aria-expanded", String(!this.#words.hidden));
  }

  #complain() {
    this.#trouble.textContent = gettext("The slide does not arrive. It is tried again until it does.");
    this.#trouble.hidden = false;
    this.picture.append(this.#trouble);
  }

  /** Have the page that comes next before it is shown, when the line has rested for a while.
   * @param {Show} show
   * @param {number} page
   * @param {import("./slides-plan.js").Size} size */
  #soon(show, page, size) {
    if (this.#own !== null || page >= show.pages) return;
    const [least, most] = FETCH_AHEAD;
    clearTimeout(this.#ahead);
    this.#ahead = setTimeout(() => {
      this.#pages.picture(show.address, page + 1, size, { soon: true }).catch(() => {}); // when it is shown it is asked for again
    }, least + Math.random() * (most - least));
  }

  // --- turning ---

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const within = /** @type {HTMLElement} */ (event.target);
    if (within.closest(".slides-words")) return; // it scrolls by the same keys
    const turn = turnOf(event.key, getComputedStyle(this).direction === "rtl");
    if (!turn || !this.#shown) return;
    event.preventDefault();
    event.stopPropagation();
    this.#turn(turn);
  }

  /** @param {Turn} turn */
  #turn(turn) {
    const show = this.#shown;
    const room = this.#room;
    if (!show || !room) return;
    if (!this.#presents) {
      this.#own = leaf(show, this.#own, turn);
      this.#show();
      return;
    }
    const left = this.#page(show);
    const page = after(turn, left, show.pages);
    if (page === left) return;
    this.#turned = page;
    this.#show();
    const deck = show.deck;
    if (turn === "next" || turn === "previous") void this.#ask(`slides.${turn}`, { deck, left });
    else void this.#ask("slides.show", { deck, page });
  }

  /** To the page that the speaker shows. */
  #goBack() {
    this.#own = null;
    this.#show();
    this.picture.focus({ preventScroll: true });
  }

  /** @param {string} command
   * @param {Record<string, unknown>} data */
  async #ask(command, data) {
    this.#asking += 1;
    try {
      if (!await done(this.#room?.ask(command, data))) this.#turned = null;
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#settle();
    }
  }

  /** The server has said all that it had to say; its update may be a moment behind its answer. */
  #settle() {
    setTimeout(() => {
      if (this.#asking > 0) return;
      this.#turned = null;
      this.#show();
    }, 300);
  }

  /** @param {string} does
   * @param {string} symbol
   * @param {string} words
   * @param {() => void} press
   * @returns {HTMLButtonElement} */
  #button(does, symbol, words, press) {
    return make("button", { class: "control icon-only", type: "button", "data-does": does, "aria-label": words, title: words, click: () => press() }, icon(symbol));
  }
}

/** @returns {boolean} */
function saves() {
  return Boolean(/** @type {any} */ (navigator).connection?.saveData);
}

/** Put slides on a stage: the picture among its tiles, the row below them.
 * @param {RoomStage} stage
 * @param {Room} room
 * @returns {RoomSlides} */
export function standOn(stage, room) {
  const slides = new RoomSlides();
  stage.slides.append(slides.picture);
  stage.querySelector(".tiles")?.after(slides);
  slides.room = room;
  return slides;
}

customElements.define("room-slides", RoomSlides);
