/** A line of tabs that is longer than a phone is wide shows the tab one is at. */

/** @param {Element} tab */
export function showTab(tab) {
  const line = tab.closest(".tabs");
  if (!line) return;
  const [around, inside] = [line.getBoundingClientRect(), tab.getBoundingClientRect()];
  if (inside.left >= around.left && inside.right <= around.right) return;
  line.scrollBy({ left: (inside.left + inside.right - around.left - around.right) / 2, behavior: "instant" });
}

/** @param {ParentNode} root */
export function showCurrentTabs(root) {
  for (const tab of root.querySelectorAll(".tabs > .tab[aria-current]")) showTab(tab);
}
