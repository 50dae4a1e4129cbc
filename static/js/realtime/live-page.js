/**
 * Live news for pages that are not live themselves: updates of the person's and the event's streams become DOM events on
 * `<body>`, `chama:notification` and `chama:programme`, for `hx-trigger="chama:notification from:body"`. They come after a
 * random delay, because everybody hears of a new programme in the same moment.
 *
 * `data-follow="event.7"` on any element has the page follow that event.
 */

import { tabSocket } from "./tab.js";

/** @import { Frame } from "./socket.js" */

const SPREAD = 3_000;

/** The DOM event for a frame, if there is one.
 * @param {Frame} frame
 * @returns {string | null} */
export function newsOf(frame) {
  const kind = frame.update?.split(".")[0];
  return kind === "notification" || kind === "programme" ? `chama:${kind}` : null;
}

/** @type {Map<string, ReturnType<typeof setTimeout>>} */
const coming = new Map();

/** @param {string} name */
function announce(name) {
  if (coming.has(name)) return;
  coming.set(name, setTimeout(() => {
    coming.delete(name);
    document.body.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }, Math.random() * SPREAD));
}

function start() {
  const socket = tabSocket();
  const followed = document.querySelector("[data-follow]")?.getAttribute("data-follow") ?? "";
  const event = Number(/^event\.(\d+)$/.exec(followed)?.[1]);
  /** Where each stream was when we last heard of it. @type {Map<string, number>} */
  const known = new Map();

  /** After a cut nothing is fetched frame by frame: the page asks for what it shows once.
   * @param {string} stream
   * @param {number} seq
   * @param {string} name */
  const arrive = (stream, seq, name) => {
    const before = known.get(stream);
    if (before !== undefined && seq > before) announce(name);
    known.set(stream, Math.max(seq, before ?? 0));
  };

  const follow = async () => {
    try {
      const { stream, seq } = await socket.ask("event.follow", { event });
      arrive(stream, seq, "chama:programme");
    } catch {
      // The next time the socket opens it is tried again; the page itself is true as of its loading.
    }
  };

  socket.addEventListener("frame", (arrived) => {
    const frame = /** @type {CustomEvent<Frame>} */ (arrived).detail;
    if (frame.signal === "hello") arrive(frame.stream, frame.data.seq, "chama:notification");
    if (frame.seq !== undefined) known.set(frame.stream, frame.seq);
    const name = newsOf(frame);
    if (name) announce(name);
  });
  socket.addEventListener("state", () => { if (event && socket.state === "open") void follow(); });
  if (event && socket.state === "open") void follow();
}

if (globalThis.document) start();
