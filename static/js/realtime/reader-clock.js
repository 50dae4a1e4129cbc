/** Moments on the reader's clock. Without a zone in the profile the device's own is right; the page's is then only a guess. */

const CLOCK = /** @type {Intl.DateTimeFormatOptions} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** @param {Date} moment
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [language]
 * @returns {string} */
function formatted(moment, options, language = document.documentElement.lang || undefined) {
  const { dataset } = document.documentElement;
  return new Intl.DateTimeFormat(language, { ...options, timeZone: "zoneKnown" in dataset ? dataset.zone : undefined }).format(moment);
}

/** @param {Date} moment
 * @returns {string} the time */
export function clock(moment) {
  return formatted(moment, CLOCK);
}

/** @param {Date} moment
 * @returns {string} the time, with the day where it was not today */
export function clockOrDay(moment) {
  const today = formatted(moment, {}, "sv") === formatted(new Date(), {}, "sv");
  return today ? clock(moment) : formatted(moment, { ...CLOCK, day: "numeric", month: "short" });
}

/** @param {Date} moment
 * @returns {string} the day, with its name */
export function dayOf(moment) {
  return formatted(moment, { weekday: "long", day: "numeric", month: "long" });
}
