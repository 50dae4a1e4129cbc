/** How a countdown stands at a moment. */

/** @typedef {{id: number, label: string, seconds: number, ends: string, called: boolean}} Timer */
/** `call`: two minutes are left just now, said large; `soon`: less than that; `over`: it has run out.
 * @typedef {{left: number, phase: "running" | "call" | "soon" | "over"}} Standing */

const TWO_MINUTES = 120;
/** For so many seconds "two minutes left" stands large. */
const CALLED_FOR = 20;

/** @param {Timer} timer
 * @param {number} now  the server's time, in milliseconds
 * @returns {Standing} */
export function standing(timer, now) {
  const left = Math.ceil((Date.parse(timer.ends) - now) / 1000);
  if (left <= 0) return { left, phase: "over" };
  if (left > TWO_MINUTES) return { left, phase: "running" };
  // A short talk of two minutes or less is not called at its beginning, unless somebody does it by hand.
  const called = timer.called || timer.seconds > TWO_MINUTES;
  return { left, phase: called && left > TWO_MINUTES - CALLED_FOR ? "call" : "soon" };
}

/** Minutes and seconds, with hours where there are any: 4:05, 1:04:05; what has run over has a minus.
 * @param {number} seconds
 * @returns {string} */
export function clockOf(seconds) {
  const whole = Math.abs(seconds);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return `${seconds < 0 ? "−" : ""}${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
