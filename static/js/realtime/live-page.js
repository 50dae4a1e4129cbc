/**
 * Live news for pages that are not live themselves: updates of the person's and the event's streams become DOM events on
 * `<body>`, `chama:notification`, `chama:conversation` and `chama:programme`, for `hx-trigger="chama:notification from:body"`. They come after a
 * random delay, because everybody hears of a new programme in the same moment.
 *
 * `data-follow="event.7"` on any element has the page follow that event, and shows what is announced to it.
 */

import { standing, startBanners } from "./announcements.js";
import { tabSocket } from "./tab.js";

/** @import { Frame } from "./socket.js" */

const SPREAD = 3_000;
/** What one person alone hears of needs no spreading. */
const OWN = "chama:conversation";

/** The DOM event for a frame, if there is one.
 * @param {Frame} frame
 * @returns {string | null} */
export function newsOf(frame) {
  const kind = frame.update?.split(".")[0];
  return kind === "notification" || kind === "programme" || kind === "conversation" ? `chama:${kind}` : null;
}

/** @type {Map<string, ReturnType<typeof setTimeout>>} */
const coming = new Map();

/** @param {string} name */
function announce(name) {
  if (coming.has(name)) return;
  coming.set(name, setTimeout(() => {
    coming.delete(name);
    document.body.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }, name === OWN ? 100 : Math.random() * SPREAD));
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
   * @param {...string} names */
  const arrive = (stream, seq, ...names) => {
    const before = known.get(stream);
    if (before !== undefined && seq > before) names.forEach(announce);
    known.set(stream, Math.max(seq, before ?? 0));
  };

  /** What comes of the event's stream while we ask how it stands. @type {Frame[]} */
  let held = [];

  const follow = async () => {
    held = [];
    try {
      const { stream, seq, state } = await socket.ask("event.follow", { event });
      arrive(stream, seq, "chama:programme");
      standing.replace(stream, state?.announcement ?? []);
      for (const frame of held) if ((frame.seq ?? 0) > seq) standing.take(frame);
    } catch {
      // The next time the socket opens it is tried again; the page itself is true as of its loading.
    }
  };

  socket.addEventListener("frame", (arrived) => {
    const frame = /** @type {CustomEvent<Frame>} */ (arrived).detail;
    if (frame.signal === "hello") arrive(frame.stream, frame.data.seq, "chama:notification", OWN);
    if (frame.seq !== undefined) known.set(frame.stream, frame.seq);
    if (event && frame.stream === `event.${event}` && frame.update?.startsWith("announcement.")) {
      held.push(frame);
      standing.take(frame);
    }
    const name = newsOf(frame);
    if (name) announce(name);
  });
  socket.addEventListener("state", () => { if (event && socket.state === "open") void follow(); });
  if (event && socket.state === "open") void follow();
  if (event) startBanners();
}

if (globalThis.document) start();
