/**
 * The line of this tab: how much of picture and sound it is to carry, what the person chose, what was given up for the voice, and
 * what it all costs. One for all rooms and connections of the tab; nobody has to hand it around.
 *
 * What is protected, most of all first: my voice, my picture, a shared screen, the pictures of others.
 *
 * Events: `change` when `mode`, `automatic`, `pausedHere` or `pausedOwn` change; `measured` every two seconds.
 */

import { open } from "../media/open.js";
import { Viewer } from "../media/whep.js";
import { Publisher } from "../media/whip.js";
import { keepChoice, loadChoice, whenChosenElsewhere } from "./network-mode.js";
import { countersIn, sampleOf } from "./network-sample.js";
import { judge, Watch } from "./network-watch.js";

/** @import { Connection } from "../media/connection.js" */
/** @import { Much } from "../media/whep.js" */
/** @import { Sends } from "../media/whip.js" */
/** @import { DataMeter } from "./data-meter.js" */
/** @import { Mode } from "./network-mode.js" */
/** @import { Counters } from "./network-sample.js" */

const LOOK_EVERY = 2_000;

/** What is received of somebody's picture, by what was chosen and the step that the line is at: 1 only small pictures of people, 2 no
 * people, 3 no screens either.
 * @param {Mode} mode
 * @param {number} step
 * @param {boolean} screen
 * @returns {Much} */
export function received(mode, step, screen) {
  const paused = mode === "audio" || step >= (screen ? 3 : 2);
  return { layer: !screen && (mode === "small" || step >= 1) ? "q" : null, paused };
}

/** What is sent of one's own, by the step: 1 less of both, 2 hardly anything, 3 nothing of the camera.
 * @param {Mode} mode
 * @param {number} step
 * @param {boolean} screen
 * @returns {Sends} */
export function sent(mode, step, screen) {
  const chosen = { full: 0, small: 1, audio: 2 }[mode];
  return /** @type {const} */ (["full", "small", "least", "none"])[Math.max(screen ? 0 : chosen, step)];
}

export class Line extends EventTarget {
  /** What the account says, while nothing was chosen here. @type {Mode} */ #usual = "full";
  #choice = loadChoice();
  #down = new Watch(3);
  #up = new Watch(3);
  /** @type {WeakMap<RTCPeerConnection, Counters>} */ #before = new WeakMap();
  #shortest = Infinity;
  #lookedAt = -Infinity;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock;
  /** @type {DataMeter | null} */ #meter = null;
  #looking = false;
  #told = "";

  constructor(connections = open) {
    super();
    this.connections = connections;
    connections.addEventListener("opened", (event) => this.#limit(/** @type {CustomEvent} */ (event).detail));
    whenChosenElsewhere((choice) => { this.#choice = choice; this.#apply(); });
  }

  /** What is wanted. @returns {Mode} */
  get mode() {
    return this.#choice.mode ?? this.#usual;
  }

  /** Whether it was chosen in this browser. @returns {boolean} */
  get chosen() {
    return this.#choice.mode !== null;
  }

  /** Whether a picture is paused by itself when the line is weak. @returns {boolean} */
  get automatic() {
    return this.#choice.automatic;
  }

  /** Whether pictures of others are paused for the voice. @returns {boolean} */
  get pausedHere() {
    return this.automatic && this.mode !== "audio" && this.#down.step >= 2;
  }

  /** Whether one's own picture is paused for the voice. @returns {boolean} */
  get pausedOwn() {
    return [...this.connections].some((connection) => connection instanceof Publisher && connection.paused);
  }

  /** @returns {DataMeter | null} */
  get meter() {
    return this.#meter;
  }

  /** Begin to look after a room.
   * @param {{usual?: string | null, meter?: DataMeter | null}} room */
  start({ usual = null, meter = null }) {
    if (usual === "full" || usual === "small" || usual === "audio") this.#usual = usual;
    this.#meter = meter;
    this.#clock ??= setInterval(() => void this.look(), LOOK_EVERY);
    this.#apply();
  }

  stop() {
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  /** @param {Mode} mode */
  choose(mode) {
    this.#choice = { ...this.#choice, mode };
    keepChoice(this.#choice);
    this.#meter?.turn();
    this.restore();
  }

  /** @param {boolean} automatic */
  chooseAutomatic(automatic) {
    this.#choice = { ...this.#choice, automatic };
    keepChoice(this.#choice);
    if (!automatic) this.restore();
    else this.#apply();
  }

  /** Everything that was given up comes back, because the person asks for it. */
  restore() {
    const now = performance.now();
    this.#down.release(now);
    this.#up.release(now);
    this.#apply();
  }

  /** One look at all connections. */
  async look(now = performance.now()) {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const pairs = [];
      let bytes = 0;
      for (const connection of this.connections) {
        const { peer } = connection;
        if (!peer || peer.connectionState !== "connected") continue;
        const counters = countersIn((await peer.getStats()).values());
        const before = this.#before.get(peer);
        this.#before.set(peer, counters);
        bytes += Math.max(counters.bytes - (before?.bytes ?? 0), 0);
        pairs.push({ now: counters, before, sends: connection instanceof Publisher });
      }
      this.#meter?.add(bytes, now);
      this.#judge(pairs, now);
    } finally {
      this.#looking = false;
    }
    this.dispatchEvent(new Event("measured"));
  }

  /** @param {{now: Counters, before: Counters | undefined, sends: boolean}[]} pairs
   * @param {number} now */
  #judge(pairs, now) {
    const { down, up, shortest } = sampleOf(pairs, (now - this.#lookedAt) / 1000, this.#shortest);
    this.#shortest = shortest;
    this.#lookedAt = now;
    this.#down.last = [...this.connections].some((connection) => connection instanceof Viewer && connection.screen) ? 3 : 2;
    if (down) this.#down.take(judge(down), now);
    // Of a voice alone nobody estimates what the line carries.
    if (up) this.#up.take(judge({ ...up, full: up.full && this.#up.step < 3 }), now);
    this.#apply();
  }

  /** @param {Connection} connection */
  #limit(connection) {
    if (connection instanceof Viewer) connection.limit(received(this.mode, this.automatic ? this.#down.step : 0, connection.screen));
    else if (connection instanceof Publisher) connection.limit(sent(this.mode, this.automatic ? this.#up.step : 0, connection.screen));
  }

  #apply() {
    for (const connection of this.connections) this.#limit(connection);
    const telling = JSON.stringify([this.mode, this.automatic, this.pausedHere, this.pausedOwn]);
    if (telling === this.#told) return;
    this.#told = telling;
    this.dispatchEvent(new Event("change"));
  }
}

/** The line of this tab. */
export const line = new Line();
