/** Links and files of a room: their order, and what is said of them. */

/** @typedef {{id: number, room: number, kind: "link" | "file", title: string, url: string, type: string, size: number, shown: boolean, pinned: boolean, position: number, author: {id: number | null, name: string}, created: string}} Material */

/** What is on top first, then in order.
 * @param {Material[]} materials
 * @returns {Material[]} */
export function inOrder(materials) {
  return [...materials].sort((one, other) => Number(other.pinned) - Number(one.pinned) || one.position - other.position || one.id - other.id);
}

/** Before which one it goes when it is moved one place up or down among those that are not on top: an id, null for the end, or
 * undefined where it is there already.
 * @param {Material[]} ordered
 * @param {number} id
 * @param {"up" | "down"} way
 * @returns {number | null | undefined} */
export function target(ordered, id, way) {
  const line = ordered.filter((each) => !each.pinned);
  const at = line.findIndex((each) => each.id === id);
  if (at < 0 || (way === "up" ? at === 0 : at === line.length - 1)) return undefined;
  return way === "up" ? line[at - 1].id : (line[at + 2]?.id ?? null);
}

/** A size in words: 340 kB, 2.1 MB.
 * @param {number} bytes
 * @param {string} language
 * @returns {string} */
export function sizeOf(bytes, language) {
  const [value, unit] = bytes < 1_000_000 ? [Math.max(1, Math.round(bytes / 1000)), "kilobyte"] : [Math.round(bytes / 100_000) / 10, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
}

/** Where a link leads, for its reader to see before they follow it.
 * @param {string} url
 * @returns {string} */
export function hostOf(url) {
  try {
    return new URL(url).hostname;
  } catch {
    return "";
  }
}
