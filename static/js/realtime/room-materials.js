/**
 * `<room-materials>`: links and files of the room. Those who run the room and its speakers add to them; those who run it put them in
 * order. Files go by an upload of their own, because frames of the socket are small.
 */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { hostOf, inOrder, sizeOf, target } from "./materials.js";
import { done, reasonOf } from "./refusal.js";
import { upload } from "./upload.js";

/** @import { Material } from "./materials.js" */
/** @import { Room } from "./room.js" */

const MOST_CHARACTERS = 200;

export class RoomMaterials extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** Ids of what is retried. */ #linkId = crypto.randomUUID();
  #fileId = crypto.randomUUID();
  /** @type {Map<number, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  #list = make("ul", { class: "plain stack tight" });
  #nothing = make("p", { class: "quiet", hidden: true });
  #add = make("details", { class: "more", hidden: true });
  #title = make("input", { class: "input", id: "material-title", dir: "auto", maxlength: String(MOST_CHARACTERS) });
  #url = make("input", { class: "input", id: "material-url", type: "url", dir: "ltr", inputmode: "url", maxlength: "500", placeholder: "https://" });
  #file = make("input", { class: "input", id: "material-file", type: "file", accept: ".pdf,.pptx,.docx,.xlsx,.odp,.png,.jpg,.jpeg" });
  #shown = make("input", { type: "checkbox", checked: true });
  #problem = make("p", { class: "error", role: "alert", hidden: true });
  #progress = make("progress", { class: "meter", max: "1", hidden: true });
  #button = make("button", { class: "button primary", type: "submit" });
  #draw = onceAFrame(() => this.#show());

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.#build();
    room.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** Whether there is anything to see here for this reader. @returns {boolean} */
  get used() {
    return this.#brings || this.#all.length > 0;
  }

  /** The list is looked at now. */
  seen() {
    this.#draw();
  }

  /** @returns {boolean} */
  get #brings() {
    return Boolean(this.#room?.runs) || this.#room?.role === "speaker";
  }

  /** @returns {Material[]} */
  get #all() {
    const room = this.#room;
    if (!room) return [];
    const hidden = room.runs ? room.behind.unreleased : room.own.unreleased;
    return inOrder([...(room.state.material?.values() ?? []), ...(hidden?.values() ?? [])].filter((each) => each.room === room.id));
  }

  #build() {
    this.classList.add("stack");
    this.#button.append(icon("plus"), gettext("Add"));
    this.#progress.setAttribute("aria-label", gettext("The file is on its way"));
    this.#nothing.append(gettext("Nothing here yet. Add the slides, a map, a page to read."));
    /** @param {HTMLElement} field
     * @param {string} words */
    const field = (field, words) => make("div", { class: "stack tight" }, make("label", { for: field.id, class: "small strong" }, words), field);
    const form = make("form", { class: "ask", novalidate: true, submit: (/** @type {Event} */ event) => { event.preventDefault(); void this.#bring(); } },
      field(this.#title, gettext("Title (a file may go without)")),
      field(this.#url, gettext("Web address")),
      field(this.#file, gettext("or a file: PDF, PPTX, DOCX, XLSX, ODP, PNG or JPEG")),
      make("label", { class: "check" }, this.#shown, make("span", {}, gettext("Everyone in the room sees it"))),
      this.#problem, this.#progress, make("div", { class: "row" }, make("span", { class: "push" }, this.#button)));
    this.#add.append(make("summary", {}, gettext("Add a link or a file")), form);
    this.replaceChildren(this.#list, this.#nothing, this.#add);
  }

  async #bring() {
    const room = this.#room;
    const [title, url, file] = [this.#title.value.trim(), this.#url.value.trim(), this.#file.files?.[0]];
    if (!room) return;
    if (!url && !file) return this.#complain(gettext("Give a web address, or choose a file."));
    if (url && file) return this.#complain(gettext("Give a web address or a file, one at a time."));
    this.#button.disabled = true;
    this.#complain("");
    try {
      const problem = file ? await this.#send(title, file) : await this.#link(room, title, url);
      this.#complain(problem);
      if (problem) return;
      for (const field of [this.#title, this.#url, this.#file]) field.value = "";
      toast(this.#shown.checked ? gettext("Everyone in the room sees it now.") : gettext("It is kept here until you show it."), "good");
    } finally {
      this.#button.disabled = false;
      this.#progress.hidden = true;
    }
  }

  /** @param {Room} room
   * @param {string} title
   * @param {string} url
   * @returns {Promise<string>} */
  async #link(room, title, url) {
    try {
      await room.ask("material.link", { client_id: this.#linkId, title, url, shown: this.#shown.checked });
      this.#linkId = crypto.randomUUID();
      return "";
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** @param {string} title
   * @param {File} file
   * @returns {Promise<string>} */
  async #send(title, file) {
    const data = new FormData();
    data.append("client_id", this.#fileId);
    data.append("title", title);
    if (this.#shown.checked) data.append("shown", "on");
    data.append("file", file);
    this.#progress.value = 0;
    this.#progress.hidden = false;
    const problem = await upload(this.closest("[data-materials]")?.getAttribute("data-materials") ?? "", data, (part) => { this.#progress.value = part; });
    if (!problem) this.#fileId = crypto.randomUUID();
    return problem;
  }

  /** @param {string} words */
  #complain(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }

  #show() {
    const room = this.#room;
    if (!room || this.offsetParent === null) return;
    const all = this.#all;
    this.#add.hidden = !this.#brings || room.phase !== "here";
    this.#nothing.hidden = all.length > 0;
    for (const id of this.#rows.keys()) if (!all.some((each) => each.id === id)) this.#rows.delete(id);
    place(this.#list, all.map((each) => this.#row(each, all)));
  }

  /** @param {Material} material
   * @param {Material[]} all
   * @returns {HTMLElement} */
  #row(material, all) {
    const room = /** @type {Room} */ (this.#room);
    const changes = room.runs || (room.role === "speaker" && material.author.id === room.me);
    const [up, down] = /** @type {const} */ (["up", "down"]).map((way) => (room.runs ? target(all, material.id, way) : undefined));
    const drawn = JSON.stringify([material, changes, room.runs, up, down]);
    const known = this.#rows.get(material.id);
    if (known?.drawn === drawn) return known.element;
    const language = document.documentElement.lang;
    const isFile = material.kind === "file";
    const address = isFile ? { href: material.url, download: true } : { href: material.url, target: "_blank", rel: "nofollow noopener noreferrer" };
    const element = make("li", { class: material.pinned ? "material pinned" : "material", "data-material": String(material.id) },
      icon(isFile ? "file" : "link"),
      make("div", { class: "material-main" },
        make("a", { ...address, dir: "auto" }, material.title, isFile ? null : make("span", { class: "hidden-visually" }, ` ${gettext("(opens in a new tab)")}`)),
        make("p", { class: "quiet small row" },
          material.pinned ? make("span", { class: "chip tea" }, icon("flag"), gettext("On top")) : null,
          material.shown ? null : make("span", { class: "chip warn" }, icon("hide"), gettext("Not shown yet")),
          isFile ? make("span", {}, `${material.type.toUpperCase()} · ${sizeOf(material.size, language)}`) : make("bdi", { dir: "ltr" }, hostOf(material.url)),
          make("bdi", {}, material.author.name))),
      changes ? this.#actions(material, room, up, down) : null);
    const focused = known?.element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.act : undefined;
    this.#rows.set(material.id, { element, drawn });
    // Whoever works with the keyboard stays where they were when the row is drawn anew.
    if (focused) queueMicrotask(() => /** @type {HTMLElement | null} */ (element.querySelector(`[data-act="${focused}"]:not(:disabled)`) ?? element.querySelector("button:not(:disabled)"))?.focus());
    return element;
  }

  /** @param {Material} material
   * @param {Room} room
   * @param {number | null | undefined} up
   * @param {number | null | undefined} down
   * @returns {HTMLElement} */
  #actions(material, room, up, down) {
    const { id, shown, pinned, title } = material;
    const bar = make("div", { class: "material-actions" });
    bar.append(this.#act("show", shown ? gettext("Hide") : gettext("Show to everyone"), shown ? "hide" : "show", "material.edit", { material: id, shown: !shown }, shown ? "quiet" : "primary"));
    if (room.runs && shown) bar.append(this.#act("pin", pinned ? gettext("Take from the top") : gettext("Put on top"), "flag", "material.pin", { material: id, pinned: !pinned }));
    if (room.runs && !pinned) {
      bar.append(
        this.#act("up", fill(gettext("Move up: %(title)s"), { title }), "arrow-up", "material.move", { material: id, before: up }, "quiet icon-only", up === undefined),
        this.#act("down", fill(gettext("Move down: %(title)s"), { title }), "arrow-down", "material.move", { material: id, before: down }, "quiet icon-only", down === undefined));
    }
    const sure = this.#act("remove", gettext("Yes, take it away"), "trash", "material.remove", { material: id }, "danger");
    bar.append(make("details", { class: "more" }, make("summary", { "aria-label": fill(gettext("Take away: %(title)s"), { title }) }, icon("trash"), gettext("Take away")), sure));
    return bar;
  }

  /** @param {string} key
   * @param {string} label
   * @param {string} symbol
   * @param {string} command
   * @param {Record<string, unknown>} data
   * @param {string} [look]
   * @param {boolean} [disabled]
   * @returns {HTMLElement} */
  #act(key, label, symbol, command, data, look = "quiet", disabled = false) {
    const alone = look.includes("icon-only");
    return make("button", { class: `button ${look}`, type: "button", "data-act": key, disabled, "aria-label": alone ? label : null, title: alone ? label : null, click: (/** @type {Event} */ event) => {
      const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
      button.disabled = true;
      void this.#run(command, data).finally(() => { button.disabled = disabled; });
    } }, icon(symbol), alone ? null : label);
  }

  /** @param {string} command
   * @param {Record<string, unknown>} data */
  async #run(command, data) {
    await done(this.#room?.ask(command, data)); // what it changed arrives as an update, for us as for everyone
  }
}

customElements.define("room-materials", RoomMaterials);
