/**
 * The connections of this tab that are meant to stand, for whoever measures them all or limits what they carry. Each is told
 * by an `opened` event (`detail`: the connection) before it begins, so that a limit holds from its first packet on.
 */

/** @import { Connection } from "./connection.js" */

export class Open extends EventTarget {
  /** @type {Set<Connection>} */ #all = new Set();

  /** @param {Connection} connection */
  add(connection) {
    if (this.#all.has(connection)) return;
    this.#all.add(connection);
    this.dispatchEvent(new CustomEvent("opened", { detail: connection }));
  }

  /** @param {Connection} connection */
  delete(connection) {
    this.#all.delete(connection);
  }

  [Symbol.iterator]() {
    return this.#all[Symbol.iterator]();
  }
}

export const open = new Open();
