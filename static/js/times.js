/**
 * Time for readers whose zone the server did not know yet: tells it the zone for the next page, and adds "your time" to
 * the pairs of this one. Signed-in people with a zone in their profile are served right from the start and left alone.
 * Also keeps `<time data-relative>` ("in 12 minutes") fresh.
 */

import { cookieLine, cookieValue } from "./theme.js";

/** Minutes between two clock readings such as "14:15–15:00", past midnight too; null where the text has no end.
 * @param {string} text
 * @returns {number | null} */
export function lengthOf(text) {
  const found = /(\d{1,2}):(\d{2})\s*–\s*(\d{1,2}):(\d{2})/.exec(text);
  if (!found) return null;
  const [, h1, m1, h2, m2] = found.map(Number);
  return (h2 * 60 + m2 - h1 * 60 - m1 + 1440) % 1440;
}

/** The clock of a zone at a moment, as 14:05 in every language: the programme writes times so everywhere.
 * @param {Date} moment
 * @param {string} zone
 * @returns {string} */
export function clock(moment, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return parts.format(moment);
}

/** Calendar days from the date written in an ISO time to the date of the same moment in a zone: -1, 0 or 1.
 * @param {string} iso a time with its offset, as `2026-11-24T23:30:00+08:00`
 * @param {string} zone
 * @returns {number} */
export function dayShift(iso, zone) {
  const there = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
  const here = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return Math.round((Date.parse(`${here.format(new Date(iso))}T00:00:00Z`) - there) / 86_400_000);
}

/** "in 12 minutes", "2 hours ago", in the page's language.
 * @param {number} seconds from now; negative is past
 * @param {string} language
 * @returns {string} */
export function relative(seconds, language) {
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const size = Math.abs(seconds);
  if (size < 3570) return words.format(Math.round(seconds / 60), "minute");
  if (size < 84_600) return words.format(Math.round(seconds / 3600), "hour");
  return words.format(Math.round(seconds / 86_400), "day");
}

/** The reader's half of a pair that was rendered with the event's clock alone.
 * @param {Element} pair `.times`
 * @param {string} zone
 * @param {string} language
 * @param {string} label "your time", translated */
export function addReaderTime(pair, zone, language, label) {
  const there = pair.querySelector(".time-event time");
  const iso = there?.getAttribute("datetime");
  if (!there || !iso) return;
  const start = new Date(iso);
  const minutes = lengthOf(there.textContent ?? "");
  const end = minutes === null ? "" : `–${clock(new Date(start.getTime() + minutes * 60_000), zone)}`;
  const told = clock(start, zone) + end;
  pair.querySelectorAll(".time-yours, .time-dot").forEach((old) => old.remove());
  if ((there.textContent ?? "").includes(told) && dayShift(iso, zone) === 0) return;
  const yours = document.createElement("span");
  yours.className = "time-yours";
  const time = document.createElement("time");
  time.dateTime = iso;
  time.textContent = told;
  yours.append(time);
  const shift = dayShift(iso, zone);
  if (shift) {
    const mark = document.createElement("span");
    mark.className = "time-shift";
    const weekday = new Intl.DateTimeFormat(language, { timeZone: zone, weekday: "short" }).format(start);
    const days = new Intl.NumberFormat(language, { style: "unit", unit: "day", unitDisplay: "long", signDisplay: "always" });
    mark.textContent = `${weekday} ${days.format(shift)}`;
    yours.append(" ", mark);
  }
  yours.append(` ${label}`);
  const dot = document.createElement("span");
  dot.className = "time-dot";
  dot.setAttribute("aria-hidden", "true");
  dot.textContent = " · ";
  pair.prepend(yours, dot);
}

/** @param {Document} page */
function showRelative(page) {
  const now = Date.now();
  for (const time of page.querySelectorAll("time[data-relative]")) {
    const told = relative((Date.parse(time.getAttribute("datetime") ?? "") - now) / 1000, page.documentElement.lang);
    if (time.textContent !== told) time.textContent = told;
  }
}

/** @param {Document} page */
export function startTimes(page) {
  const html = page.documentElement;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && cookieValue(page.cookie, "time_zone") !== zone) {
    page.cookie = cookieLine("time_zone", zone, page.location.protocol === "https:");
  }
  const guessed = zone && !("zoneKnown" in html.dataset) && html.dataset.zone !== zone;
  /** @param {ParentNode} root */
  const show = (root) => {
    if (guessed) root.querySelectorAll(".times").forEach((pair) => addReaderTime(pair, zone, html.lang, html.dataset.yourTime ?? ""));
    showRelative(page);
  };
  show(page);
  page.addEventListener("htmx:load", (event) => event.target instanceof Element && show(event.target));
  setInterval(() => showRelative(page), 30_000);
}
