/**
 * `<device-check>`: a dialog in which one tries camera, microphone, loudspeaker and network before joining, and chooses among them.
 * What was chosen is kept in this browser. Nothing that is tried here leaves it, but the data of the trial of the network.
 *
 *     const check = new DeviceCheck();
 *     room.append(check);
 *     check.open({ sends: true });      // sends: whether the person may go on the stage
 */

import { fill, gettext } from "../i18n.js";
import { apart, inUnits } from "./data-meter.js";
import { devices, findAmong } from "./device-choice.js";
import { Ear, playNotes } from "./device-sound.js";
import { browserOf, howToAllow, sentenceFor, troubleOf } from "./device-words.js";
import { icon, make } from "./dom.js";
import { line } from "./network-line.js";
import { modeChoice, nameOf } from "./network-modes.js";
import { inBits, ourWay, suggest, tryLine } from "./network-test.js";

/** @import { Kind } from "./device-choice.js" */
/** @import { Trouble } from "./device-words.js" */

/** @typedef {"camera" | "microphone"} Source */

/** Milliseconds without a sound after which one is told so. */
const SILENT = 7_000;
/** A bar that moves with each frame is for the eye; what is read aloud changes seldom. */
const VOICE_LASTS = 400;

export class DeviceCheck extends HTMLElement {
  #dialog = make("dialog", { class: "dialog device-check", "aria-labelledby": "device-check-title" });
  /** What one open dialog listens to ends with it. */ #ends = new AbortController();
  /** @type {Record<Source, MediaStreamTrack | null>} */ #tracks = { camera: null, microphone: null };
  /** @type {Record<Source, Trouble | null>} */ #troubles = { camera: null, microphone: null };
  #sends = false;
  #asked = false;
  #busy = false;
  #ear = new Ear();
  #video = make("video", { playsinline: true, autoplay: true });
  #none = make("div", { class: "device-none" }, icon("camera-off"));
  #meter = make("meter", { min: "0", max: "1", value: "0" });
  #heard = make("p", { class: "small", role: "status" });
  #trouble = make("div", { role: "alert" });
  #begin = make("div", { class: "stack tight" });
  #parts = make("div", { class: "device-parts" });
  /** @type {Record<Kind, HTMLSelectElement>} */ #selects = { camera: make("select", { id: "device-camera" }), microphone: make("select", { id: "device-microphone" }), loudspeaker: make("select", { id: "device-loudspeaker" }) };

