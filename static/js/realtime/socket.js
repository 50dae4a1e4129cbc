/**
 * The tab's one socket. It connects again by itself whenever it breaks, until the server says that there is no point.
 *
 * States, told by a `state` event:
 *
 * - `connecting`  on the way
 * - `open`        commands are answered
 * - `waiting`     no connection; `retryAt` says when it is tried again
 * - `refused`     the server does not let us in; `error` says why
 *
 * Whether the server says that news come late at the moment is told by a `delayed` event.
 *
 * Frames that answer nothing are told by a `frame` event, in their order; a message is one frame or a list of them. What follows what, and from where, is the caller's to know:
 * after every `open` it enters or resumes.
 */

/** @typedef {{stream: string, update?: string, signal?: string, seq?: number, data: any}} Frame */
/** @typedef {"connecting" | "open" | "waiting" | "refused"} State */
/** @typedef {{code: string, message: string, fields?: Record<string, string[]>, retry_after?: number}} Problem */
/** @typedef {{resolve: (data: any) => void, reject: (error: CommandError) => void, timer: ReturnType<typeof setTimeout>}} Asked */
/**
 * @typedef {object} Wire  what is used of a WebSocket
 * @property {number} readyState
 * @property {(text: string) => void} send
 * @property {(code?: number) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 */

const FIRST_PAUSE = 1_000;
export const LONGEST_PAUSE = 15_000;
/** The server says good-bye to everybody at once: come back spread out. */
export const AFTER_GOODBYE = 15_000;
/** As long as a server that says good-bye to thousands may ask one of them to wait. */
export const LONGEST_RETURN = 90_000;
const ANSWER_WITHIN = 10_000;
const OPEN_WITHIN = 12_000;
const HEARTBEAT = 25_000;
const PROBE_WITHIN = 4_000;
const PROBE_OFFLINE = 1_500;
const FOR_GOOD = new Set([4401, 4403]);

/** A command that was not done. `code` is the server's, or `lost` (no connection) or `timeout` (no answer): after those two
 * it may have been done all the same. */
export class CommandError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.message);
    this.name = "CommandError";
    this.code = problem.code;
    this.fields = problem.fields ?? {};
    this.retryAfter = problem.retry_after ?? 0;
  }

  /** Whether nobody knows if it was done. */
  get unsure() {
    return this.code === "lost" || this.code === "timeout";
  }
}

/** Milliseconds to wait before the next try: anywhere from nothing to twice the pause before, so that thousands who lost the
 * server together do not come back together.
 * @param {number} failures   how many tries failed in a row, from 0
 * @param {number} code       of the last close
 * @param {() => number} [random]
 * @returns {number} */
export function pauseBefore(failures, code, random = Math.random) {
  const goodbye = failures === 0 && (code === 1001 || code === 1012);
  const most = goodbye ? AFTER_GOODBYE : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures);
  return Math.round(random() * most);
}

export class Socket extends EventTarget {
  /** @type {State} */ state = "connecting";
  /** When the next try comes, as `Date.now()` counts. */
  retryAt = 0;
  /** Why we are refused. @type {Problem | null} */ error = null;
  /** Who we are; known after the first `open`. @type {number | null} */ person = null;
  /** Whether the server says that news of others come late at the moment. */
  delayed = false;

  /** What to add to `performance.now()` for the server's time. @type {number | null} */ #clock = null;
  /** @type {() => Wire} */ #dial;
  /** @type {Wire | null} */ #wire = null;
  /** @type {Map<number, Asked>} */ #asked = new Map();
  #number = 0;
  #failures = 0;
  #stopped = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #opening;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #heartbeat;
  #probing = false;
  /** When the server that is about to go wants us back, in milliseconds after it is gone. @type {number | null} */ #comeBack = null;

  /** @param {() => Wire} dial   opens a WebSocket */
  constructor(dial) {
    super();
    this.#dial = dial;
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#hangUp();
    this.#lose();
  }

  /** The time as the server has it, in milliseconds as `Date.now()` counts: clocks of devices are wrong, and are set while we watch.
   * Before the first `open` it is the device's.
   * @returns {number} */
  now() {
    return this.#clock === null ? Date.now() : this.#clock + performance.now();
  }

