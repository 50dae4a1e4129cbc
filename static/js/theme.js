/**
 * Light or dark. The choice is kept in a cookie, because then the server writes it into <html> and no page flashes.
 * Without a choice the device decides (css: prefers-color-scheme).
 */

/** @typedef {"auto" | "light" | "dark"} Theme */

/** One cookie's value, "" where it is not set.
 * @param {string} cookies as in document.cookie
 * @param {string} name
 * @returns {string} */
export function cookieValue(cookies, name) {
  for (const pair of cookies.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return decodeURIComponent(pair.slice(at + 1).trim());
  }
  return "";
}

/** What to put into document.cookie to keep a value for a year, or to forget it where it is "".
 * @param {string} name
 * @param {string} value
 * @param {boolean} secure
 * @returns {string} */
export function cookieLine(name, value, secure) {
  const age = value ? 365 * 24 * 3600 : 0;
  return `${name}=${encodeURIComponent(value).replaceAll("%2F", "/")}; path=/; max-age=${age}; samesite=lax${secure ? "; secure" : ""}`;
}

/** @param {string} word
 * @returns {Theme} */
export function asTheme(word) {
  return word === "light" || word === "dark" ? word : "auto";
}

/** Shows the theme and the pressed button for it.
 * @param {Document} page
 * @param {Theme} theme */
export function showTheme(page, theme) {
  if (theme === "auto") delete page.documentElement.dataset.theme;
  else page.documentElement.dataset.theme = theme;
  for (const button of page.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-set-theme") === theme));
  }
}

/** @param {Document} page */
export function startTheme(page) {
  showTheme(page, asTheme(cookieValue(page.cookie, "theme")));
  page.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-set-theme]");
    if (!button) return;
    const theme = asTheme(button.getAttribute("data-set-theme") ?? "");
    page.cookie = cookieLine("theme", theme === "auto" ? "" : theme, page.location.protocol === "https:");
    showTheme(page, theme);
  });
}
