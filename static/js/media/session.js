/** The HTTP of WHIP and WHEP: open a session, end it. */

import { Refusal } from "./retry.js";

/** What the caller's `getGrant` gives: where to go and with which permission.
 * @typedef {{url: string, token: string, iceServers?: RTCIceServer[]}} Grant */

/** @typedef {{url: string, token: string, answer: string, etag: string, iceServers: RTCIceServer[]}} Session */

const OPEN_WITHIN = 10_000;
const END_WITHIN = 3_000;

/** Sends our offer; gives the session with the server's answer, or throws a `Refusal`.
 * @param {Grant} grant
 * @param {string} offer
 * @param {number} [within]   milliseconds until we give up
 * @returns {Promise<Session>} */
export async function openSession(grant, offer, within = OPEN_WITHIN) {
  const response = await fetch(grant.url, {
    method: "POST",
    headers: { Authorization: `Bearer ${grant.token}`, "Content-Type": "application/sdp" },
    body: offer,
    credentials: "omit",
    // Not ended by `stop`: a session that was opened all the same could then not be ended.
    signal: AbortSignal.timeout(within),
  });
  if (response.status !== 201) throw await refusalIn(response);
  const location = response.headers.get("Location");
  if (!location) throw new Refusal(502, "malformed", "The media server did not say where the session is.");
  return {
    url: new URL(location, new URL(grant.url, globalThis.location?.href)).href,
    token: grant.token,
    answer: await response.text(),
    etag: response.headers.get("ETag") ?? "*",
    iceServers: iceServersIn(response.headers.get("Link") ?? ""),
  };
}

/** The STUN and TURN servers that a `Link` header names (RFC 9725).
 * @param {string} link
 * @returns {RTCIceServer[]} */
export function iceServersIn(link) {
  const found = [];
  for (const [, urls, rest] of link.matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+="[^"]*")*)/g)) {
    const values = Object.fromEntries([...rest.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    if (values.rel !== "ice-server") continue;
    found.push(values.username ? { urls, username: values.username, credential: values.credential ?? "" } : { urls });
  }
  return found;
}

/** Whether the server still knows a session. Asked when nothing arrives any more: a server that was restarted says so at
 * once, where the browser's own checks take many seconds. A server that cannot be asked counts as one that knows.
 * @param {Session} session
 * @returns {Promise<boolean>} */
export async function sessionLives(session) {
  try {
    const response = await fetch(session.url, {
      method: "PATCH",
      headers: {
        Authorization: `Bearer ${session.token}`,
        "Content-Type": "application/trickle-ice-sdpfrag",
        "If-Match": session.etag,
      },
      body: "a=end-of-candidates\r\n",
      credentials: "omit",
      signal: AbortSignal.timeout(END_WITHIN),
    });
    return response.status !== 404 && response.status !== 410;
  } catch {
    return true;
  }
}

/** Asks for no more of the picture than this layer (null: whatever the line carries), or for none of it for now. Gives
 * whether the server does so: a publisher who sends one size has no layers.
 * @param {Session} session
 * @param {{layer: string | null, paused: boolean}} wanted
 * @returns {Promise<boolean>} */
export async function chooseLayer(session, wanted) {
  try {
    const response = await fetch(`${session.url}/layer`, {
      method: "POST",
      headers: { Authorization: `Bearer ${session.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(wanted),
      credentials: "omit",
      signal: AbortSignal.timeout(END_WITHIN),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** Asks the server to begin ICE anew (RFC 9725, section 4.3.3), because we are on another network: gives its half as a fragment,
 * or null where it cannot.
 * @param {Session} session
 * @param {string} fragment
 * @returns {Promise<string | null>} */
export async function restartSession(session, fragment) {
  try {
    const response = await fetch(session.url, {
      method: "PATCH",
      headers: {
        Authorization: `Bearer ${session.token}`,
        "Content-Type": "application/trickle-ice-sdpfrag",
        "If-Match": "*",
      },
      body: fragment,
      credentials: "omit",
      signal: AbortSignal.timeout(END_WITHIN),
    });
    if (response.status !== 200) return null;
    session.etag = response.headers.get("ETag") ?? "*";
    return await response.text();
  } catch {
    return null;
  }
}

/** The offer, with lost sound asked for again as lost pictures are (RFC 4585): browsers can, and offer it only when told to.
 * @param {string} sdp
 * @returns {string} */
export function withSoundAgain(sdp) {
  return sdp.replace(/^a=rtpmap:(\d+) opus\/48000\/2\r\n(?![^]*a=rtcp-fb:\1 nack\r)/m, (line, number) => `${line}a=rtcp-fb:${number} nack\r\n`);
}

/** The ICE of an offer, as a fragment for `restartSession`.
 * @param {string} sdp
 * @returns {string} */
export function fragmentOf(sdp) {
  const lines = sdp.split(/\r?\n/);
  const first = (/** @type {string} */ start) => lines.find((line) => line.startsWith(start));
  const wanted = [first("a=group:BUNDLE"), first("m="), first("a=mid:"), first("a=ice-ufrag:"), first("a=ice-pwd:")];
  return `${wanted.filter(Boolean).join("\r\n")}\r\n`;
}

/** An answer with other ICE: that of the fragment.
 * @param {string} answer
 * @param {string} fragment
 * @returns {string} */
export function withIceOf(answer, fragment) {
  const fresh = fragment.split(/\r?\n/);
  const value = (/** @type {string} */ start) => fresh.find((line) => line.startsWith(start)) ?? start;
  const candidates = fresh.filter((line) => line.startsWith("a=candidate:"));
  return answer
    .split(/\r?\n/)
    .flatMap((line) => {
      if (line.startsWith("a=ice-ufrag:")) return [value("a=ice-ufrag:")];
      if (line.startsWith("a=ice-pwd:")) return [value("a=ice-pwd:")];
      if (line.startsWith("a=candidate:")) return [];
      return line === "a=end-of-candidates" ? [...candidates, line] : [line];
    })
    .join("\r\n");
}

/** Ends a session. Never throws; gives the code when the server says that there is no way back (`replaced`, `removed`).
 * @param {Session} session
 * @param {{reloading?: boolean}} [how]   reloading: viewers shall wait for us a moment, we are likely to be back
 * @returns {Promise<string | null>} */
export async function endSession(session, { reloading = false } = {}) {
  try {
    const response = await fetch(session.url + (reloading ? "?reloading=1" : ""), {
      method: "DELETE",
      headers: { Authorization: `Bearer ${session.token}` },
      credentials: "omit",
      keepalive: true, // the page may be on its way out
      signal: AbortSignal.timeout(END_WITHIN),
    });
    return response.status === 410 ? (await refusalIn(response)).code : null;
  } catch {
    return null; // the server is away, and forgets us by itself
  }
}

/** @param {Response} response
 * @returns {Promise<Refusal>} */
async function refusalIn(response) {
  try {
    const { code, message } = await response.json();
    return new Refusal(response.status, String(code), String(message));
  } catch {
    return new Refusal(response.status, "refused", response.statusText);
  }
}
