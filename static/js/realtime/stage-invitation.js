/** `<stage-invitation>`: somebody asks us to come to the stage. We answer here; no camera starts before we start it. */

import { fill, gettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { icon, make } from "./dom.js";
import { CommandError } from "./socket.js";

/** @import { Room } from "./room.js" */

export class StageInvitation extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  #drawn = "";
  /** Called when we have accepted. */ accepted = () => {};

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    this.classList.add("stage-invitation");
    this.setAttribute("role", "alert");
    this.hidden = true;
    room.addEventListener("change", () => this.#show());
  }

  /** Whether we are asked. */
  get open() {
    return !this.hidden;
  }

  #show() {
    const room = this.#room;
    const invitation = room?.phase === "here" ? room.own.invitation?.get(room.id) : undefined;
    const drawn = JSON.stringify(invitation ?? null);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const held = this.contains(document.activeElement);
    this.hidden = !invitation;
    if (!invitation) {
      this.replaceChildren();
      if (held) /** @type {HTMLElement | null} */ (this.closest(".stage")?.querySelector(".stage-bar button"))?.focus();
      return;
    }
    const who = invitation.by ? fill(gettext("%(name)s asks you to come on the stage."), { name: invitation.by.name }) : gettext("You are asked to come on the stage.");
    this.replaceChildren(icon("stage"),
      make("p", {}, make("strong", { dir: "auto" }, who), ` ${gettext("The others see and hear you only when you start your camera or microphone there.")}`),
      make("div", { class: "stage-invitation-acts" },
        make("button", { class: "control yes", type: "button", "data-does": "accept", click: () => this.answer("stage.accept") }, gettext("Come on the stage")),
        make("button", { class: "control", type: "button", "data-does": "decline", click: () => this.answer("stage.decline") }, gettext("Not now"))));
  }

  /** @param {"stage.accept" | "stage.decline"} command */
  async answer(command) {
    const room = this.#room;
    if (!room || this.hidden) return;
    try {
      await room.ask(command);
      if (command === "stage.accept") this.accepted();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      toast(error.message || gettext("There is no connection at the moment. Try again when it is back."), "warning");
    }
  }
}

customElements.define("stage-invitation", StageInvitation);
