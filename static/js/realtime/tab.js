/** The one socket of this tab, made when it is first wanted; and what every socket of a page needs. */

import { Socket } from "./socket.js";

/** @type {Socket | undefined} */
let socket;

/** @returns {Socket} */
export function tabSocket() {
  if (socket) return socket;
  socket = new Socket(() => lineTo("/ws/"));
  probeOnWaking(socket);
  socket.start();
  return socket;
}

/** @param {string} path
 * @returns {WebSocket} */
export function lineTo(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(address);
}

/** A sleeping device or a changed network leaves a line that looks open and is dead.
 * @param {Socket} socket */
export function probeOnWaking(socket) {
  for (const name of ["online", "offline", "pageshow", "focus"]) addEventListener(name, () => socket.probe());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) socket.probe(); });
}
