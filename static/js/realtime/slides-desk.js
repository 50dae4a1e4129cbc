/**
 * `<slides-desk>`: the slides that were brought to the room, for those with a part on the stage: what can be shown, what is being made
 * ready, what went wrong; and a form for those who may bring more.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { pressed } from "./refusal.js";
import { inOrder, showOf } from "./slides-plan.js";
import { upload } from "./upload.js";

/** @import { Room } from "./room.js" */
/** @import { Deck } from "./slides-plan.js" */

export class SlidesDesk extends HTMLElement {
  /** Called when slides begin to be shown from here: the keyboard goes there. @type {() => void} */ onShown = () => {};
  /** @type {Room | null} */ #room = null;
  #address = "";
  /** Of what is retried. */ #fileId = crypto.randomUUID();
  /** @type {Map<number, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #list = make("ul", { class: "plain stack tight" });
  #nothing = make("p", { class: "quiet", hidden: true });
  #add = make("details", { class: "more", hidden: true });
  #file = make("input", { class: "input", id: "slides-file", type: "file", accept: ".pdf,application/pdf" });
  #title = make("input", { class: "input", id: "slides-title", dir: "auto", maxlength: "200" });
  #problem = make("p", { class: "error", role: "alert", hidden: true });
  #progress = make("progress", { class: "meter", max: "1", hidden: true });
  #button = make("button", { class: "button primary", type: "submit" });
  #told = make("p", { class: "hidden-visually", role: "status" });
  /** How each stood when it was last told. @type {Map<number, string>} */ #known = new Map();
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room
   * @param {string} address  where the files go */
  start(room, address) {
    this.#room = room;
    this.#address = address;
    this.#build();
    room.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** Whether there is anything here for this reader. @returns {boolean} */
  get used() {
    return this.#brings || this.#decks.length > 0;
  }

  /** It is looked at now. */
  seen() {
    this.#draw();
  }

  /** In a small room everybody brings slides. @returns {boolean} */
  get #brings() {
    const room = this.#room;
    return Boolean(room && (room.runs || room.role === "speaker" || (room.mayPublish && this.closest("small-room"))));
  }

  /** @returns {boolean} */
  get #presents() {
    return Boolean(this.#room?.mayPublish) && this.#room?.role !== "interpreter";
  }

  /** @returns {Deck[]} */
  get #decks() {
    return inOrder(this.#room?.backstage.deck?.values() ?? []);
  }

