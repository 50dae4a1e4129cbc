/** Making elements: text only ever becomes text. */

/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes */

/** An element with attributes (functions are listeners for the event of that name) and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]} */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

const POINTING = new Set(["next", "back", "forward", "return", "send", "sign-in", "sign-out", "undo", "list", "history"]);
const SVG = "http://www.w3.org/2000/svg";

/** A symbol of the sprite that the page itself uses.
 * @param {string} name
 * @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", POINTING.has(name) ? "icon mirror" : "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite()}#${name}`);
  svg.append(use);
  return svg;
}

/** @returns {string} */
function sprite() {
  const used = document.querySelector("svg.icon use")?.getAttribute("href") ?? "";
  return used.split("#")[0];
}

/** Make the children of `parent` the elements of `wanted`, in that order, moving as few as possible.
 * @param {Element} parent
 * @param {Element[]} wanted */
export function place(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((element, at) => {
    if (parent.children[at] !== element) parent.insertBefore(element, parent.children[at] ?? null);
  });
}

/** The picture of a person, or their first letter.
 * @param {{name: string, photo: string | null}} person
 * @param {string} [size]
 * @returns {HTMLElement} */
export function avatar(person, size = "") {
  if (person.photo) return make("img", { class: `avatar ${size}`.trim(), src: person.photo, alt: "", loading: "lazy" });
  return make("span", { class: `avatar ${size}`.trim(), "aria-hidden": "true" }, [...person.name.trim()][0]?.toLocaleUpperCase() ?? "");
}

/** Calls `work` at most once for each frame drawn, however often it is asked.
 * @param {() => void} work
 * @returns {() => void} */
export function onceAFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    // A hidden page draws no frames, and its chat must be true all the same when it is looked at.
    const run = () => { asked = false; work(); };
    if (document.hidden) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };
}
