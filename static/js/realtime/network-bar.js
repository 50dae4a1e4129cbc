/**
 * `<network-bar>`: below the stage, how much of picture and sound comes and what it costs, the way to the check of devices, and the
 * stage's picture in a window of its own. When a picture was paused for the voice it says so, with the way back.
 */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { apart, DataMeter, inUnits } from "./data-meter.js";
import { DeviceCheck } from "./device-check.js";
import { icon, make } from "./dom.js";
import { line } from "./network-line.js";
import { modeChoice, nameOf } from "./network-modes.js";
import { mayFloat, toggleFloat } from "./picture-in-picture.js";
import { memory } from "./memory.js";

/** @import { Room } from "./room.js" */

export class NetworkBar extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #ends = new AbortController();
  /** What the open dialog listens to. */ #closes = new AbortController();
  #notice = make("div", { class: "network-notice", role: "status" });
  #acts = make("div", { class: "network-acts", role: "group" });
  #name = make("span", { class: "control-name" });
  #used = make("span", { class: "network-used number", dir: "auto", "aria-hidden": "true" });
  #line = make("button", { class: "control", type: "button", "data-does": "line", "aria-haspopup": "dialog" });
  #check = make("button", { class: "control", type: "button", "data-does": "check", "aria-haspopup": "dialog", hidden: true });
  #float = make("button", { class: "control", type: "button", "data-does": "float", "aria-pressed": "false", hidden: true });
  #cost = make("p", { class: "network-cost" });
  #dialog = make("dialog", { class: "dialog", "aria-labelledby": "network-title" });
  #devices = new DeviceCheck();
  #told = "";

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("network");
    this.#acts.setAttribute("aria-label", gettext("Picture, sound and network"));
    this.#line.append(icon("signal"), make("span", { class: "hidden-visually" }, gettext("Picture and sound:")), this.#name, this.#used);
    this.#line.addEventListener("click", () => this.#open());
    this.#check.append(icon("headphones"), make("span", { class: "control-name" }, gettext("Check devices")));
    this.#check.addEventListener("click", () => this.#devices.open({ sends: true }));
    this.#float.append(icon("float"), make("span", { class: "hidden-visually" }, gettext("Picture in a window of its own")));
    this.#float.addEventListener("click", () => void this.#toggleFloat());
    this.#acts.append(this.#line, this.#check, this.#float);
    this.#dialog.addEventListener("close", () => this.#closes.abort());
    this.replaceChildren(this.#notice, this.#acts, this.#dialog, this.#devices);
    const { signal } = this.#ends;
    line.addEventListener("change", () => this.#show(), { signal });
    line.addEventListener("measured", () => this.#showCost(), { signal });
    room.addEventListener("change", () => this.#showActs(), { signal });
    // Only while the focus stands in the stage: a letter alone must not do anything while somebody writes.
    this.closest(".stage")?.addEventListener("keydown", (event) => this.#onKey(/** @type {KeyboardEvent} */ (event)), { signal });
    for (const name of ["enterpictureinpicture", "leavepictureinpicture"]) document.addEventListener(name, () => this.#showActs(), { signal, capture: true });
    line.start({ usual: this.closest("live-room, small-room")?.getAttribute("data-usual"), meter: new DataMeter(room.id, memory()) });
    this.#show();
    this.#showCost();
    this.#showActs();
  }

  disconnectedCallback() {
    this.#ends.abort();
    this.#closes.abort();
    line.stop();
  }

  #show() {
    const around = this.closest("live-room, small-room");
    around?.setAttribute("data-media", line.mode);
    this.#name.textContent = nameOf(line.mode);
    this.#line.classList.toggle("off", line.mode === "audio");
    const { pausedHere, pausedOwn } = line;
    const telling = `${pausedHere}${pausedOwn}`;
    if (telling === this.#told) return;
    this.#told = telling;
    if (!pausedHere && !pausedOwn) {
      if (this.#notice.contains(document.activeElement)) this.#line.focus();
      this.#notice.replaceChildren();
      return;
    }
    const own = pausedOwn ? gettext("The others hear you, and see your picture or initial.") : "";
    const words = make("p", {}, make("strong", {}, gettext("Weak network: video paused to keep the voice.")), own && ` ${own}`, ` ${gettext("It comes back by itself when the network is better.")}`);
    this.#notice.replaceChildren(icon("signal"), words, make("button", { class: "control", type: "button", "data-does": "restore", click: () => line.restore() }, icon("play"), gettext("Show the video now")));
  }

  #showActs() {
    const room = this.#room;
    if (!room) return;
    const onStage = room.publications.some(({ person, source }) => person.id === room.me && source === "camera");
    this.#check.hidden = !(room.mayPublish && room.phase === "here" && !onStage);
    this.#float.hidden = !mayFloat() || room.publications.length === 0 || line.mode === "audio";
    this.#float.setAttribute("aria-pressed", String(document.pictureInPictureElement !== null));
    this.#acts.hidden = room.phase === "refused" || room.phase === "closed";
  }

  #showCost() {
    const { meter } = line;
    if (!meter) return;
    this.#used.textContent = meter.bytes >= 1e6 ? inUnits(meter.bytes) : "";
    const { perHour } = meter;
    const sofar = fill(gettext("Picture and sound in this room have used %(data)s so far."), { data: apart(inUnits(meter.bytes)) });
    const pace = !perHour ? "" : ` ${fill(gettext("At this pace it is %(data)s an hour."), { data: apart(inUnits(perHour)) })}`;
    if (this.#cost.textContent !== sofar + pace) this.#cost.textContent = sofar + pace;
  }

  #open() {
    this.#closes = new AbortController();
    const close = () => this.#dialog.close();
    const automatic = make("input", { type: "checkbox", checked: line.automatic, change: () => line.chooseAutomatic(automatic.checked) });
    const title = make("h2", { id: "network-title" }, gettext("Picture and sound"));
    const check = () => { close(); this.#devices.open({ sends: this.#room?.mayPublish ?? false }); };
    this.#dialog.replaceChildren(
      make("div", { class: "dialog-head" }, title, make("button", { class: "button icon-only quiet", type: "button", "aria-label": gettext("Close"), click: close }, icon("close"))),
      make("div", { class: "stack" }, modeChoice(line, this.#closes.signal).element,
        make("label", { class: "check" }, automatic, make("span", {}, gettext("Pause the video by itself when the network is weak, so that the voice stays clear."))),
        this.#cost,
        this.#float.hidden ? null : make("button", { class: "button network-phone", type: "button", click: () => { close(); void this.#toggleFloat(); } }, icon("float"), gettext("Picture in a window of its own")),
        make("div", { class: "actions" }, make("button", { class: "button", type: "button", click: check }, icon("headphones"), gettext("Check devices and network")), make("button", { class: "button primary", type: "button", click: close }, gettext("Done")))));
    this.#showCost();
    this.#dialog.showModal();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.code !== "KeyP" || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || this.#float.hidden) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
    event.preventDefault();
    void this.#toggleFloat();
  }

  async #toggleFloat() {
    const stage = this.closest(".stage");
    try {
      if (stage && !(await toggleFloat(stage))) toast(gettext("There is no picture on the stage at the moment."), "info");
    } catch {
      toast(gettext("The browser did not open a window for the picture."), "error");
    }
    this.#showActs();
  }
}

customElements.define("network-bar", NetworkBar);
