/** Publishing by WHIP: a camera with microphone, or a screen. */

import { Connection } from "./connection.js";

/** @import { GetGrant } from "./connection.js" */
/** @typedef {"audio" | "video"} Kind */
/** @typedef {{getGrant: GetGrant, kinds?: Kind[], screen?: boolean, maxBitrate?: number}} PublisherOptions */

const CAMERA_BITRATE = 1_500_000;
const SCREEN_BITRATE = 2_500_000;

/** The sizes in which a camera is sent at once, so that each viewer gets what their line carries. The largest takes what is left.
 * @type {RTCRtpEncodingParameters[]} */
const SMALLER = [{ rid: "q", scaleResolutionDownBy: 4, maxBitrate: 120_000 }, { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 400_000 }];

/** How much of the picture is sent: all of it; what a shared line carries; hardly anything; nothing, for the voice's sake.
 * @typedef {"full" | "small" | "least" | "none"} Sends */

/** The sizes of a camera that are sent.
 * @type {Record<Sends, string[]>} */
const SIZES = { full: ["q", "h", "f"], small: ["q", "h"], least: ["q"], none: [] };

/** A screen stays sharp and loses frames. @type {Record<Sends, {maxBitrate?: number, maxFramerate?: number}>} */
const SCREENS = { full: {}, small: { maxBitrate: 800_000, maxFramerate: 10 }, least: { maxBitrate: 250_000, maxFramerate: 3 }, none: { maxBitrate: 250_000, maxFramerate: 1 } };
const FRAMES = 30;

/** Sends one stream, and sends it again by itself after every break. See `Connection` for its states.
 *
 * The kinds are settled at the start (a camera without a microphone still offers sound), so that switching a device on
 * or off later is only `replaceTrack`. Event: `limits` when `paused` changes. */
export class Publisher extends Connection {
  /** @type {Map<Kind, MediaStreamTrack | null>} */ #tracks = new Map();
  /** @type {Map<Kind, RTCRtpSender>} */ #senders = new Map();
  /** @type {MediaStream} */ #stream = /** @type {MediaStream} */ (/** @type {unknown} */ (null));
  /** @type {Kind[] | undefined} */ #kinds;
  #screen;
  #maxBitrate;
  /** @type {Sends} */ #sends = "full";
  /** Changes of what is sent, one after the other. @type {Promise<unknown>} */ #applying = Promise.resolve();

  /** @param {PublisherOptions} options   `kinds`: what to offer; a screen offers what its stream has */
  constructor({ getGrant, kinds, screen = false, maxBitrate = screen ? SCREEN_BITRATE : CAMERA_BITRATE }) {
    super(getGrant);
    this.#kinds = kinds;
    this.#screen = screen;
    this.#maxBitrate = maxBitrate;
  }

  get screen() {
    return this.#screen;
  }

  /** Whether no picture is sent, only the sound. @returns {boolean} */
  get paused() {
    return !this.#screen && this.#sends === "none";
  }

