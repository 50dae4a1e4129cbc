/** The one socket of this tab, made when it is first wanted. */

import { Socket } from "./socket.js";

/** @type {Socket | undefined} */
let socket;

/** @returns {Socket} */
export function tabSocket() {
  if (socket) return socket;
  const address = new URL("/ws/", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const made = (socket = new Socket(() => new WebSocket(address)));
  // A sleeping device or a changed network leaves a line that looks open and is dead.
  for (const name of ["online", "offline", "pageshow", "focus"]) addEventListener(name, () => made.probe());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) made.probe(); });
  made.start();
  return made;
}
