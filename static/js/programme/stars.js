// @ts-check
// A star answers at once: it is drawn as it will be, and drawn back if the server says no or cannot be reached.

/** @param {Event} event */
function starOf(event) {
  const target = event.target;
  return target instanceof HTMLElement && target.matches("button.starring") ? target : null;
}

/** @param {HTMLElement} star */
function turn(star) {
  star.setAttribute("aria-pressed", star.getAttribute("aria-pressed") === "true" ? "false" : "true");
}

document.body.addEventListener("htmx:beforeSend", (event) => {
  const star = starOf(event);
  if (star) turn(star);
});

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    const star = starOf(event);
    if (star) turn(star);
  });
}
