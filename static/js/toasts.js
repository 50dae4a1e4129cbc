/**
 * Short messages at the bottom of the page. Three sources: Django's messages (rendered by the server), the `toast` event
 * that a response's HX-Trigger header sends, and requests that failed without a word.
 */

/** @typedef {{kind: "info" | "good" | "warning" | "error", message: string}} Toast */

/** Makes a toast of what an HX-Trigger header or a page sent; null where there is nothing to say.
 * @param {unknown} detail
 * @returns {Toast | null} */
export function asToast(detail) {
  const given = /** @type {Record<string, unknown>} */ (typeof detail === "object" && detail ? detail : { message: detail });
  const message = given.message ?? given.value; // htmx wraps a plain string as {value}
  if (typeof message !== "string" || !message.trim()) return null;
  const kind = String(given.kind ?? "info");
  const known = kind === "good" || kind === "warning" || kind === "error" ? kind : kind === "success" ? "good" : "info";
  return { kind: known, message };
}

/** How long a toast stays, in milliseconds: long enough to read; errors stay until they are closed.
 * @param {Toast} toast
 * @returns {number} */
export function stay(toast) {
  return toast.kind === "error" ? Infinity : Math.max(5000, toast.message.length * 90);
}

/** Shows a message. `message` is a translated full sentence.
 * @param {string} message
 * @param {Toast["kind"]} [kind] */
export function toast(message, kind = "info") {
  const region = document.getElementById("toasts");
  const mould = document.getElementById("toast-mould");
  if (!region || !(mould instanceof HTMLTemplateElement)) return;
  const made = /** @type {DocumentFragment} */ (mould.content.cloneNode(true));
  const box = /** @type {HTMLElement} */ (made.firstElementChild);
  box.classList.add(kind);
  box.querySelector(`[data-kind="${kind}"]`)?.removeAttribute("hidden");
  const text = /** @type {HTMLElement} */ (box.querySelector("p"));
  text.textContent = message;
  while (region.children.length > 2) region.firstElementChild?.remove();
  region.append(made);
  fade(box, stay({ kind, message }));
}

/** Removes a toast after a while; pointing at it or focusing it stops the clock.
 * @param {HTMLElement} box
 * @param {number} milliseconds */
function fade(box, milliseconds) {
  if (milliseconds === Infinity) return;
  let timer = setTimeout(() => box.remove(), milliseconds);
  for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => { timer = setTimeout(() => box.remove(), 2000); });
}

/** @param {Document} page */
export function startToasts(page) {
  const region = page.getElementById("toasts");
  region?.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("button")) event.target.closest(".toast")?.remove();
  });
  for (const box of page.querySelectorAll(".toast")) {
    const kind = box.classList.contains("error") ? "error" : "info";
    if (box instanceof HTMLElement) fade(box, stay({ kind, message: box.textContent ?? "" }));
  }
  page.body.addEventListener("toast", (event) => {
    const given = asToast(/** @type {CustomEvent} */ (event).detail);
    if (given) toast(given.message, given.kind);
  });
  page.body.addEventListener("htmx:responseError", (event) => {
    const xhr = /** @type {CustomEvent} */ (event).detail.xhr;
    if (!/toast/.test(xhr.getResponseHeader("HX-Trigger") ?? "")) toast(region?.dataset.failed ?? "", "error");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    page.body.addEventListener(name, () => toast(region?.dataset.unreachable ?? "", "error"));
  }
}
