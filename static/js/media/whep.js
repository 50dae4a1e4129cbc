/** Watching by WHEP: one publication, as a stream for a `<video>` element. */

import { Connection } from "./connection.js";
import { chooseLayer } from "./session.js";

/** @import { GetGrant } from "./connection.js" */

/** Receives one publication, and receives it again by itself after every break. See `Connection` for its states.
 *
 * `stream` stays the same object: set it as `srcObject` once. While the connection is made again the last picture stays. */
export class Viewer extends Connection {
  stream = new MediaStream();
  /** @type {{layer: string | null, paused: boolean}} */ #wanted = { layer: null, paused: false };

  /** @param {{getGrant: GetGrant}} options */
  constructor({ getGrant }) {
    super(getGrant);
  }

  /** Ask for no more of the picture than this layer (`q` a quarter, `h` half, null: whatever the line carries), or for none of
   * it for now; the sound goes on. It holds over every break of the connection.
   * @param {{layer?: string | null, paused?: boolean}} wanted */
  want({ layer = null, paused = false }) {
    this.#wanted = { layer, paused };
    if (this.session) void chooseLayer(this.session, this.#wanted);
  }

  /** @override
   * @param {RTCPeerConnection} peer */
  prepare(peer) {
    for (const kind of ["audio", "video"]) peer.addTransceiver(kind, { direction: "recvonly" });
  }

  /** @override
   * @param {RTCPeerConnection} peer */
  connected(peer) {
    const agreed = peer.getTransceivers().filter(({ currentDirection }) => currentDirection === "recvonly");
    const tracks = agreed.map(({ receiver }) => receiver.track);
    for (const old of this.stream.getTracks()) this.stream.removeTrack(old);
    for (const track of tracks) this.stream.addTrack(track);
    const { layer, paused } = this.#wanted;
    if (this.session && (layer !== null || paused)) void chooseLayer(this.session, this.#wanted);
    this.dispatchEvent(new CustomEvent("tracks", { detail: { kinds: tracks.map(({ kind }) => kind) } }));
  }
}