  /** Ask the server. Resolves with the reply's data.
   * @param {string} command
   * @param {Record<string, unknown>} [data]
   * @param {{room?: number, within?: number}} [options]
   * @returns {Promise<any>} */
  ask(command, data = {}, { room, within = ANSWER_WITHIN } = {}) {
    if (this.state !== "open" || !this.#wire) return Promise.reject(new CommandError({ code: "lost", message: "" }));
    return this.#ask(this.#wire, command, data, room, within);
  }

  /** See whether the line still stands; called when the device wakes up or changes networks. */
  probe() {
    if (this.#stopped || this.state === "refused") return;
    if (this.state === "waiting") this.retryNow();
    else if (this.state === "open" && this.#wire && !this.#probing) {
      // A device that says it is offline is mostly right, but not where the server stands in the same building.
      void this.#probe(this.#wire, globalThis.navigator?.onLine === false ? PROBE_OFFLINE : PROBE_WITHIN);
    }
  }

  /** Do not wait any longer. */
  retryNow() {
    if (this.#stopped || this.state !== "waiting") return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  #connect() {
    this.#become("connecting");
    const wire = (this.#wire = this.#dial());
    this.#opening = setTimeout(() => this.#broken(wire, 1006), OPEN_WITHIN);
    wire.onmessage = (event) => this.#take(wire, event.data);
    wire.onclose = (event) => this.#broken(wire, event.code);
  }

  /** @param {Wire} wire
   * @param {unknown} text */
  #take(wire, text) {
    if (wire !== this.#wire || typeof text !== "string") return;
    /** @type {any} */
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    for (const frame of Array.isArray(message) ? message : [message]) {
      // What a frame sets off may hang up; the rest of the message is then nobody's.
      if (wire === this.#wire) this.#takeFrame(wire, frame);
    }
  }

  /** @param {Wire} wire
   * @param {any} frame */
  #takeFrame(wire, frame) {
    if (frame === null || typeof frame !== "object") return;
    if ("reply" in frame) this.#settle(frame);
    else if (frame.signal === "hello") this.#welcome(wire, frame);
    else if (frame.signal === "leaving") this.#comeBack = Math.min(LONGEST_RETURN, Math.max(0, Number(frame.data?.wait) * 1000 || 0));
    else if (frame.signal === "delayed") this.#beDelayed(frame.data.delayed === true);
    else this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** @param {boolean} delayed */
  #beDelayed(delayed) {
    if (this.delayed === delayed) return;
    this.delayed = delayed;
    this.dispatchEvent(new Event("delayed"));
  }

  /** @param {Wire} wire
   * @param {Frame} frame */
  #welcome(wire, frame) {
    clearTimeout(this.#opening);
    this.#failures = 0;
    this.person = frame.data.person;
    this.delayed = frame.data.delayed === true;
    this.#comeBack = null;
    if (typeof frame.data.time === "number") this.#clock = frame.data.time - performance.now();
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => void this.#probe(wire, PROBE_WITHIN * 2), HEARTBEAT);
    this.#become("open");
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** @param {{reply: number | null, data?: any, error?: Problem}} frame */
  #settle(frame) {
    if (frame.reply === null) {
      if (frame.error) this.error = frame.error;
      return;
    }
    const asked = this.#asked.get(frame.reply);
    if (!asked) return;
    this.#asked.delete(frame.reply);
    clearTimeout(asked.timer);
    if (frame.error) asked.reject(new CommandError(frame.error));
    else asked.resolve(frame.data);
  }

  /** @param {Wire} wire
   * @param {string} command
   * @param {Record<string, unknown>} data
   * @param {number | undefined} room
   * @param {number} within
   * @returns {Promise<any>} */
  #ask(wire, command, data, room, within) {
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new CommandError({ code: "timeout", message: "" }));
        if (command !== "ping") this.probe();
      }, within);
      this.#asked.set(id, { resolve, reject, timer });
      wire.send(JSON.stringify(room === undefined ? { id, command, data } : { id, command, room, data }));
    });
  }

  /** @param {Wire} wire
   * @param {number} within */
  async #probe(wire, within) {
    this.#probing = true;
    try {
      await this.#ask(wire, "ping", {}, undefined, within);
    } catch (error) {
      // Any answer shows that the line stands, a refusal too.
      if (error instanceof CommandError && error.unsure) this.#broken(wire, 1006);
    } finally {
      this.#probing = false;
    }
  }

  /** @param {Wire} wire
   * @param {number} code */
  #broken(wire, code) {
    if (wire !== this.#wire) return;
    this.#hangUp();
    if (FOR_GOOD.has(code)) {
      this.#stopped = true;
      this.#lose();
      this.#become("refused");
      return;
    }
    this.#lose();
    if (this.#stopped) return;
    const pause = this.#comeBack ?? pauseBefore(this.#failures, code);
    this.#comeBack = null;
    this.#failures += 1;
    this.retryAt = Date.now() + pause;
    this.#retry = setTimeout(() => this.#connect(), pause);
    this.#become("waiting");
  }

  #hangUp() {
    const wire = this.#wire;
    this.#wire = null;
    clearTimeout(this.#opening);
    clearInterval(this.#heartbeat);
    if (!wire) return;
    wire.onmessage = wire.onclose = null;
    wire.close();
  }

  #lose() {
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new CommandError({ code: "lost", message: "" }));
    }
    this.#asked.clear();
  }

  /** @param {State} state */
  #become(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state } }));
  }
}
