/** Where the broadcast of a room stands at a moment. A room without a green room is open to everyone at all times. */

/** @import { Room } from "./room.js" */

/** @typedef {{id: number, state: "waiting" | "starting" | "live" | "ended", starts_at: string | null, live_since: string | null, ended: string | null}} Broadcast */
/** `left`: seconds of the countdown; `lasts`: seconds that it is live, or was; `due`: the countdown is over, and we were not told yet
 * that it is live.
 * @typedef {{phase: "open" | "waiting" | "starting" | "live" | "ended", left: number, lasts: number, due: boolean}} Standing */

/** @param {Broadcast | undefined} broadcast
 * @param {number} now  the server's time, in milliseconds
 * @returns {Standing} */
export function standing(broadcast, now) {
  if (!broadcast) return { phase: "open", left: 0, lasts: 0, due: false };
  const { state, starts_at: starts, live_since: since, ended } = broadcast;
  const left = starts ? Math.max(0, Math.ceil((Date.parse(starts) - now) / 1000)) : 0;
  const until = ended ? Date.parse(ended) : now;
  const lasts = since ? Math.max(0, Math.floor((until - Date.parse(since)) / 1000)) : 0;
  return { phase: state, left, lasts, due: state === "starting" && left === 0 };
}

/** @param {Room} room
 * @returns {Broadcast | undefined} */
export const broadcastOf = (room) => room.state.broadcast?.get(room.id);

/** Whether we see and hear the stage: everyone while it is live, those with a part on it always.
 * @param {Room} room
 * @returns {boolean} */
export function seesStage(room) {
  const state = broadcastOf(room)?.state ?? "live";
  return room.mayPublish || state === "live";
}

/** How long we wait for the news that it is live before we look for ourselves. Those on the stage are few and come first; of
 * thousands only some ask before the first has brought the news to all.
 * @param {boolean} onStage
 * @param {() => number} [random]  0 to 1
 * @returns {number} milliseconds */
export const patience = (onStage, random = Math.random) => (onStage ? 700 + 800 * random() : 2500 + 9000 * random());

/** @typedef {{id: number | null, name: string, part: string}} Planned */

/** What somebody who is planned to be on the stage is doing.
 * @param {Planned} person
 * @param {Set<number>} sending  who is on the stage
 * @param {Set<number> | null} here  who is in the room; null where that is not known
 * @returns {"stage" | "here" | "away" | "unknown" | "stranger"} */
export function whereIs({ id }, sending, here) {
  if (id === null) return "stranger";
  if (sending.has(id)) return "stage";
  if (!here) return "unknown";
  return here.has(id) ? "here" : "away";
}
