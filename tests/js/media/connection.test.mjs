/** The state machine of a connection, against a media server and a WebRTC stack that behave as told. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";

import { Connection } from "../../../static/js/media/connection.js";

/** Stands where the browser's RTCPeerConnection stands. */
class Peer extends EventTarget {
  connectionState = "new";
  transport = Object.assign(new EventTarget(), { state: "connected" });
  bytes = 1;
  /** @type {any} */ configuration = {};
  async createOffer() {
    return { type: "offer", sdp: "v=0 offer" };
  }
  getConfiguration() {
    return { bundlePolicy: "max-bundle" };
  }
  /** @param {any} configuration */
  setConfiguration(configuration) {
    this.configuration = configuration;
  }
  async setLocalDescription() {}
  async setRemoteDescription() {
    queueMicrotask(() => this.become("connected"));
  }
  getSenders() {
    return [];
  }
  getReceivers() {
    return [{ transport: this.transport }];
  }
  async getStats() {
    return new Map([["pair", { type: "candidate-pair", bytesReceived: (this.bytes += 1) }]]);
  }
  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  close() {
    this.connectionState = "closed";
  }
}

class TestConnection extends Connection {
  /** @type {Peer[]} */ peers = [];
  /** @type {string[]} */ states = [];
  /** @param {() => Promise<any>} getGrant */
  constructor(getGrant) {
    super(getGrant);
    this.addEventListener("state", (event) => this.states.push(/** @type {CustomEvent} */ (event).detail.state));
  }
  prepare() {}
  createPeer() {
    const peer = new Peer();
    this.peers.push(peer);
    return /** @type {any} */ (peer);
  }
  /** @param {string} state
   * @returns {Promise<void>} */
  async reaches(state) {
    while (this.state !== state) await once(this, "state", { signal: AbortSignal.timeout(8000) });
  }
}

/** @type {{method: string, url: string, token: string}[]} */ let asked = [];
/** @type {(request: {method: string, url: string}) => {status: number, body?: any}} */ let answers;
/** @type {string} */ let base;
/** @type {import("node:http").Server} */ let server;
/** @type {TestConnection[]} */ let open = [];

