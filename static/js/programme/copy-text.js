// @ts-check
// <copy-text>: an input to read and a button that copies it.

import { toast } from "../toasts.js";

class CopyText extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const button = this.querySelector("button");
    if (!input || !button) return;
    button.addEventListener("click", async () => {
      input.select();
      try {
        await navigator.clipboard.writeText(input.value);
        toast(button.dataset.copied ?? "", "good");
      } catch {
        // Without permission (or over plain HTTP) the text is at least selected, ready for the keyboard.
        input.focus();
      }
    });
  }
}

customElements.define("copy-text", CopyText);
