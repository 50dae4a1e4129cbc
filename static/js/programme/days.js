// @ts-check
// The bar of days follows the reader: its current tab is the day that is being read, or that was just asked for.

import { showTab } from "../tab-line.js";

/** Which day is read: the last that begins above the line under the bar; at the end of the page the last of all.
 * @param {number[]} tops   where each day begins
 * @param {number} line
 * @param {boolean} atEnd
 * @returns {number} -1 above the first day */
export function dayRead(tops, line, atEnd) {
  return atEnd ? tops.length - 1 : tops.findLastIndex((top) => top <= line);
}

/** @param {Element} tab */
function mark(tab) {
  if (tab.hasAttribute("aria-current")) return;
  for (const other of tab.parentElement?.querySelectorAll("[aria-current]") ?? []) other.removeAttribute("aria-current");
  tab.setAttribute("aria-current", "true");
  showTab(tab);
}

/** Where a press on a tab has brought the page: until the reader moves on, the tab that was asked for is the current one, even if
 * the page was too short to bring its day up to the bar. */
let broughtTo = -Infinity;
/** Between the press and the arrival. */
let travels = false;

function follow() {
  const tabs = [...document.querySelectorAll('.day-bar .tab[href^="#day-"]')];
  const bar = document.querySelector(".day-bar");
  const root = document.documentElement;
  if (!bar || !tabs.length || travels || Math.abs(root.scrollTop - broughtTo) < 4) return;
  broughtTo = -Infinity;
  const days = tabs.map((tab) => document.getElementById((tab.getAttribute("href") ?? "").slice(1)));
  const tops = days.map((day) => day?.getBoundingClientRect().top ?? Infinity);
  const atEnd = root.scrollHeight > root.clientHeight && root.scrollTop + root.clientHeight >= root.scrollHeight - 2;
  // Where the bar sticks, not where it stands at first: at the top of the page the day that runs stays marked.
  const line = (document.querySelector(".top")?.clientHeight ?? 0) + bar.clientHeight + 40;
  const read = dayRead(tops, line, atEnd);
  if (read >= 0) mark(tabs[read]);
  else if (!tabs.some((tab) => tab.hasAttribute("aria-current"))) mark(tabs[0]);
}

function start() {
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; follow(); });
  };
  document.addEventListener("click", (event) => {
    const tab = event.target instanceof Element && event.target.closest('.day-bar .tab[href^="#day-"]');
    if (!tab) return;
    travels = true;
    mark(tab);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      travels = false;
      broughtTo = document.documentElement.scrollTop;
    }));
  });
  document.addEventListener("scroll", soon, { passive: true });
  document.body.addEventListener("htmx:afterSettle", soon);
  // Whoever comes with #day-... in the address is brought there after this.
  soon();
}

if (globalThis.document) start();
