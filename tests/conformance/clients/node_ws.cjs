// Node's `ws`, driven by the steps of the last argument; says what it saw, a line of JSON for each. See ../test_interop.py.
"use strict";
const WebSocket = require("ws");

const [url, script] = process.argv.slice(2);
const say = (seen) => console.log(JSON.stringify(seen));
const events = [];
let wake = () => {};
const arrived = (event) => { events.push(event); wake(); };

async function next() {
  while (!events.length) await new Promise((resolve) => { wake = resolve; });
  return events.shift();
}

async function until(wanted) {
  for (;;) {
    const event = await next();
    if (wanted(event)) return event;
    if (event.kind === "closed") throw new Error(`closed with ${event.code} ${event.reason}`);
  }
}

async function play(socket, step) {
  if (step.send !== undefined) socket.send(Buffer.from(step.send, "hex"));
  if (step.ping !== undefined) {
    socket.ping(Buffer.from(step.ping, "hex"));
    say({ pong: (await until((event) => event.kind === "pong")).hex });
  }
  if (step.until !== undefined) {
    const event = await until((event) => event.kind === "message" && event.hex.startsWith(step.until));
    say({ heard: event.hex });
  }
  if (step.closed) {
    const { code, reason } = await until((event) => event.kind === "closed");
    say({ code, reason });
  }
}

const socket = new WebSocket(url, ["pelton.v1"]); // offers compression, too
socket.on("message", (data, isBinary) => arrived({ kind: isBinary ? "message" : "text", hex: data.toString("hex") }));
socket.on("pong", (data) => arrived({ kind: "pong", hex: data.toString("hex") }));
socket.on("close", (code, reason) => arrived({ kind: "closed", code, reason: reason.toString() }));
socket.on("open", async () => {
  say({ subprotocol: socket.protocol, extensions: socket.extensions });
  for (const step of JSON.parse(script)) await play(socket, step);
});