  #build() {
    this.classList.add("stack");
    this.#button.append(icon("upload"), gettext("Add the slides"));
    this.#progress.setAttribute("aria-label", gettext("The file is on its way"));
    this.#nothing.append(gettext("No slides yet. Bring them as PDF; everyone then sees the same page, also on a slow line."));
    /** @param {HTMLElement} field
     * @param {string} words */
    const field = (field, words) => make("div", { class: "stack tight" }, make("label", { for: field.id, class: "small strong" }, words), field);
    this.#add.append(
      make("summary", {}, gettext("Add slides")),
      make("form", { class: "ask", novalidate: true, submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#bring(); } },
        field(this.#file, gettext("PDF file")),
        field(this.#title, gettext("Title (without one, the name of the file)")),
        this.#problem, this.#progress, make("div", { class: "row" }, make("span", { class: "push" }, this.#button))));
    this.replaceChildren(this.#list, this.#nothing, this.#add, this.#told);
  }

  async #bring() {
    const file = this.#file.files?.[0];
    if (!file) return this.#complain(gettext("Choose a file."));
    const data = new FormData();
    data.append("client_id", this.#fileId);
    data.append("title", this.#title.value.trim());
    data.append("file", file);
    this.#button.disabled = true;
    this.#complain("");
    this.#progress.value = 0;
    this.#progress.hidden = false;
    try {
      const problem = await upload(this.#address, data, (part) => { this.#progress.value = part; });
      this.#complain(problem);
      if (problem) return;
      this.#fileId = crypto.randomUUID();
      this.#file.value = this.#title.value = "";
      this.#add.removeAttribute("open");
      toast(gettext("The slides have arrived. They are being made ready."), "good");
    } finally {
      this.#button.disabled = false;
      this.#progress.hidden = true;
    }
  }

  /** @param {string} words */
  #complain(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }

  #show() {
    const room = this.#room;
    if (!room) return;
    const decks = this.#decks;
    this.#tell(decks, room);
    if (this.offsetParent === null) return;
    this.#add.hidden = !this.#brings || room.phase !== "here";
    this.#nothing.hidden = decks.length > 0;
    for (const id of this.#rows.keys()) if (!decks.some((deck) => deck.id === id)) this.#rows.delete(id);
    place(this.#list, decks.map((deck) => this.#row(deck, room)));
  }

  /** Say of our own slides that they are ready, or why not.
   * @param {Deck[]} decks
   * @param {Room} room */
  #tell(decks, room) {
    for (const { id, state, title, author, problem } of decks) {
      const before = this.#known.get(id);
      this.#known.set(id, state);
      if (before === undefined || before === state || author.id !== room.me) continue;
      if (state === "ready") toast(fill(gettext("“%(title)s” is ready to be shown."), { title }), "good");
      if (state === "failed") toast(`${title}: ${problemOf(problem)}`, "error");
    }
  }

  /** @param {Deck} deck
   * @param {Room} room
   * @returns {HTMLElement} */
  #row(deck, room) {
    const shown = showOf(room)?.deck === deck.id;
    const removes = room.runs || deck.author.id === room.me;
    const drawn = JSON.stringify([deck, shown, removes, this.#presents]);
    const known = this.#rows.get(deck.id);
    if (known?.drawn === drawn) return known.element;
    const words = {
      waiting: gettext("Waits to be made ready"),
      converting: deck.pages ? fill(gettext("Being made ready: %(done)d of %(pages)d pages"), { done: deck.done, pages: deck.pages }) : gettext("Being made ready"),
      ready: fill(ngettext("%(count)d page", "%(count)d pages", deck.pages), { count: deck.pages }),
      failed: problemOf(deck.problem),
    }[deck.state];
    const actions = make("div", { class: "material-actions" });
    if (deck.state === "ready" && this.#presents) {
      actions.append(shown
        ? this.#act("hide", gettext("Stop showing"), "hide", "slides.hide", {}, "")
        : this.#act("show", gettext("Show to everyone"), "screen", "slides.show", { deck: deck.id }, "primary"));
    }
    if (removes) {
      const sure = this.#act("remove", gettext("Yes, take them away"), "trash", "slides.remove", { deck: deck.id }, "danger");
      actions.append(make("details", { class: "more" }, make("summary", { "aria-label": fill(gettext("Take away: %(title)s"), { title: deck.title }) }, icon("trash"), gettext("Take away")), sure));
    }
    const element = make("li", { class: shown ? "material pinned" : "material", "data-deck": String(deck.id), "data-state": deck.state },
      icon("file"),
      make("div", { class: "material-main" },
        make("p", { class: "strong", dir: "auto" }, deck.title),
        make("p", { class: "quiet small row" }, shown ? make("span", { class: "chip tea" }, icon("screen"), gettext("Shown now")) : null, make("span", { class: deck.state === "failed" ? "error" : null }, words), make("bdi", {}, deck.author.name)),
        deck.state === "converting" ? make("progress", { class: "meter", max: String(deck.pages || 1), value: deck.pages ? String(deck.done) : null, "aria-label": words }) : null),
      actions.childElementCount ? actions : null);
    const focused = known?.element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.act : undefined;
    this.#rows.set(deck.id, { element, drawn });
    if (focused) queueMicrotask(() => { if (document.activeElement === document.body) /** @type {HTMLElement | null} */ (element.querySelector("button:not(:disabled)"))?.focus(); });
    return element;
  }

  /** @param {string} key
   * @param {string} label
   * @param {string} symbol
   * @param {string} command
   * @param {Record<string, unknown>} data
   * @param {string} look
   * @returns {HTMLElement} */
  #act(key, label, symbol, command, data, look) {
    return make("button", { class: `button ${look}`, type: "button", "data-act": key, click: async (/** @type {Event} */ event) => {
      const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
      // What it changes arrives as an update, for us as for everyone.
      if (await pressed(button, () => this.#room?.ask(command, data)) && command === "slides.show") this.onShown();
    } }, icon(symbol), label);
  }
}

/** Why slides could not be made ready.
 * @param {string} problem
 * @returns {string} */
function problemOf(problem) {
  const words = {
    encrypted: gettext("The file is locked with a password. Save it without one and bring it again."),
    too_many_pages: gettext("The file has more than 200 pages. Divide it and bring the parts."),
    too_complex: gettext("Making pictures of the pages took too long or too much memory. Save it as PDF with smaller pictures and bring it again."),
  };
  return words[/** @type {keyof typeof words} */ (problem)] ?? gettext("The file cannot be read as PDF. Save it as PDF once more and bring it again.");
}

customElements.define("slides-desk", SlidesDesk);