before(async () => {
  server = createServer((request, response) => {
    const { method = "", url = "" } = request;
    asked.push({ method, url, token: request.headers.authorization ?? "" });
    request.resume();
    const { status, body } = answers({ method, url });
    response.writeHead(status, status === 201 ? { Location: "/whip/12/session" + asked.length, ETag: '"e"', Link: '<stun:stun.example>; rel="ice-server"' } : { "Content-Type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
});
after(() => server.close());
beforeEach((context) => {
  asked = [];
  answers = ({ method }) => (method === "POST" ? { status: 201, body: "v=0 answer" } : { status: method === "PATCH" ? 204 : 200 });
  context.after(async () => {
    await Promise.all(open.map((connection) => connection.stop()));
    open = [];
  });
});

let grants = 0;
function connection(getGrant = async () => ({ url: `${base}/whip/12`, token: `token${(grants += 1)}` })) {
  const made = new TestConnection(getGrant);
  open.push(made);
  made.start();
  return made;
}

test("it connects, plays, and says goodbye when stopped", async () => {
  const it = connection();
  await it.reaches("playing");
  assert.deepEqual(it.states, ["connecting", "playing"]);
  assert.deepEqual(it.peers[0].configuration, { bundlePolicy: "max-bundle", iceServers: [{ urls: "stun:stun.example" }] });
  await it.stop();
  assert.equal(it.state, "idle");
  assert.deepEqual(asked.map(({ method }) => method), ["POST", "DELETE"]);
  assert.equal(asked[1].url, "/whip/12/session1");
  assert.equal(asked[0].token, asked[1].token);
});

test("while nobody sends it waits, and plays as soon as somebody does", async () => {
  let times = 0;
  answers = ({ method }) => {
    if (method === "POST" && (times += 1) < 3) return { status: 409, body: { code: "not-flowing", message: "Wait." } };
    return method === "POST" ? { status: 201, body: "v=0" } : { status: 200 };
  };
  const it = connection();
  await it.reaches("playing");
  assert.deepEqual(it.states, ["connecting", "waiting", "playing"]);
  assert.equal(new Set(asked.map(({ token }) => token)).size, 1, "a grant that was not at fault is used again");
});

test("an expired grant is replaced by a new one", async () => {
  let times = 0;
  answers = ({ method }) =>
    method === "POST" && (times += 1) === 1 ? { status: 401, body: { code: "grant-expired", message: "Old." } } : { status: method === "POST" ? 201 : 200, body: "v=0" };
  const it = connection();
  await it.reaches("playing");
  const posts = asked.filter(({ method }) => method === "POST");
  assert.equal(posts.length, 2);
  assert.notEqual(posts[0].token, posts[1].token);
});

for (const [name, breakIt] of /** @type {[string, (peer: Peer) => void][]} */ ([
  ["the connection failed", (peer) => peer.become("failed")],
  ["the server said goodbye", (peer) => ((peer.transport.state = "closed"), peer.transport.dispatchEvent(new Event("statechange")))],
])) {
  test(`it connects again by itself after ${name}`, async () => {
    const it = connection();
    await it.reaches("playing");
    breakIt(it.peers[0]);
    await it.reaches("connecting");
    await it.reaches("playing");
    assert.deepEqual(it.states, ["connecting", "playing", "connecting", "playing"]);
    assert.equal(it.peers.length, 2);
    assert.equal(it.peers[0].connectionState, "closed");
  });
}

test("a short break that heals by itself changes nothing", async () => {
  const it = connection();
  await it.reaches("playing");
  it.peers[0].become("disconnected");
  await new Promise((resolve) => setTimeout(resolve, 300));
  it.peers[0].become("connected");
  await new Promise((resolve) => setTimeout(resolve, 1600));
  assert.deepEqual(it.states, ["connecting", "playing"]);
});

test("a server that forgot us is noticed by its silence", async () => {
  const it = connection();
  await it.reaches("playing");
  const peer = it.peers[0];
  peer.getStats = async () => new Map([["pair", { type: "candidate-pair", bytesReceived: 7 }]]);
  answers = ({ method }) => (method === "POST" ? { status: 201, body: "v=0" } : { status: 404, body: { code: "gone", message: "Gone." } });
  await it.reaches("connecting");
  await it.reaches("playing");
  assert.ok(asked.some(({ method }) => method === "PATCH"));
  assert.equal(it.peers.length, 2);
});

test("silence of a server that still knows us is borne", async () => {
  const it = connection();
  await it.reaches("playing");
  it.peers[0].getStats = async () => new Map();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.deepEqual(it.states, ["connecting", "playing"]);
  assert.equal(asked.filter(({ method }) => method === "PATCH").length, 2, "it asks whether it is known, and for another way");
});

const FRAGMENT = "a=ice-ufrag:fresh\r\na=ice-pwd:password\r\na=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=end-of-candidates\r\n";

/** A network that was changed: nothing arrives until ICE begins anew, and then only if `heals`.
 * @param {boolean} heals */
async function changedNetwork(heals) {
  answers = ({ method }) => ({ POST: { status: 201, body: "v=0\r\na=ice-ufrag:old\r\na=end-of-candidates\r\n" }, PATCH: { status: asked.filter((each) => each.method === "PATCH").length % 2 ? 204 : 200, body: FRAGMENT } })[method] ?? { status: 200 };
  const it = connection();
  await it.reaches("playing");
  const peer = it.peers[0];
  let away = true;
  /** @type {string[]} */ const remote = [];
  peer.getStats = async () => new Map([["pair", { type: "candidate-pair", bytesReceived: away ? 7 : (peer.bytes += 1) }]]);
  peer.setRemoteDescription = /** @type {any} */ (async (/** @type {any} */ { sdp }) => {
    remote.push(sdp);
    away = !heals;
  });
  return { it, remote };
}

test("on another network the same connection goes on, by another way", async () => {
  const { it, remote } = await changedNetwork(true);
  await new Promise((resolve) => setTimeout(resolve, 8000));
  assert.deepEqual(it.states, ["connecting", "playing"]);
  assert.equal(it.peers.length, 1);
  assert.deepEqual(remote, ["v=0\r\na=ice-ufrag:fresh\r\na=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=end-of-candidates\r\n"]);
});

test("where there is no other way, a new connection is made", async () => {
  const { it } = await changedNetwork(false);
  await it.reaches("connecting");
  await it.reaches("playing");
  assert.equal(it.peers.length, 2);
});

test("whoever was replaced or removed does not fight for the place", async () => {
  for (const code of ["replaced", "removed"]) {
    answers = ({ method }) => (method === "POST" ? { status: 201, body: "v=0" } : { status: 410, body: { code, message: "No." } });
    const it = connection();
    await it.reaches("playing");
    it.peers[0].become("failed");
    await it.reaches("failed");
    assert.equal(it.code, code);
    assert.equal(it.peers.length, 1);
  }
});

test("a page that gives no grant ends it with its reason", async () => {
  const it = connection(async () => {
    throw Object.assign(new Error("No."), { final: true, code: "denied" });
  });
  await it.reaches("failed");
  assert.equal(it.code, "denied");
  it.start();
  await it.reaches("failed");
});

test("a stop in the middle of connecting leaves no session behind", async () => {
  const it = connection();
  await once(server, "request");
  await it.stop();
  while (!asked.some(({ method }) => method === "DELETE")) await once(server, "request", { signal: AbortSignal.timeout(3000) });
  assert.equal(it.state, "idle");
  assert.equal(it.peers.at(-1)?.connectionState, "closed");
  assert.equal(asked.filter(({ method }) => method === "POST").length - asked.filter(({ method }) => method === "DELETE").length, 0);
});
