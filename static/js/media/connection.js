/**
 * What publishing and watching have in common: a connection that is made again by itself whenever it breaks, until it is
 * stopped or the server says that there is no point.
 *
 * States, told by a `state` event whose `detail` is `{state, code}`:
 *
 * - `idle`        not started, or stopped
 * - `connecting`  on the way, for the first time or again
 * - `waiting`     reached the server, but nobody sends yet (viewers only)
 * - `playing`     media flows
 * - `failed`      gave up; `code` says why: `replaced`, `removed`, `codec`, `grant-…`, `denied`
 */

import { open } from "./open.js";
import { AFTER_FAILURE, Refusal, UNREACHED, WHILE_WAITING, judge, pauseAfter } from "./retry.js";
import { endSession, fragmentOf, openSession, restartSession, sessionLives, withIceOf, withSoundAgain } from "./session.js";

/** @import { Grant, Session } from "./session.js" */

/** @typedef {"idle" | "connecting" | "waiting" | "playing" | "failed"} State */

/** A page may throw an error with `final: true` in `getGrant` when asking again is useless, and a `code` with it.
 * @typedef {() => Promise<Grant>} GetGrant */

const CONNECT_WITHIN = 12_000;
/** A line that is away for less than this often comes back by itself. */
const PATIENCE = 1_500;
/** The server sends something every second, to publishers too. After this much silence we ask whether it knows us. */
const SILENCE = 1_900;
const LISTEN_EVERY = 500;
const ASK_AGAIN = 8_000;
/** A new way to the server is found in less, or not at all. */
const RESTART_WITHIN = 4_000;
/** A try after one that got no answer. */
const SOONER = 4_000;
/** Grants live for two minutes; one that was refused for the moment only is good for another try. */
const GRANT_USABLE = 60_000;

export class Connection extends EventTarget {
  /** @type {State} */ #state = "idle";
  /** @type {string | null} */ #code = null;
  /** @type {GetGrant} */ #getGrant;
  /** @type {AbortController | null} */ #running = null;
  /** @type {RTCPeerConnection | null} */ #peer = null;
  /** @type {Session | null} */ #session = null;
  /** @type {{grant: Grant, at: number} | null} */ #grant = null;
  /** @type {{tries: number, waits: number}} */ #failures = { tries: 0, waits: 0 };

  /** @param {GetGrant} getGrant */
  constructor(getGrant) {
    super();
    this.#getGrant = getGrant;
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** Why it failed. @returns {string | null} */
  get code() {
    return this.#code;
  }

  /** The peer connection of the moment, for statistics. @returns {RTCPeerConnection | null} */
  get peer() {
    return this.#peer;
  }

  /** The session with the server, while there is one. @returns {Session | null} */
  get session() {
    return this.#session;
  }

  /** Begin, and go on until `stop`. */
  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    open.add(this);
    this.#listen(true);
    void this.#run(this.#running.signal);
  }

  /** End, and let the server know. */
  async stop() {
    open.delete(this);
    this.#listen(false);
    this.#running?.abort();
    this.#running = null;
    this.#grant = null;
    const session = this.#leave();
    this.#become("idle");
    if (session) await endSession(session);
  }

  /** For subclasses: give a fresh peer connection its tracks.
   * @param {RTCPeerConnection} _peer */
  prepare(_peer) {
    throw new Error("A connection must say what it carries.");
  }

  /** For subclasses: the connection stands.
   * @param {RTCPeerConnection} _peer */
  connected(_peer) {}

  /** For subclasses: the server's answer as we take it.
   * @param {string} answer
   * @returns {string} */
  agree(answer) {
    return answer;
  }

  /** For tests; a browser makes its own.
   * @param {RTCConfiguration} configuration
   * @returns {RTCPeerConnection} */
  createPeer(configuration) {
    return new RTCPeerConnection(configuration);
  }

