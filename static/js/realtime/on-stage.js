/**
 * What this tab sends to the stage: camera with microphone, and a screen. Events: `change`, and `problem` with a sentence.
 *
 * A camera that is switched off lets go of the device (its light goes out). The others are told what is off: they see the
 * person's initial instead of black; so they do when the line carries no more than the voice. Whoever reloads the page while on the stage comes back by themselves, as they were: what
 * was off stays off. Whoever went to another page does not.
 */

import { gettext } from "../i18n.js";
import { Publisher } from "../media/whip.js";
import { devices } from "./device-choice.js";
import { whyNoDevice } from "./device-words.js";
import { grantFrom } from "./grants.js";
import { line } from "./network-line.js";

/** @import { Person, Room } from "./room.js" */
/** @import { State } from "../media/connection.js" */

/** One thing that this tab sends; `key` is below 0, so that it is never a publication's id.
 * @typedef {{key: number, name: string, source: "camera" | "screen", person: Person, stream: MediaStream, picture: boolean, muted: boolean, state: State, reason: string}} Own */

/** Long enough for a black picture to be sent before the camera is let go. */
const BLACK = 400;
const TELL_AGAIN = 2_000;

export class OnStage extends EventTarget {
  /** @type {Room} */ #room;
  /** @type {Publisher | null} */ #camera = null;
  /** @type {Publisher | null} */ #screen = null;
  /** @type {MediaStream | null} */ #cameraStream = null;
  /** @type {MediaStream | null} */ #screenStream = null;
  #busy = false;
  #microphoneOn = true;
  #cameraOn = true;
  #hasCamera = false;
  #cameBack = false;
  /** Why the server gave no grant, in its words: the stage is full, the event is over. */
  #refusal = "";
  /** The switches on their way to the others. */
  #telling = "";

