/**
 * Symbols that rise and fade for what many people do at once. However many react, a bounded number of elements is on the page; who
 * wants less motion sees a count that fades instead.
 */

import { make } from "./dom.js";
import { nameOf, REACTIONS, symbolsFor } from "./reactions.js";

/** @import { Counts } from "./reactions.js" */

const SVG = "http://www.w3.org/2000/svg";
const RISES = 3200;
const COUNT_STAYS = 2500;

/** The symbol of a reaction.
 * @param {string} name
 * @returns {SVGElement} */
export function reactionSymbol(name) {
  const sprite = (document.querySelector("svg.icon use")?.getAttribute("href") ?? "").split("#")[0];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "reaction-symbol");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#react-${name}`);
  svg.append(use);
  return svg;
}

export class Floating {
  element = make("div", { class: "reactions-float", "aria-hidden": "true" });
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  /** The counts shown to those who want less motion. @type {Map<string, {sum: number, element: HTMLElement, timer: ReturnType<typeof setTimeout> | undefined}>} */ #counts = new Map();

  /** @param {number} most  symbols at the same time */
  constructor(most) {
    this.most = most;
  }

  /** @param {Counts} counts */
  show(counts) {
    if (document.hidden) return;
    if (this.#calm.matches) this.#count(counts);
    else for (const symbol of symbolsFor(counts, this.most - this.element.childElementCount)) this.#rise(symbol);
  }

  /** @param {{name: string, times: number}} symbol */
  #rise({ name, times }) {
    const element = make("span", { class: times > 1 ? "reaction many" : "reaction" }, reactionSymbol(name), times > 1 ? make("span", { class: "times" }, `×${times}`) : null);
    this.element.append(element);
    const sway = (Math.random() - 0.5) * 10;
    const across = 4 + Math.random() * 84;
    const moving = element.animate([
      { insetInlineStart: `${across}%`, insetBlockEnd: "-12%", opacity: 0, transform: "scale(.6)" },
      { opacity: 1, transform: "scale(1.1)", offset: 0.12 },
      { opacity: 1, transform: "scale(1)", offset: 0.65 },
      { insetInlineStart: `${across + sway}%`, insetBlockEnd: "92%", opacity: 0, transform: "scale(.9)" },
    ], { duration: RISES * (0.8 + Math.random() * 0.4), delay: Math.random() * 300, easing: "cubic-bezier(.3,.6,.5,1)", fill: "both" });
    moving.onfinish = moving.oncancel = () => element.remove();
  }

  /** @param {Counts} counts */
  #count(counts) {
    for (const name of REACTIONS) {
      const more = counts[name] ?? 0;
      if (more <= 0) continue;
      let known = this.#counts.get(name);
      if (!known) {
        known = { sum: 0, element: make("span", { class: "reaction still" }, reactionSymbol(name), make("span", { class: "times" })), timer: undefined };
        this.#counts.set(name, known);
        this.element.append(known.element);
      }
      known.sum += more;
      /** @type {HTMLElement} */ (known.element.querySelector(".times")).textContent = String(known.sum);
      known.element.animate([{ opacity: 0.4 }, { opacity: 1 }], { duration: 400 });
      clearTimeout(known.timer);
      known.timer = setTimeout(() => {
        this.#counts.get(name)?.element.remove();
        this.#counts.delete(name);
      }, COUNT_STAYS);
    }
  }
}

/** What was counted, in words: "Applause 12, Thank you 3".
 * @param {Counts} counts
 * @returns {string} */
export function inWords(counts) {
  const names = REACTIONS.filter((name) => counts[name] > 0).sort((one, other) => counts[other] - counts[one]);
  const language = globalThis.document?.documentElement.lang || undefined;
  return new Intl.ListFormat(language, { type: "unit", style: "narrow" }).format(names.map((name) => `${nameOf(name)} ${counts[name]}`));
}