  /** @param {boolean} on */
  #listen(on) {
    const change = on ? globalThis.addEventListener : globalThis.removeEventListener;
    change?.call(globalThis, "pagehide", this.#onPageHide);
    change?.call(globalThis, "pageshow", /** @type {EventListener} */ (this.#onPageShow));
  }

  #onPageHide = () => {
    if (!this.#running) return;
    this.#running.abort();
    this.#running = null;
    const session = this.#leave();
    if (session) void endSession(session, { reloading: true });
  };

  /** A page that comes back from the browser's memory goes on where it was.
   * @param {PageTransitionEvent} event */
  #onPageShow = (event) => {
    if (event.persisted && !this.#running) this.start();
  };

  /** Close what is open without a word. @returns {Session | null} */
  #leave() {
    const session = this.#session;
    this.#session = null;
    this.#peer?.close();
    this.#peer = null;
    return session;
  }

  /** @param {State} state
   * @param {string | null} [code] */
  #become(state, code = null) {
    if (state === this.#state && code === this.#code) return;
    this.#state = state;
    this.#code = code;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, code } }));
  }

  /** @param {AbortSignal} signal */
  async #run(signal) {
    this.#failures = { tries: 0, waits: 0 };
    this.#become("connecting");
    while (!signal.aborted) {
      try {
        const { broken } = await this.#connect(signal);
        if (signal.aborted) return;
        this.#failures = { tries: 0, waits: 0 };
        this.#become("playing");
        await broken;
        if (signal.aborted) return;
        this.#become("connecting");
        this.#grant = null;
        const session = this.#leave();
        const code = session ? await endSession(session) : null;
        if (signal.aborted) return;
        if (code) throw new Refusal(410, code, "");
        // The first try comes at once, and yet not from everybody in the same millisecond.
        await pause(Math.random() * 300, signal);
      } catch (error) {
        if (signal.aborted) return;
        const session = this.#leave();
        if (session) void endSession(session);
        if (!(await this.#afterFailure(error, signal))) return;
      }
    }
  }

  /** What to do about a failed try. False when there will be no other.
   * @param {unknown} error
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} */
  async #afterFailure(error, signal) {
    const verdict = judge(error);
    if (verdict === "final") {
      this.#running = null;
      open.delete(this);
      this.#listen(false);
      this.#become("failed", codeOf(error));
      return false;
    }
    if (verdict === "renew") this.#grant = null;
    if (verdict === "wait") {
      this.#failures.tries = 0;
      this.#failures.waits += 1;
      this.#become("waiting");
      await pause(pauseAfter(this.#failures.waits, WHILE_WAITING), signal);
    } else {
      this.#failures.tries += 1;
      this.#become("connecting");
      await pause(pauseAfter(this.#failures.tries, error instanceof Refusal ? AFTER_FAILURE : UNREACHED), signal);
    }
    return true;
  }

  /** One try. Resolves when the connection stands; `broken` resolves when it no longer does.
   * @param {AbortSignal} signal
   * @returns {Promise<{broken: Promise<void>}>} */
  async #connect(signal) {
    const grant = await this.#currentGrant();
    signal.throwIfAborted();
    const peer = (this.#peer = this.createPeer({ bundlePolicy: "max-bundle", iceServers: grant.iceServers ?? [] }));
    this.prepare(peer);
    // No waiting for our own candidates: the server's are in the answer, and it learns ours when we call. They are looked
    // for only then, because with the answer comes the list of servers that help to find them.
    const offer = await peer.createOffer();
    const session = await openSession(grant, withSoundAgain(offer.sdp ?? ""), this.#patience());
    if (signal.aborted) {
      void endSession(session);
      signal.throwIfAborted();
    }
    this.#session = session;
    session.answer = this.agree(session.answer);
    if (session.iceServers.length) peer.setConfiguration({ ...peer.getConfiguration(), iceServers: session.iceServers });
    await describe(peer, offer);
    await peer.setRemoteDescription({ type: "answer", sdp: session.answer });
    await standing(peer, signal);
    this.connected(peer);
    return { broken: breaking(peer, session, signal) };
  }

  /** How long a try may take. A browser asks for a connection after 1, 3, 7 seconds again: during an outage a new try is sooner
   * through than an old one. Every third is patient, for lines that are slow and not away. @returns {number | undefined} */
  #patience() {
    return this.#failures.tries % 3 ? SOONER : undefined;
  }

  /** @returns {Promise<Grant>} */
  async #currentGrant() {
    if (!this.#grant || performance.now() - this.#grant.at > GRANT_USABLE) {
      this.#grant = { grant: await this.#getGrant(), at: performance.now() };
    }
    return this.#grant.grant;
  }
}

/** @param {unknown} error
 * @returns {string} */
function codeOf(error) {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "denied";
}

/** Resolves after a while; sooner when it is over, or when the device is back on a network.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      globalThis.removeEventListener?.("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    globalThis.addEventListener?.("online", done);
  });
}

/** Resolves when the connection stands.
 * @param {RTCPeerConnection} peer
 * @param {AbortSignal} signal
 * @returns {Promise<void>} */
function standing(peer, signal) {
  return new Promise((resolve, reject) => {
    const settle = (/** @type {Error | null} */ error) => {
      clearTimeout(timer);
      peer.removeEventListener("connectionstatechange", look);
      signal.removeEventListener("abort", look);
      if (error) reject(error);
      else resolve();
    };
    const look = () => {
      if (signal.aborted || peer.connectionState === "closed") settle(new Error("The connection was given up."));
      else if (peer.connectionState === "failed") settle(new Error("The connection could not be made."));
      else if (peer.connectionState === "connected") settle(null);
    };
    const timer = setTimeout(() => settle(new Error("The connection took too long.")), CONNECT_WITHIN);
    peer.addEventListener("connectionstatechange", look);
    signal.addEventListener("abort", look);
    look();
  });
}

/** Our offer as it was sent. A browser that allows no change to its own offer takes that: it asks for no lost sound, all else is the same.
 * @param {RTCPeerConnection} peer
 * @param {RTCSessionDescriptionInit} offer */
async function describe(peer, offer) {
  try {
    await peer.setLocalDescription({ type: "offer", sdp: withSoundAgain(offer.sdp ?? "") });
  } catch {
    await peer.setLocalDescription(offer);
  }
}

/** Begin ICE anew on a connection that stands otherwise. False where the server does not.
 * @param {RTCPeerConnection} peer
 * @param {Session} session
 * @returns {Promise<boolean>} */
async function restartIce(peer, session) {
  const offer = await peer.createOffer({ iceRestart: true });
  await describe(peer, offer);
  const fragment = await restartSession(session, fragmentOf(offer.sdp ?? ""));
  if (fragment === null) return false;
  session.answer = withIceOf(session.answer, fragment);
  await peer.setRemoteDescription({ type: "answer", sdp: session.answer });
  return true;
}

/** Bytes received so far, of media and its reports.
 * @param {RTCPeerConnection} peer
 * @returns {Promise<number>} */
async function received(peer) {
  let sum = 0;
  for (const report of (await peer.getStats()).values()) {
    if (report.type === "candidate-pair") sum += report.bytesReceived ?? 0;
  }
  return sum;
}

/** Resolves when a connection that stood is broken for good.
 * @param {RTCPeerConnection} peer
 * @param {Session} session
 * @param {AbortSignal} signal
 * @returns {Promise<void>} */
function breaking(peer, session, signal) {
  return new Promise((resolve) => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let patience;
    const transports = new Set(
      [...peer.getSenders(), ...peer.getReceivers()].flatMap(({ transport }) => (transport ? [transport] : [])),
    );
    let heard = -1;
    let silentSince = performance.now();
    let askedAt = -Infinity;
    let restarting = false;
    // The server knows us, and nothing arrives: we are on another network. ICE finds the new way, and the media goes on.
    const restart = async () => {
      restarting = true;
      clearTimeout(patience);
      const done = await restartIce(peer, session).catch(() => false);
      restarting = false;
      if (signal.aborted) return;
      if (done) patience = setTimeout(settle, RESTART_WITHIN);
      else look();
    };
    const ask = async () => {
      if (restarting || performance.now() - askedAt < ASK_AGAIN) return;
      askedAt = performance.now();
      if (!(await sessionLives(session))) settle();
      else if (!signal.aborted && performance.now() - silentSince > SILENCE) await restart();
    };
    const listen = async () => {
      const sum = await received(peer);
      if (sum !== heard) {
        // Bytes are counted for each way by itself: after a restart the sum may be smaller.
        heard = sum;
        silentSince = performance.now();
        if (!restarting && peer.connectionState === "connected") clearTimeout(patience);
      } else if (performance.now() - silentSince > SILENCE) await ask();
    };
    const listening = setInterval(() => void listen().catch(() => undefined), LISTEN_EVERY);
    const settle = () => {
      clearTimeout(patience);
      clearInterval(listening);
      peer.removeEventListener("connectionstatechange", look);
      for (const transport of transports) transport.removeEventListener("statechange", look);
      signal.removeEventListener("abort", settle);
      resolve();
    };
    const look = () => {
      clearTimeout(patience);
      const gone = [...transports].some(({ state }) => state === "closed" || state === "failed");
      // The server's goodbye closes the transport; the connection itself would notice only much later.
      if (gone || peer.connectionState === "failed" || peer.connectionState === "closed") settle();
      else if (peer.connectionState === "disconnected") {
        if (!restarting) patience = setTimeout(settle, PATIENCE);
        void ask();
      }
    };
    peer.addEventListener("connectionstatechange", look);
    for (const transport of transports) transport.addEventListener("statechange", look);
    signal.addEventListener("abort", settle);
    look();
  });
}