  /** What the line allows.
   * @param {Sends} sends */
  limit(sends) {
    if (sends === this.#sends) return;
    const before = this.paused;
    this.#sends = sends;
    this.#applying = this.#applying.then(() => this.#apply());
    if (this.paused !== before) this.dispatchEvent(new Event("limits"));
  }

  async #apply() {
    const sender = this.#senders.get("video");
    if (!sender) return;
    const parameters = sender.getParameters();
    if (!parameters.encodings?.length) return;
    parameters.encodings = parameters.encodings.map((encoding) => ({ ...encoding, ...this.#part(encoding) }));
    // The connection may have been closed meanwhile; the next one is prepared with the limit.
    await sender.setParameters(parameters).catch(() => {});
  }

  /** What changes of one size of the picture.
   * @param {RTCRtpEncodingParameters} encoding
   * @returns {Partial<RTCRtpEncodingParameters>} */
  #part(encoding) {
    if (this.#screen) return { maxBitrate: this.#maxBitrate, maxFramerate: FRAMES, ...SCREENS[this.#sends] };
    return { active: SIZES[this.#sends].includes(encoding.rid ?? "f") };
  }

  /** Begin to send this stream. The caller keeps the stream and ends its tracks.
   * @param {MediaStream} stream */
  publish(stream) {
    this.#stream = stream;
    const audio = stream.getAudioTracks()[0] ?? null;
    const video = stream.getVideoTracks()[0] ?? null;
    const kinds = this.#kinds ?? (this.#screen ? this.#present(audio, video) : ["audio", "video"]);
    this.#tracks.clear();
    for (const kind of kinds) this.#tracks.set(kind, kind === "audio" ? audio : video);
    this.start();
  }

  /** Change or switch off (null) the camera or the microphone while sending.
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track */
  async replaceTrack(kind, track) {
    if (!this.#tracks.has(kind)) throw new TypeError(`This publication has no ${kind}.`);
    this.#tracks.set(kind, track);
    this.#hint(track);
    await this.#senders.get(kind)?.replaceTrack(track);
  }

  /** @override
   * @param {RTCPeerConnection} peer */
  prepare(peer) {
    this.#senders.clear();
    for (const [kind, track] of this.#tracks) {
      this.#hint(track);
      const transceiver = peer.addTransceiver(track ?? kind, {
        direction: "sendonly",
        streams: [this.#stream],
        sendEncodings: kind === "video" ? this.#encodings() : [{ priority: "high", networkPriority: "high" }],
      });
      if (kind === "video") preferVideoCodecs(transceiver);
      this.#senders.set(kind, transceiver.sender);
    }
  }

  /** A voice that is silent sends next to nothing: on a stage of six that is most of the sound. Music from a screen is not cut.
   * @override
   * @param {string} answer
   * @returns {string} */
  agree(answer) {
    return this.#screen ? answer : forVoice(answer);
  }

  /** @override */
  connected() {
    if (this.#sends !== "full") this.#applying = this.#applying.then(() => this.#apply());
  }

  /** Letters on a screen cannot be made smaller: it is sent once.
   * @returns {RTCRtpEncodingParameters[]} */
  #encodings() {
    const encodings = this.#screen ? [{ maxBitrate: this.#maxBitrate }] : [...SMALLER, { rid: "f", maxBitrate: this.#maxBitrate }];
    return encodings.map((encoding) => ({ ...encoding, ...(this.#sends === "full" ? {} : this.#part(encoding)) }));
  }

  /** @param {MediaStreamTrack | null} audio
   * @param {MediaStreamTrack | null} video
   * @returns {Kind[]} */
  #present(audio, video) {
    return [...(audio ? [/** @type {Kind} */ ("audio")] : []), ...(video ? [/** @type {Kind} */ ("video")] : [])];
  }

  /** Letters on a screen matter more than movement.
   * @param {MediaStreamTrack | null} track */
  #hint(track) {
    if (track?.kind === "video" && "contentHint" in track) track.contentHint = this.#screen ? "detail" : "motion";
  }
}

/** VP8 first, then H.264, with their retransmissions; others the media process does not forward.
 * @param {RTCRtpTransceiver} transceiver */
function preferVideoCodecs(transceiver) {
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.("video")?.codecs ?? [];
  const chosen = orderCodecs(codecs);
  if (chosen.length && "setCodecPreferences" in transceiver) transceiver.setCodecPreferences(chosen);
}

/** @template {{mimeType: string}} Codec
 * @param {Codec[]} codecs
 * @returns {Codec[]} */
export function orderCodecs(codecs) {
  const order = ["video/vp8", "video/h264", "video/rtx"];
  const rank = (/** @type {Codec} */ codec) => order.indexOf(codec.mimeType.toLowerCase());
  const known = codecs.filter((codec) => rank(codec) >= 0).sort((one, other) => rank(one) - rank(other));
  return known.some((codec) => rank(codec) < 2) ? known : [];
}

/** The answer with two wishes for voices (RFC 7587): that what is silent is not sent (DTX), and that what is said is sent at 24 kbit/s,
 * which is enough for speech and leaves room for slides on a line of 60.
 * @param {string} answer
 * @returns {string} */
export function forVoice(answer) {
  const opus = /a=rtpmap:(\d+) opus\//i.exec(answer)?.[1];
  if (!opus) return answer;
  return answer.replace(new RegExp(`(a=fmtp:${opus} (?!.*usedtx)[^\\r\\n]*)`), "$1;maxaveragebitrate=24000;usedtx=1");
}
