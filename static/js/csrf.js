/** The token that every request which changes something must carry. The page brings it in a <meta>. */

/** @returns {string} */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}
