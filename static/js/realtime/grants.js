/** Grants for the media server, asked for over the socket. */

import { CommandError } from "./socket.js";

/** @import { Room } from "./room.js" */
/** @import { Grant } from "../media/session.js" */

/** @param {Room} room
 * @param {string} command
 * @param {Record<string, unknown>} data
 * @returns {Promise<Grant>} an error with `final: true` says that asking again is useless */
export async function grantFrom(room, command, data) {
  try {
    const { url, token } = await room.ask(command, data);
    return { url, token };
  } catch (error) {
    const over = error instanceof CommandError && ["denied", "missing", "conflict", "invalid"].includes(error.code);
    throw over ? Object.assign(error, { final: true }) : error;
  }
}
