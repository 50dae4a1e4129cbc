/** Rows of a list that changes while people read and use it. */

/** Rows that stay while what they show stays; whoever works with the keyboard stays where they were when one is drawn anew. */
export class Rows {
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();

  /** @param {string} key
   * @param {string} drawn
   * @param {() => HTMLElement} draw
   * @returns {HTMLElement} */
  row(key, drawn, draw) {
    const known = this.#rows.get(key);
    if (known?.drawn === drawn) return known.element;
    const element = draw();
    this.#rows.set(key, { element, drawn });
    const active = document.activeElement;
    if (active instanceof HTMLElement && known?.element.contains(active)) {
      const { act } = active.dataset;
      queueMicrotask(() => focusIn(element, act));
    }
    return element;
  }

  /** Forget what is not shown any more.
   * @param {HTMLElement[]} shown */
  keep(shown) {
    const known = new Set(shown);
    for (const [key, { element }] of this.#rows) if (!known.has(element)) this.#rows.delete(key);
  }
}

/** @param {HTMLElement} row
 * @param {string | undefined} act */
export function focusIn(row, act) {
  const same = act ? row.querySelector(`[data-act="${act}"]`) : null;
  const found = same ?? row.querySelector("[data-act='menu']");
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
  else row.focus({ preventScroll: true });
}
