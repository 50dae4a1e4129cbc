/**
 * The pictures and words of slides, as a browser has them. A picture is given out when it is decoded, so that it can take the place of
 * the one before at once; one that does not arrive is asked for again as long as somebody waits for it.
 */

import { make } from "./dom.js";

/** @import { Size } from "./slides-plan.js" */

const MOST_KEPT = 6;
const LONGEST_PAUSE = 15_000;

export class Pages {
  /** By address, the ones used last at the end. @type {Map<string, Promise<HTMLImageElement>>} */ #pictures = new Map();
  /** @type {Map<string, Promise<string>>} */ #words = new Map();

  /** The picture of a page, decoded. `onTrouble` is called where it has to be asked for again.
   * @param {string} address
   * @param {number} number
   * @param {Size} size
   * @param {{wanted?: () => boolean, onTrouble?: () => void, soon?: boolean}} [how]  `soon`: it is not looked at yet
   * @returns {Promise<HTMLImageElement>} */
  picture(address, number, size, { wanted = () => false, onTrouble = () => {}, soon = false } = {}) {
    const url = `${address}/${number}-${size}.webp`;
    const known = this.#pictures.get(url);
    const picture = known ?? this.#load(url, soon);
    this.#pictures.delete(url);
    this.#pictures.set(url, picture);
    for (const oldest of [...this.#pictures.keys()].slice(0, Math.max(0, this.#pictures.size - MOST_KEPT))) this.#pictures.delete(oldest);
    return picture.catch(async (error) => {
      this.#pictures.delete(url);
      if (!wanted()) throw error;
      onTrouble();
      return this.#again(() => this.picture(address, number, size, { wanted: () => false }), wanted);
    });
  }

  /** @param {string} url
   * @param {boolean} soon
   * @returns {Promise<HTMLImageElement>} */
  async #load(url, soon) {
    const image = make("img", { class: "slide-picture", alt: "", decoding: "async", fetchpriority: soon ? "low" : "high", draggable: "false" });
    image.src = url;
    await image.decode();
    return image;
  }

  /** @template Found
   * @param {() => Promise<Found>} get
   * @param {() => boolean} wanted
   * @returns {Promise<Found>} */
  async #again(get, wanted) {
    for (let pause = 1000; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
      try {
        return await get();
      } catch (error) {
        if (!wanted()) throw error;
      }
    }
  }

  /** What is written on a page; "" where it cannot be read at the moment.
   * @param {string} address
   * @param {number} number
   * @returns {Promise<string>} */
  async words(address, number) {
    const url = `${address}/${number}.txt`;
    if (!this.#words.has(url)) this.#words.set(url, read(url));
    try {
      return await /** @type {Promise<string>} */ (this.#words.get(url));
    } catch {
      this.#words.delete(url);
      return "";
    }
  }
}

/** @param {string} url
 * @returns {Promise<string>} */
async function read(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}
