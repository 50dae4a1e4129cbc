/**
 * Which camera, microphone and loudspeaker a person uses: kept in this browser, for all rooms. A device that is not there is
 * replaced by what the browser would take, and is taken again when it is back.
 *
 * Event: `change` with `detail` `{kinds}` when something was chosen.
 */

/** @typedef {"camera" | "microphone" | "loudspeaker"} Kind */
/** The browser names devices by an id that may change; the label helps to find it again.
 * @typedef {{id: string, label: string}} Known */
/** @typedef {Partial<Record<Kind, Known>>} Kept */

const KEY = "chama.devices";
/** @type {Record<Kind, MediaDeviceKind>} */
export const KINDS = { camera: "videoinput", microphone: "audioinput", loudspeaker: "audiooutput" };

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What is kept, as far as it makes sense.
 * @param {string | null} text
 * @returns {Kept} */
export function readKept(text) {
  /** @type {Kept} */
  const found = {};
  try {
    const kept = JSON.parse(text ?? "{}");
    for (const kind of /** @type {Kind[]} */ (Object.keys(KINDS))) {
      const { id, label } = kept?.[kind] ?? {};
      if (typeof id === "string" && typeof label === "string") found[kind] = { id, label };
    }
  } catch {
    // Somebody else's words under our name: the browser's own choice does.
  }
  return found;
}

/** The device that was chosen, among those that are there: by its id, else by its name.
 * @param {readonly {deviceId: string, label: string}[]} there
 * @param {Known | undefined} known
 * @returns {string} "" where it is not there, or nothing was chosen */
export function findAmong(there, known) {
  if (!known) return "";
  const found = there.find(({ deviceId }) => deviceId === known.id) ?? there.find(({ label }) => label !== "" && label === known.label);
  return found?.deviceId ?? "";
}

export class Devices extends EventTarget {
  /** @type {Kept} */ #kept;
  /** @type {Set<WeakRef<HTMLMediaElement>>} */ #sounding = new Set();

  constructor() {
    super();
    this.#kept = readKept(this.#memory()?.getItem(KEY) ?? null);
    globalThis.navigator?.mediaDevices?.addEventListener?.("devicechange", () => void this.#route());
  }

  /** @param {Kind} kind
   * @returns {Known | undefined} */
  chosen(kind) {
    return this.#kept[kind];
  }

  /** Choose a device, or none in particular ("").
   * @param {Kind} kind
   * @param {Known} known */
  choose(kind, known) {
    if (known.id) this.#kept[kind] = known;
    else delete this.#kept[kind];
    try {
      this.#memory()?.setItem(KEY, JSON.stringify(this.#kept));
    } catch {
      // A full or forbidden memory: it holds while the page lives.
    }
    if (kind === "loudspeaker") void this.#route();
    this.dispatchEvent(new CustomEvent("change", { detail: { kinds: [kind] } }));
  }

  /** What there is of a kind. Names come only after the person has allowed one of them.
   * @param {Kind} kind
   * @returns {Promise<MediaDeviceInfo[]>} */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return all.filter((each) => each.kind === KINDS[kind] && each.deviceId !== "");
  }

  /** What to ask the browser for. @returns {MediaTrackConstraints} */
  get video() {
    return { ...VIDEO, ...this.#ideal("camera") };
  }

  /** @returns {MediaTrackConstraints} */
  get audio() {
    return { ...AUDIO, ...this.#ideal("microphone") };
  }

  /** Whether this browser lets a page choose where sound comes out. @returns {boolean} */
  get choosesLoudspeaker() {
    return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
  }

  /** What this element sounds comes out of the chosen loudspeaker, also of one that is chosen later.
   * @param {HTMLMediaElement} element */
  sound(element) {
    if (!this.choosesLoudspeaker) return;
    this.#sounding.add(new WeakRef(element));
    if (this.#kept.loudspeaker) void this.#route();
  }

  async #route() {
    if (!this.choosesLoudspeaker) return;
    const wanted = findAmong(await this.list("loudspeaker"), this.#kept.loudspeaker);
    for (const reference of this.#sounding) {
      const element = reference.deref();
      if (!element) this.#sounding.delete(reference);
      // One that has just been unplugged: the browser's own stays.
      else if (element.sinkId !== wanted) await element.setSinkId(wanted).catch(() => {});
    }
  }

  /** @param {Kind} kind
   * @returns {MediaTrackConstraints} */
  #ideal(kind) {
    const known = this.#kept[kind];
    return known ? { deviceId: { ideal: known.id } } : {};
  }

  /** @returns {Storage | null} */
  #memory() {
    try {
      return globalThis.localStorage ?? null;
    } catch {
      return null;
    }
  }
}

/** The devices of this browser. */
export const devices = new Devices();
