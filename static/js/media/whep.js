/** Watching by WHEP: one publication, as a stream for a `<video>` element. */

import { Connection } from "./connection.js";
import { open } from "./open.js";
import { chooseLayer } from "./session.js";

/** @import { GetGrant } from "./connection.js" */

/** The sizes of a picture, the smallest first. */
const SIZES = ["q", "h", "f"];

/** How much of the picture: no more than this layer (`q` a quarter, `h` half, null: whatever the line carries), or none of it.
 * @typedef {{layer: string | null, paused: boolean}} Much */

/** @type {Much} */
const ALL = { layer: null, paused: false };

/** Receives one publication, and receives it again by itself after every break. See `Connection` for its states.
 *
 * `stream` stays the same object: set it as `srcObject` once. While the connection is made again the last picture stays.
 *
 * What arrives of the picture is what whoever shows it wants (`want`), and no more than the line of the reader allows (`limit`).
 * Event: `limits` when `paused` changes. */
export class Viewer extends Connection {
  stream = new MediaStream();
  /** @type {Much} */ #wanted = ALL;
  /** @type {Much} */ #limit = ALL;
  /** What the server was told on this connection. */ #told = "";
  /** Whether this connection can carry a picture. */ #pictures = false;
  /** Whether it would receive nothing at all, and so is not made. */ #resting = false;
  #paused = false;

  /** @param {{getGrant: GetGrant, screen?: boolean, audio?: boolean}} options   `audio`: whether the publication has sound */
  constructor({ getGrant, screen = false, audio = true }) {
    super(getGrant);
    this.screen = screen;
    this.audio = audio;
  }

  /** Whether no picture is received, only the sound. @returns {boolean} */
  get paused() {
    return this.#paused;
  }

  /** @override */
  start() {
    if (this.state !== "idle" && this.state !== "failed") return;
    open.add(this);
    this.#resting = this.#paused && !this.audio;
    if (!this.#resting) super.start();
  }

  /** @override */
  async stop() {
    this.#resting = false;
    await super.stop();
  }

  /** Ask for no more of the picture than this, for as long as nothing else is asked; the sound goes on.
   * @param {Partial<Much>} wanted */
  want({ layer = null, paused = false }) {
    this.#wanted = { layer, paused };
    this.#apply();
  }

  /** What the line allows: nothing above it is received, whatever is wanted.
   * @param {Much} limit */
  limit(limit) {
    this.#limit = limit;
    this.#apply();
  }

  #apply() {
    const { paused } = least(this.#wanted, this.#limit);
    const changed = paused !== this.#paused;
    this.#paused = paused;
    if (this.#resting && !paused) this.start();
    else if (this.state !== "idle" && this.state !== "failed" && !paused && !this.#pictures) void this.#again();
    else this.#tell();
    if (changed) this.dispatchEvent(new Event("limits"));
  }

  /** A connection that was made for sound alone is made again, with a picture. */
  async #again() {
    if (this.state === "connecting" && !this.session) return; // what is being made will ask
    await this.stop();
    this.start();
  }

  #tell() {
    if (!this.session || !this.#pictures) return;
    const much = least(this.#wanted, this.#limit);
    const telling = JSON.stringify(much);
    if (telling === this.#told) return;
    this.#told = telling;
    const session = this.session;
    void chooseLayer(session, much).then((done) => {
      // A publisher who sends one size has no layers: only whether it is paused can be told.
      if (!done && much.layer !== null) return chooseLayer(session, { ...much, layer: null });
      return done;
    });
  }

  /** @override
   * @param {RTCPeerConnection} peer */
  prepare(peer) {
    this.#told = JSON.stringify(ALL);
    this.#pictures = !(this.#paused && this.audio);
    for (const kind of this.#pictures ? ["audio", "video"] : ["audio"]) peer.addTransceiver(kind, { direction: "recvonly" });
  }

  /** @override
   * @param {RTCPeerConnection} peer */
  connected(peer) {
    const agreed = peer.getTransceivers().filter(({ currentDirection }) => currentDirection === "recvonly");
    const tracks = agreed.map(({ receiver }) => receiver.track);
    for (const old of this.stream.getTracks()) this.stream.removeTrack(old);
    for (const track of tracks) this.stream.addTrack(track);
    this.#apply();
    this.dispatchEvent(new CustomEvent("tracks", { detail: { kinds: tracks.map(({ kind }) => kind) } }));
  }
}

/** The smaller of two.
 * @param {Much} one
 * @param {Much} other
 * @returns {Much} */
export function least(one, other) {
  const layers = [one.layer, other.layer].filter((layer) => layer !== null);
  const layer = layers.sort((first, second) => SIZES.indexOf(first) - SIZES.indexOf(second))[0] ?? null;
  return { layer, paused: one.paused || other.paused };
}
