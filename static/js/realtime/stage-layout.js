/** Which picture of a stage stands where: from what is shown, how it is to be shown, and who speaks. */

/** One picture. `name` is the publication's; slides are nobody's.
 * @typedef {{key: number | string, name: string, person: number | null, source: "camera" | "screen" | "slides"}} Piece */

/** `screen`: a screen or slides large, with the speaker; `speaker`: one person large; `side`: all alike.
 * @typedef {"screen" | "speaker" | "side"} Layout */

/** `speaker`: who was given the place (the id of a person); `active`: who is heard (the name of a publication); `pinned`: what this
 * reader wants large, whatever the others see (the name of a publication).
 * @typedef {{layout: Layout, speaker?: number | null, active?: string | null, pinned?: string | null}} How */

/** @template {Piece} P
 * @param {P[]} pieces   in the order in which they came
 * @param {How} how
 * @returns {{large: P | null, order: P[]}} `order`: all of them, the large one first */
export function arrange(pieces, { layout, speaker = null, active = null, pinned = null }) {
  const cameras = pieces.filter(({ source }) => source === "camera");
  const heard = pieces.find(({ name }) => name === active);
  const first = cameras.find(({ person }) => person === speaker) ?? cameras.find(({ person }) => heard && person === heard.person) ?? cameras[0] ?? null;
  // Whoever shares a screen does so now; slides may have been left on.
  const screen = [...pieces].reverse().find(({ source }) => source === "screen") ?? pieces.find(({ source }) => source === "slides") ?? null;
  const wanted = pieces.find(({ name }) => name && name === pinned) ?? (layout === "screen" ? screen : layout === "speaker" ? first : null);
  const large = pieces.length > 1 ? wanted : null;
  const then = layout === "side" ? null : first;
  const rank = (/** @type {P} */ piece) => (piece === large ? 0 : piece.source !== "camera" ? 1 : piece === then && speaker !== null ? 2 : 3);
  return { large, order: [...pieces].sort((one, other) => rank(one) - rank(other)) };
}

/** Into how many columns pictures are put so that they are largest.
 * @param {number} count
 * @param {number} width   of the space, in any unit
 * @param {number} height
 * @param {number} [ratio]   of a picture
 * @returns {number} */
export function columnsFor(count, width, height, ratio = 4 / 3) {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= Math.max(count, 1); columns += 1) {
    const rows = Math.ceil(count / columns);
    const size = Math.min(width / columns, (height / rows) * ratio);
    if (size > largest * 1.01) [best, largest] = [columns, size];
  }
  return best;
}

/** Into how many columns the small pictures beside a large one are put.
 * @param {number} count
 * @param {number} width   of the space, in CSS pixels
 * @returns {number} */
export function stripFor(count, width) {
  const fit = Math.max(2, Math.floor(width / 150));
  return Math.max(1, Math.ceil(count / Math.ceil(count / fit)));
}

/** How much of a camera's picture is worth receiving at this size: the browser's own pixels decide.
 * @param {{height: number, density: number, visible: boolean}} shown
 * @returns {{layer: "q" | "h" | null, paused: boolean}} */
export function muchFor({ height, density, visible }) {
  const needed = height * Math.min(density, 2);
  return { layer: needed <= 220 ? "q" : needed <= 440 ? "h" : null, paused: !visible };
}

/** Who came and who went, by the names of publications.
 * @param {Map<string, string>} before   name of the publication to what it is called
 * @param {Map<string, string>} now
 * @returns {{came: string[], went: string[]}} */
export function changes(before, now) {
  const missing = (/** @type {Map<string, string>} */ from, /** @type {Map<string, string>} */ among) => [...from].filter(([name]) => !among.has(name)).map(([, called]) => called);
  return { came: missing(now, before), went: missing(before, now) };
}
