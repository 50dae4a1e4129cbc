/** The frame of every page: theme, times, toasts, menus, connection, and what htmx needs. Elements of pages have their own modules. */

import { csrfToken } from "./csrf.js";
import { showCurrentTabs } from "./tab-line.js";
import { startTheme } from "./theme.js";
import { startTimes } from "./times.js";
import { startToasts } from "./toasts.js";

/** Menus and the help panel are <details>: close them on Escape and when a reader presses elsewhere.
 * @param {Document} page */
function startMenus(page) {
  const opened = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (page.querySelectorAll("details.menu[open], details.help[open]"));
  page.addEventListener("click", (event) => {
    for (const menu of opened()) if (!(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
  });
  page.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

/** Filters stand open where there is room for them.
 * @param {Document} page */
function openFilters(page) {
  if (!window.matchMedia("(min-width: 64rem)").matches) return;
  for (const filters of page.querySelectorAll("details.filters")) filters.setAttribute("open", "");
}

/** Tabs inside a page: [role=tablist] with buttons that control panels; arrow keys move, as the pattern asks.
 * @param {Document} page */
function startTabs(page) {
  /** @param {HTMLElement} tab */
  const choose = (tab) => {
    const list = tab.closest('[role="tablist"]');
    for (const other of list?.querySelectorAll('[role="tab"]') ?? []) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.setAttribute("tabindex", chosen ? "0" : "-1");
      page.getElementById(other.getAttribute("aria-controls") ?? "")?.toggleAttribute("hidden", !chosen);
    }
    tab.dispatchEvent(new CustomEvent("tab:chosen", { bubbles: true }));
  };
  page.addEventListener("click", (event) => {
    const tab = event.target instanceof Element && event.target.closest('[role="tab"]');
    if (tab instanceof HTMLElement) choose(tab);
  });
  page.addEventListener("keydown", (event) => {
    const tab = event.target instanceof Element && event.target.closest('[role="tab"]');
    if (!(tab instanceof HTMLElement) || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    const tabs = /** @type {HTMLElement[]} */ ([...(tab.closest('[role="tablist"]')?.querySelectorAll('[role="tab"]') ?? [])]);
    const step = (event.key === "ArrowRight") === (page.documentElement.dir === "rtl") ? -1 : 1;
    const at = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : (tabs.indexOf(tab) + step + tabs.length) % tabs.length;
    event.preventDefault();
    tabs[at].focus();
    choose(tabs[at]);
  });
}

/** Buttons that open and close a <dialog>: data-open="id" and data-close; a press on the backdrop closes too.
 * @param {Document} page */
function startDialogs(page) {
  page.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const dialog = page.getElementById(event.target.closest("[data-open]")?.getAttribute("data-open") ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
    else if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    else if (event.target instanceof HTMLDialogElement) event.target.close();
  });
}

/** The line under the header that tells how the connection is. `connection` events come from the socket.
 * @param {Document} page */
function startConnection(page) {
  const line = page.getElementById("connection");
  if (!line) return;
  let lost = false;
  /** @param {"online" | "connecting" | "offline"} state */
  const show = (state) => {
    const back = state === "online" && lost;
    lost = state !== "online";
    line.dataset.state = back ? "back" : state;
    const words = line.querySelector("span");
    if (words) words.textContent = line.dataset[back ? "back" : state] ?? "";
    line.hidden = state === "online" && !back;
    if (back) setTimeout(() => { if (!lost) line.hidden = true; }, 3000);
  };
  window.addEventListener("offline", () => show("offline"));
  window.addEventListener("online", () => show("online"));
  page.addEventListener("connection", (event) => show(/** @type {CustomEvent} */ (event).detail.state));
}

/** A face for Han where the device has none of its own (css: --scripts). Last, and only on pages that show Han text.
 * @param {Document} page */
function linkHanFace(page) {
  const address = page.documentElement.dataset.hanFace;
  if (!address || !/\p{Script=Han}/u.test(page.body.textContent ?? "")) return;
  const link = page.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  page.head.append(link);
}

/** @param {Document} page */
function startHtmx(page) {
  page.body.addEventListener("htmx:load", (event) => { if (event.target instanceof Element) showCurrentTabs(event.target); });
  page.body.addEventListener("htmx:configRequest", (event) => {
    const detail = /** @type {CustomEvent} */ (event).detail;
    if (detail.verb !== "get") detail.headers["X-CSRFToken"] = csrfToken();
  });
}

document.documentElement.classList.add("js");
startTheme(document);
startTimes(document);
startToasts(document);
startMenus(document);
openFilters(document);
startTabs(document);
showCurrentTabs(document);
startDialogs(document);
startConnection(document);
startHtmx(document);
if (document.readyState === "complete") linkHanFace(document);
else window.addEventListener("load", () => linkHanFace(document));