  connectedCallback() {
    if (this.#dialog.isConnected) return;
    this.append(this.#dialog);
    this.#dialog.addEventListener("close", () => this.#stop());
    this.#video.muted = true;
  }

  disconnectedCallback() {
    this.#stop();
  }

  /** @param {{sends: boolean}} person */
  open({ sends }) {
    if (this.#dialog.open) return;
    this.#sends = sends;
    this.#asked = false;
    this.#troubles = { camera: null, microphone: null };
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    this.#build(signal);
    navigator.mediaDevices?.addEventListener?.("devicechange", () => void this.#onDevices(), { signal });
    this.#dialog.showModal();
    void this.#offer(signal);
    void this.#list();
  }

  #stop() {
    this.#ends.abort();
    this.#ear.stop();
    for (const source of /** @type {Source[]} */ (["camera", "microphone"])) this.#drop(source);
    this.#video.srcObject = null;
    this.#dialog.close();
  }

  /** @param {Source} source */
  #drop(source) {
    this.#tracks[source]?.stop();
    this.#tracks[source] = null;
  }

  // --- what stands there ---

  /** @param {AbortSignal} signal */
  #build(signal) {
    const close = () => this.#dialog.close();
    const title = make("h2", { id: "device-check-title" }, gettext("Check devices and network"));
    this.#video.setAttribute("aria-label", gettext("Your camera"));
    this.#meter.setAttribute("aria-label", gettext("How loud your microphone is"));
    const picture = make("section", { class: "stack tight", "aria-labelledby": "device-camera-title" }, this.#head("device-camera-title", "camera", gettext("Camera")), make("div", { class: "device-picture" }, this.#none, this.#video), this.#field("camera", gettext("Which camera")));
    const voice = make("section", { class: "stack tight", "aria-labelledby": "device-microphone-title" }, this.#head("device-microphone-title", "mic", gettext("Microphone")), this.#meter, this.#heard, this.#field("microphone", gettext("Which microphone")));
    this.#parts.replaceChildren(picture, voice);
    this.#parts.hidden = true;
    this.#trouble.replaceChildren();
    this.#begin.replaceChildren();
    this.#dialog.replaceChildren(
      make("div", { class: "dialog-head" }, title, make("button", { class: "button icon-only quiet", type: "button", "aria-label": gettext("Close"), click: close }, icon("close"))),
      make("div", { class: "stack loose" }, ...(this.#sends ? [this.#own(), this.#loudspeaker(signal)] : [this.#loudspeaker(signal)]), this.#network(signal), ...(this.#sends ? [] : [this.#own()]),
        make("p", { class: "quiet small" }, gettext("Your choice is kept in this browser. You can change it here at any time.")),
        make("div", { class: "actions" }, make("button", { class: "button primary", type: "button", click: close }, gettext("Done")))));
    this.#say("");
  }

  /** @returns {HTMLElement} */
  #own() {
    return make("div", { class: "stack" }, this.#begin, this.#trouble, this.#parts);
  }

  /** @param {string} id
   * @param {string} symbol
   * @param {string} words
   * @returns {HTMLElement} */
  #head(id, symbol, words) {
    return make("h3", { id, class: "device-head" }, icon(symbol), words);
  }

  /** @param {Kind} kind
   * @param {string} label
   * @returns {HTMLElement} */
  #field(kind, label) {
    const select = this.#selects[kind];
    select.onchange = () => this.#choose(kind);
    return make("div", { class: "field", hidden: true }, make("label", { for: select.id }, label), select);
  }

  /** @param {AbortSignal} signal
   * @returns {HTMLElement} */
  #loudspeaker(signal) {
    const said = make("p", { class: "small", role: "status" });
    const yes = make("button", { class: "button", type: "button", click: () => answer(true) }, icon("check"), gettext("I hear it"));
    const no = make("button", { class: "button", type: "button", click: () => answer(false) }, gettext("I hear nothing"));
    const asks = make("div", { class: "actions", hidden: true }, yes, no);
    const play = make("button", { class: "button", type: "button", click: () => void sound() }, icon("play"), gettext("Play a sound"));
    const answer = (/** @type {boolean} */ good) => {
      asks.hidden = true;
      said.textContent = good ? gettext("Good: you will hear the others.") : gettext("Turn up the volume of the device, look whether headphones are connected, choose another loudspeaker if there is one, then play it again.");
      play.focus();
    };
    const sound = async () => {
      play.disabled = true;
      said.textContent = gettext("Three notes are playing…");
      try {
        await playNotes(findAmong(await devices.list("loudspeaker"), devices.chosen("loudspeaker")));
        if (signal.aborted) return;
        said.textContent = gettext("Did you hear three notes?");
        asks.hidden = false;
      } catch {
        said.textContent = gettext("The browser did not play a sound. Look whether this page is muted in its tab, then try again.");
      } finally {
        play.disabled = false;
      }
      if (!asks.hidden) yes.focus();
    };
    const field = devices.choosesLoudspeaker ? this.#field("loudspeaker", gettext("Which loudspeaker")) : null;
    return make("section", { class: "stack tight", "aria-labelledby": "device-loudspeaker-title" }, this.#head("device-loudspeaker-title", "sound", gettext("Loudspeaker")), make("div", { class: "row" }, play), said, asks, field);
  }

  /** @param {AbortSignal} signal
   * @returns {HTMLElement} */
  #network(signal) {
    const bar = make("progress", { class: "meter", max: "1", value: "0", "aria-label": gettext("How far the trial is"), hidden: true });
    const said = make("p", { class: "small", role: "status" });
    const choice = modeChoice(line, signal);
    const start = make("button", { class: "button", type: "button", click: () => void run() }, icon("signal"), gettext("Try the network"));
    const run = async () => {
      start.disabled = true;
      bar.hidden = false;
      said.textContent = gettext("Trying the network…");
      try {
        const measured = await tryLine(ourWay(signal), (share) => { bar.value = share; });
        const mode = suggest(measured, this.#sends);
        choice.suggest(mode);
        const words = gettext("%(down)s arrive, %(up)s leave, an answer takes %(trip)s ms. Suggested: %(mode)s. The trial used %(data)s.");
        said.textContent = fill(words, { down: apart(inBits(measured.down)), up: apart(inBits(measured.up)), trip: Math.round(measured.trip * 1000), mode: nameOf(mode), data: apart(inUnits(measured.bytes)) });
      } catch {
        if (signal.aborted) return;
        said.textContent = gettext("The trial did not work: there is no connection to the server at the moment, or there were many trials. Try again in a while.");
      } finally {
        start.disabled = false;
        bar.hidden = true;
      }
      start.focus();
    };
    return make("section", { class: "stack", "aria-labelledby": "device-network-title" }, this.#head("device-network-title", "signal", gettext("Network")),
      make("div", { class: "stack tight" }, make("div", { class: "row" }, start), bar, said), choice.element);
  }

  // --- camera and microphone ---

  /** Those who have allowed it before need not be asked; the others are told first what for.
   * @param {AbortSignal} signal */
  async #offer(signal) {
    const states = await Promise.all([stateOf("camera"), stateOf("microphone")]);
    for (const status of states) status?.addEventListener("change", () => { if (status.state === "granted" && this.#asked) void this.#start(); }, { signal });
    if (signal.aborted) return;
    if (this.#sends && states.some((status) => status?.state === "granted")) return void this.#start();
    const words = this.#sends ? gettext("The browser will ask whether this page may use your camera and microphone. Nobody sees or hears you before you go on the stage.") : gettext("You need no camera and no microphone to watch. You can try them all the same: nobody sees or hears you.");
    this.#begin.replaceChildren(make("p", {}, words), make("div", {}, make("button", { class: this.#sends ? "button primary" : "button", type: "button", "data-does": "devices", click: () => void this.#start() }, icon("camera"), gettext("Try camera and microphone"))));
  }

  async #start() {
    if (this.#busy) return;
    this.#busy = true;
    this.#asked = true;
    const { signal } = this.#ends;
    this.#begin.replaceChildren();
    this.#say("");
    try {
      await this.#ask(/** @type {Source[]} */ (["camera", "microphone"]).filter((source) => this.#tracks[source] === null), signal);
    } finally {
      this.#busy = false;
    }
    if (signal.aborted) return;
    await this.#list();
    this.#show();
  }

  /** Both together, so that the browser asks once; where that does not work each by itself, to know which one it is.
   * @param {Source[]} sources
   * @param {AbortSignal} signal */
  async #ask(sources, signal) {
    if (!sources.length) return;
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const wanted = { ...(sources.includes("camera") ? { video: devices.video } : {}), ...(sources.includes("microphone") ? { audio: devices.audio } : {}) };
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      for (const track of stream.getTracks()) this.#take(track.kind === "video" ? "camera" : "microphone", track, signal);
    } catch (error) {
      const trouble = troubleOf(error) ?? "broken";
      for (const source of sources) this.#troubles[source] = trouble;
      if (sources.length < 2) return;
      for (const source of sources) {
        // Asking again after a refusal would ask the person again, unless the browser has the answer already.
        if ((trouble === "refused" || trouble === "dismissed") && (await stateOf(source))?.state !== "granted") continue;
        await this.#ask([source], signal);
      }
    }
  }

  /** @param {Source} source
   * @param {MediaStreamTrack} track
   * @param {AbortSignal} signal */
  #take(source, track, signal) {
    if (signal.aborted) return track.stop();
    this.#drop(source);
    this.#tracks[source] = track;
    this.#troubles[source] = null;
    track.addEventListener("ended", () => {
      if (this.#tracks[source] !== track) return;
      this.#tracks[source] = null;
      this.#troubles[source] = "missing";
      void this.#list();
      this.#show();
    }, { signal });
  }

  #show() {
    const { camera, microphone } = this.#tracks;
    this.#parts.hidden = !camera && !microphone;
    this.#none.hidden = camera !== null;
    this.#video.hidden = camera === null;
    const stream = camera && /** @type {MediaStream | null} */ (this.#video.srcObject)?.getVideoTracks()[0] !== camera ? new MediaStream([camera]) : undefined;
    if (stream) this.#video.srcObject = stream;
    if (microphone) this.#listen(microphone);
    else this.#ear.stop();
    this.#showTrouble();
  }

  /** @param {MediaStreamTrack} track */
  #listen(track) {
    let heard = false;
    let voiceAt = performance.now();
    const began = performance.now();
    this.#say(gettext("Say something: the bar moves when you are heard."));
    this.#ear.listen(new MediaStream([track]), (level, voice) => {
      this.#meter.value = level;
      const now = performance.now();
      if (voice) voiceAt = now;
      this.#meter.classList.toggle("voice", now - voiceAt < VOICE_LASTS);
      if (voice && !heard) {
        heard = true;
        this.#say(gettext("Your microphone is heard."));
      } else if (!heard && now - began > SILENT) {
        this.#say(gettext("Nothing was heard yet. Is the microphone switched off, or is another one chosen?"));
      }
    });
  }

  /** @param {string} words */
  #say(words) {
    if (this.#heard.textContent !== words) this.#heard.textContent = words;
  }

  #showTrouble() {
    const { camera, microphone } = this.#troubles;
    if (!camera && !microphone) return this.#trouble.replaceChildren();
    /** @type {[Trouble, "camera" | "microphone" | "both"][]} */
    const told = camera && camera === microphone ? [[camera, "both"]] : /** @type {any} */ ([camera && [camera, "camera"], microphone && [microphone, "microphone"]].filter(Boolean));
    const sentences = told.map(([trouble, what]) => make("p", {}, sentenceFor(trouble, what)));
    const how = told.some(([trouble]) => trouble === "refused") ? make("p", {}, howToAllow(browserOf(navigator.userAgent, navigator.maxTouchPoints))) : null;
    const again = make("button", { class: "button", type: "button", "data-does": "again", click: () => void this.#start() }, icon("retry"), gettext("Try again"));
    this.#trouble.replaceChildren(make("div", { class: "notice warn" }, icon("warning"), make("div", {}, ...sentences, how, make("div", {}, again))));
  }

  // --- which ones ---

  async #list() {
    for (const kind of /** @type {Kind[]} */ (["camera", "microphone", "loudspeaker"])) {
      const there = await devices.list(kind).catch(() => []);
      const select = this.#selects[kind];
      const field = select.parentElement;
      if (!field) continue;
      const used = kind === "loudspeaker" ? findAmong(there, devices.chosen(kind)) : (this.#tracks[kind]?.getSettings().deviceId ?? findAmong(there, devices.chosen(kind)));
      // Chromium lists its own choice once more, under its name.
      const usual = there.some(({ deviceId }) => deviceId === "default") ? [] : kind === "loudspeaker" ? [make("option", { value: "" }, gettext("The usual one"))] : [];
      select.replaceChildren(...usual, ...there.map(({ deviceId, label }, number) => make("option", { value: deviceId, selected: deviceId === used }, label || fill(gettext("Device %(number)d"), { number: number + 1 }))));
      field.hidden = there.every(({ label }) => !label);
    }
  }

  /** @param {Kind} kind */
  async #choose(kind) {
    const [option] = this.#selects[kind].selectedOptions;
    devices.choose(kind, { id: option?.value ?? "", label: option?.textContent ?? "" });
    if (kind === "loudspeaker") return;
    const { signal } = this.#ends;
    // A phone can use one camera at a time: the old one is let go first.
    this.#drop(kind);
    await this.#ask([kind], signal);
    if (!signal.aborted) this.#show();
  }

  /** One was connected or pulled out. */
  async #onDevices() {
    await this.#list();
    if (this.#asked && (this.#troubles.camera === "missing" || this.#troubles.microphone === "missing")) await this.#start();
  }
}

/** What the browser remembers about a permission; null where it does not say.
 * @param {Source} source
 * @returns {Promise<PermissionStatus | null>} */
async function stateOf(source) {
  try {
    return await navigator.permissions.query({ name: /** @type {PermissionName} */ (source) });
  } catch {
    return null;
  }
}

customElements.define("device-check", DeviceCheck);