  /** @param {Room} room */
  constructor(room) {
    super();
    this.#room = room;
    room.addEventListener("change", () => this.#tellSwitches());
    devices.addEventListener("change", (event) => void this.#exchange(/** @type {CustomEvent} */ (event).detail.kinds));
  }

  get isOn() {
    return this.#camera !== null || this.#screen !== null;
  }

  get canShareScreen() {
    return Boolean(globalThis.navigator?.mediaDevices && "getDisplayMedia" in navigator.mediaDevices);
  }

  /** What the controls show. */
  view() {
    return {
      camera: this.#camera !== null,
      screen: this.#screen !== null,
      busy: this.#busy,
      microphoneOn: this.#microphoneOn,
      cameraOn: this.#cameraOn,
      hasCamera: this.#hasCamera,
      pausedPicture: this.#camera?.paused ?? false,
      states: [this.#camera?.state, this.#screen?.state],
    };
  }

  /** How it stands, for those who do not see it.
   * @returns {string} */
  words() {
    if (!this.#camera) return this.#screen ? gettext("You share your screen.") : "";
    if (this.#camera.state !== "playing") return gettext("Going on stage…");
    return this.#microphoneOn ? gettext("You are on the stage. Your microphone is on.") : gettext("You are on the stage. Your microphone is off.");
  }

  /** @returns {Own[]} */
  publications() {
    const me = this.#me();
    const made = [];
    if (this.#camera && this.#cameraStream) made.push(this.#own(-1, "camera", me, this.#camera, this.#cameraStream, this.#hasCamera && this.#cameraOn && !this.#camera.paused, !this.#microphoneOn));
    if (this.#screen && this.#screenStream) made.push(this.#own(-2, "screen", me, this.#screen, this.#screenStream, true, false));
    return made;
  }

  /** Whoever wants sound and slides begins with the voice alone.
   * @param {{microphone?: boolean, picture?: boolean}} on */
  async startCamera({ microphone = true, picture = line.mode !== "audio" } = {}) {
    if (this.#camera || this.#busy) return;
    await this.#carefully(async () => {
      const stream = await cameraAndMicrophone();
      // Before anything is sent: what was off never goes out, not for a moment.
      for (const track of stream.getAudioTracks()) track.enabled = microphone;
      for (const track of stream.getVideoTracks()) track.enabled = picture;
      this.#cameraStream = stream;
      this.#hasCamera = stream.getVideoTracks().length > 0;
      this.#microphoneOn = microphone && stream.getAudioTracks().length > 0;
      this.#cameraOn = picture;
      this.#camera = this.#publish("camera", stream);
      this.#remember();
    });
  }

  async startScreen() {
    if (this.#screen || this.#busy) return;
    await this.#carefully(async () => {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: true });
      this.#screenStream = stream;
      this.#screen = this.#publish("screen", stream);
      // The browser has its own button that ends sharing.
      stream.getVideoTracks()[0]?.addEventListener("ended", () => void this.stopScreen());
    });
  }

  async stopScreen() {
    const publisher = this.#screen;
    this.#screen = null;
    end(this.#screenStream);
    this.#screenStream = null;
    this.#changed();
    await this.#withdraw("screen", publisher);
  }

  async leave() {
    const camera = this.#camera;
    this.#camera = null;
    end(this.#cameraStream);
    this.#cameraStream = null;
    this.#remember();
    this.#changed();
    await Promise.all([this.#withdraw("camera", camera), this.#screen ? this.stopScreen() : null]);
  }

  toggleMicrophone() {
    const track = this.#cameraStream?.getAudioTracks()[0];
    if (!track) {
      this.#tell(gettext("No microphone was found. Connect one, leave the stage and come back."));
      return;
    }
    this.#microphoneOn = !this.#microphoneOn;
    track.enabled = this.#microphoneOn;
    this.#remember();
    this.#changed();
  }

  async toggleCamera() {
    const stream = this.#cameraStream;
    const publisher = this.#camera;
    if (!stream || !publisher || this.#busy) return;
    await this.#carefully(async () => {
      const old = stream.getVideoTracks()[0];
      if (this.#cameraOn && old) {
        this.#cameraOn = false;
        old.enabled = false;
        this.#remember();
        this.#changed();
        await this.#letGo(stream, publisher);
      } else {
        for (const track of stream.getVideoTracks()) { track.stop(); stream.removeTrack(track); }
        const [track] = (await navigator.mediaDevices.getUserMedia({ video: devices.video })).getVideoTracks();
        stream.addTrack(track);
        await publisher.replaceTrack("video", track);
        this.#cameraOn = true;
        this.#remember();
      }
    });
  }

  /** Another camera or microphone was chosen while one is sent: the others see and hear it at once.
   * @param {string[]} kinds */
  async #exchange(kinds) {
    const stream = this.#cameraStream;
    const publisher = this.#camera;
    if (!stream || !publisher || this.#busy) return;
    await this.#carefully(async () => {
      if (kinds.includes("microphone")) await this.#exchangeOne(stream, publisher, "audio", this.#microphoneOn);
      if (kinds.includes("camera") && this.#cameraOn) await this.#exchangeOne(stream, publisher, "video", true);
    });
  }

  /** @param {MediaStream} stream
   * @param {Publisher} publisher
   * @param {"audio" | "video"} kind
   * @param {boolean} on */
  async #exchangeOne(stream, publisher, kind, on) {
    const asked = await navigator.mediaDevices.getUserMedia(kind === "audio" ? { audio: devices.audio } : { video: devices.video });
    const [track] = asked.getTracks();
    track.enabled = on;
    await publisher.replaceTrack(kind, track);
    for (const old of stream.getTracks()) if (old.kind === kind) { old.stop(); stream.removeTrack(old); }
    stream.addTrack(track);
    if (kind === "video") this.#hasCamera = true;
  }

  /** The camera that sends black goes dark itself.
   * @param {MediaStream} stream
   * @param {Publisher} publisher */
  async #letGo(stream, publisher) {
    await new Promise((resolve) => setTimeout(resolve, BLACK));
    const track = stream.getVideoTracks()[0];
    if (!track || track.enabled) return;
    await publisher.replaceTrack("video", null);
    track.stop();
    stream.removeTrack(track);
  }

  /** After a reload: on again, if we were on before. */
  async comeBack() {
    if (this.#cameBack || this.#camera) return;
    this.#cameBack = true;
    const [, was] = /^camera(.*)$/.exec(this.#remembered()) ?? [];
    if (was === undefined || !reloaded()) return;
    await this.startCamera({ microphone: !was.includes("muted"), picture: !was.includes("dark") });
  }

  /** @param {"camera" | "screen"} source
   * @param {MediaStream} stream
   * @returns {Publisher} */
  #publish(source, stream) {
    const publisher = new Publisher({
      getGrant: () => grantFrom(this.#room, "stage.publish", { source }).catch((error) => { this.#refusal = error.code === "conflict" ? error.message : ""; throw error; }),
      screen: source === "screen",
    });
    publisher.addEventListener("state", () => {
      this.#changed();
      if (source === "camera" && publisher.state === "playing" && !this.#cameraOn) void this.#letGo(stream, publisher);
      if (publisher.state === "failed") this.#fail(source, publisher.code ?? "");
    });
    publisher.addEventListener("limits", () => this.#changed());
    publisher.publish(stream);
    return publisher;
  }

  /** The media server says that there is no point in going on.
   * @param {"camera" | "screen"} source
   * @param {string} code */
  #fail(source, code) {
    const stream = source === "camera" ? this.#cameraStream : this.#screenStream;
    if (source === "camera") { this.#camera = this.#cameraStream = null; this.#remember(); }
    else this.#screen = this.#screenStream = null;
    end(stream);
    this.#tell((code === "conflict" && this.#refusal) || whyNot(code));
    this.#changed();
  }

  /** @param {"camera" | "screen"} source
   * @param {Publisher | null} publisher */
  async #withdraw(source, publisher) {
    await publisher?.stop();
    const name = `${this.#room.me}-${source}`;
    const known = this.#room.publications.find((each) => each.name === name);
    if (publisher && known) await this.#room.ask("stage.stop", { publication: known.id }).catch(() => {});
  }

  /** @param {number} key
   * @param {"camera" | "screen"} source
   * @param {Person} person
   * @param {Publisher} publisher
   * @param {MediaStream} stream
   * @param {boolean} picture
   * @param {boolean} muted
   * @returns {Own} */
  #own(key, source, person, publisher, stream, picture, muted) {
    return { key, name: `${person.id}-${source}`, source, person, stream, picture, muted, state: publisher.state, reason: whyNot(publisher.code ?? "") };
  }

  /** Whenever what the others know is not how it is, they are told: after a switch, a reload, a new connection. */
  #tellSwitches() {
    const room = this.#room;
    const known = room.publications.find(({ name }) => name === `${room.me}-camera`);
    if (!this.#camera || !known || room.phase !== "here") return;
    const switches = { publication: known.id, muted: !this.#microphoneOn, dark: !this.#cameraOn || this.#camera.paused };
    const telling = JSON.stringify(switches);
    if (known.muted === switches.muted && known.dark === switches.dark) this.#telling = "";
    else if (telling !== this.#telling) {
      this.#telling = telling;
      room.ask("stage.switches", switches).catch(() => setTimeout(() => { this.#telling = ""; this.#tellSwitches(); }, TELL_AGAIN));
    }
  }

  /** @returns {Person} */
  #me() {
    const id = this.#room.me ?? 0;
    const listed = this.#room.presence.people?.find((person) => person.id === id) ?? this.#room.publications.find(({ person }) => person.id === id)?.person;
    return listed ?? { id, name: gettext("You"), name_latin: "", organisation: "", job_title: "", country: "", photo: null };
  }

  /** @param {() => Promise<void>} work */
  async #carefully(work) {
    this.#busy = true;
    this.#changed();
    try {
      await work();
    } catch (error) {
      const words = whyNoDevice(error);
      if (words) this.#tell(words);
    } finally {
      this.#busy = false;
      this.#changed();
    }
  }

  /** @returns {string} */
  #remembered() {
    try {
      return sessionStorage.getItem(`chama.stage.${this.#room.id}`) ?? "";
    } catch {
      return "";
    }
  }

  #remember() {
    const how = ["camera", !this.#microphoneOn && "muted", !this.#cameraOn && "dark"].filter(Boolean).join(" ");
    try {
      sessionStorage.setItem(`chama.stage.${this.#room.id}`, this.#camera ? how : "");
    } catch {
      // Without memory one presses the button again after a reload.
    }
  }

  /** @param {string} words */
  #tell(words) {
    this.dispatchEvent(new CustomEvent("problem", { detail: words }));
  }

  #changed() {
    this.#tellSwitches();
    this.dispatchEvent(new Event("change"));
  }
}

/** Camera and microphone, or the one of them that there is.
 * @returns {Promise<MediaStream>} */
async function cameraAndMicrophone() {
  if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: devices.audio, video: devices.video });
  } catch (error) {
    if (!(error instanceof DOMException) || !["NotFoundError", "NotReadableError"].includes(error.name)) throw error;
    return navigator.mediaDevices.getUserMedia({ audio: devices.audio }).catch(() => navigator.mediaDevices.getUserMedia({ video: devices.video }));
  }
}

/** Whether this page was loaded anew where one was, and not come to by a link. */
function reloaded() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation instanceof PerformanceNavigationTiming && navigation.type === "reload";
}

/** @param {MediaStream | null} stream */
function end(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** @param {string} code
 * @returns {string} */
function whyNot(code) {
  if (code === "replaced") return gettext("You are on the stage from another tab or device now.");
  if (code === "removed") return gettext("You were taken off the stage.");
  if (code === "denied") return gettext("You may not go on this stage.");
  if (code === "codec") return gettext("This browser cannot send a picture that others can see. Try another browser.");
  return gettext("You could not go on the stage. Try again in a moment.");
}
