/** Watching by WHEP: one publication, as a stream for a `<video>` element. */

import { Connection } from "./connection.js";

/** @import { GetGrant } from "./connection.js" */

/** Receives one publication, and receives it again by itself after every break. See `Connection` for its states.
 *
 * `stream` stays the same object: set it as `srcObject` once. While the connection is made again the last picture stays. */
export class Viewer extends Connection {
  stream = new MediaStream();

  /** @param {{getGrant: GetGrant}} options */
  constructor({ getGrant }) {
    super(getGrant);
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
    this.dispatchEvent(new CustomEvent("tracks", { detail: { kinds: tracks.map(({ kind }) => kind) } }));
  }
}
