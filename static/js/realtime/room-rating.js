/**
 * `<room-rating>`: one's own rating of what is over, from one to five stars and in words; changeable.
 * `<room-ratings>`: all ratings together, for those who run the room.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make } from "./dom.js";
import { reasonOf } from "./refusal.js";

/** @import { Room } from "./room.js" */

/** @typedef {{id: number, stars: number, words: string}} Rating */
/** @typedef {{id: number, count: number, average: number | null, each: number[] | null}} Ratings */

const MOST_CHARACTERS = 500;
const STARS = [1, 2, 3, 4, 5];

export class RoomRating extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #drawn = "";
  #words = make("textarea", { id: "rating-words", rows: "2", dir: "auto", maxlength: String(MOST_CHARACTERS * 2) });
  #problem = make("p", { class: "error", role: "alert", hidden: true });
  #said = make("p", { class: "small", role: "status" });
  #button = make("button", { class: "button primary", type: "submit" });
  #back = make("button", { class: "button quiet", type: "button", hidden: true, click: () => void this.#withdraw() });
  #form = make("form", { class: "rating", submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#send(); } });

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    const stars = STARS.map((number) => make("label", { class: "rating-star" },
      make("input", { type: "radio", name: "stars", value: String(number) }),
      icon("star"),
      make("span", { class: "hidden-visually" }, fill(ngettext("%(count)d star", "%(count)d stars", number), { count: number }))));
    this.#back.append(gettext("Take it back"));
    this.#form.append(
      make("fieldset", { class: "plain-fields" }, make("legend", {}, gettext("How was it?")), make("div", { class: "rating-stars" }, ...stars)),
      make("label", { for: "rating-words" }, gettext("What should those who made it know? They do not see your name.")),
      this.#words, this.#problem, make("div", { class: "row tight" }, this.#button, this.#back), this.#said);
    this.replaceChildren(this.#form);
  }

  show() {
    const mine = /** @type {Rating | undefined} */ (this.#room?.own.rating?.get(this.#room.id));
    const drawn = JSON.stringify(mine ?? null);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#button.textContent = mine ? gettext("Change the rating") : gettext("Send the rating");
    this.#back.hidden = !mine;
    const chosen = /** @type {HTMLInputElement | null} */ (this.#form.querySelector(`[value="${mine?.stars}"]`));
    if (chosen) chosen.checked = true;
    else for (const input of this.#form.querySelectorAll("input")) input.checked = false;
    if (document.activeElement !== this.#words) this.#words.value = mine?.words ?? "";
    this.#said.textContent = mine ? fill(ngettext("Thank you. You gave %(count)d star.", "Thank you. You gave %(count)d stars.", mine.stars), { count: mine.stars }) : "";
  }

  async #send() {
    const stars = Number(new FormData(this.#form).get("stars"));
    if (!stars) return this.#tell(gettext("Choose from one to five stars."));
    this.#tell("");
    await this.#ask("broadcast.rate", { stars, words: this.#words.value.trim() });
  }

  async #withdraw() {
    this.#words.value = "";
    await this.#ask("broadcast.unrate");
  }

  /** @param {string} command
   * @param {Record<string, unknown>} [data] */
  async #ask(command, data) {
    this.#button.disabled = true;
    try {
      await this.#room?.ask(command, data);
    } catch (error) {
      this.#tell(reasonOf(error));
    } finally {
      this.#button.disabled = false;
    }
  }

  /** @param {string} words */
  #tell(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }
}

export class RoomRatings extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #drawn = "";

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.hidden = true;
  }

  show() {
    const room = this.#room;
    const ratings = /** @type {Ratings | undefined} */ (room?.behind.ratings?.get(room.id));
    const shown = Boolean(room?.runs && ratings?.count);
    if (this.hidden === shown) this.hidden = !shown;
    const drawn = JSON.stringify(ratings ?? null);
    if (!shown || !ratings || drawn === this.#drawn) return;
    this.#drawn = drawn;
    const { count, average, each } = ratings;
    if (average === null || !each) {
      const words = ngettext("%(count)d person has rated it. The average is told from three on.", "%(count)d people have rated it. The average is told from three on.", count);
      this.replaceChildren(make("p", { class: "small" }, fill(words, { count })));
      return;
    }
    const open = this.querySelector("details")?.open ?? false;
    const number = average.toLocaleString(document.documentElement.lang || undefined, { minimumFractionDigits: 1 });
    const sum = fill(ngettext("%(average)s of 5 stars from %(count)d person", "%(average)s of 5 stars from %(count)d people", count), { average: number, count });
    const words = make("ul", { class: "ratings-words", "aria-live": "polite" });
    this.replaceChildren(make("details", { class: "more", open },
      make("summary", {}, icon("star"), sum, icon("down")),
      make("table", { class: "chart" }, make("caption", { class: "hidden-visually" }, gettext("How many gave how many stars")), make("tbody", {}, ...each.map((people, at) => this.#row(at + 1, people, count)).reverse())),
      make("button", { class: "control", type: "button", click: () => void this.#read(words) }, icon("chat"), gettext("Read what they wrote")),
      words));
  }

  /** @param {number} stars
   * @param {number} people
   * @param {number} all
   * @returns {HTMLElement} */
  #row(stars, people, all) {
    return make("tr", {}, make("th", { scope: "row" }, fill(ngettext("%(count)d star", "%(count)d stars", stars), { count: stars }), make("progress", { class: "bar", value: String(people), max: String(all), "aria-hidden": "true" })), make("td", {}, String(people)));
  }

  /** @param {HTMLElement} list */
  async #read(list) {
    try {
      const { words } = await /** @type {Room} */ (this.#room).ask("broadcast.ratings");
      list.replaceChildren(...(words.length ? words.map((/** @type {string} */ text) => make("li", { dir: "auto" }, text)) : [make("li", {}, gettext("Nobody has written anything."))]));
    } catch (error) {
      toast(reasonOf(error), "error");
    }
  }
}

customElements.define("room-rating", RoomRating);
customElements.define("room-ratings", RoomRatings);
