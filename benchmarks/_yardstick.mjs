/** The same work with `ws` on Node: what one socket says, all others hear. The frame is encoded once. PORT from the environment. */

import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 4096, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const text = JSON.stringify(JSON.parse(data.toString()));
    for (const each of server.clients) each.send(text);
  });
});
