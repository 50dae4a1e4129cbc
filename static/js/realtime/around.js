/**
 * What the page tells of a session before and after it: fetched from the server, which knows the programme, when it is first
 * wanted, when the programme changes, and when the session has ended. Event: `change`.
 */

/** @import { Planned } from "./broadcast.js" */

/** Everybody hears in the same moment that it is over. */
const SPREAD = 3_000;

export class Around extends EventTarget {
  /** @type {HTMLTemplateElement | null} */ #found = null;
  #asking = false;
  #wanted = false;

  /** @param {string} address  "" where there is nothing to tell */
  constructor(address) {
    super();
    this.address = address;
    if (address) document.body.addEventListener("chama:programme", this.#again);
  }

  stop() {
    document.body.removeEventListener("chama:programme", this.#again);
  }

  /** Have it, from now on. */
  want() {
    if (this.#wanted || !this.address) return;
    this.#wanted = true;
    void this.#fetch();
  }

  /** It is over for everybody: what comes next is asked for anew. */
  renew() {
    this.#wanted = true;
    setTimeout(() => void this.#fetch(), Math.random() * SPREAD);
  }

  #again = () => { if (this.#wanted) void this.#fetch(); };

  async #fetch() {
    if (this.#asking || !this.address) return;
    this.#asking = true;
    try {
      const answer = await fetch(this.address, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const made = document.createElement("template");
      made.innerHTML = await answer.text();
      this.#found = made;
      this.dispatchEvent(new Event("change"));
    } catch {
      // What stands there stays; the room itself does not need it.
    } finally {
      this.#asking = false;
    }
  }

  /** @param {"before" | "after"} part
   * @returns {Node[]} */
  part(part) {
    const found = this.#found?.content.querySelector(`[data-part="${part}"]`);
    return found ? [...found.cloneNode(true).childNodes] : [];
  }

  /** When it is planned to begin, in milliseconds; null where that is not known. @returns {number | null} */
  get planned() {
    const iso = this.#found?.content.querySelector("[data-planned]")?.getAttribute("data-planned");
    return iso ? Date.parse(iso) : null;
  }

  /** Who is planned to be on the stage. @returns {Planned[]} */
  get people() {
    return [...(this.#found?.content.querySelectorAll("[data-person]") ?? [])].map((row) => ({
      id: Number(row.getAttribute("data-person")) || null,
      name: row.querySelector(".name")?.textContent ?? "",
      part: "",
    }));
  }
}
