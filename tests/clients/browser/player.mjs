// A player of the arena in Node, led by lines on its standard input: `player.mjs URL BUNDLE WS GAME`. Tells what it
// sees as JSON, a line each.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [url, bundle, ws, game] = process.argv.slice(2);
const { connect } = await import(pathToFileURL(bundle).href);
const { default: WebSocket } = await import(pathToFileURL(ws).href);
const tell = (what) => console.log(JSON.stringify(what));

const client = await connect(url, { webSocket: WebSocket, name: "player/1.0" });
const room = await client.joinOrCreate(game, { name: "Node" });
const ships = room.state.table("ships");
tell({ joined: room.roomId, playerId: room.playerId });
room.onDrop = () => tell({ dropped: true });
room.onResume = () => tell({ resumed: room.playerId });

const moved = new Map();
let thrust = 0;
room.onFrame = (frame) => {
  if (frame.divergences.length) tell({ diverged: frame.divergences });
  if (frame.resumed) tell({ back: frame.resumed, tick: frame.tick, inSight: ships.has(room.playerId) });
  if (room.connected) room.act("steer", { turn: 0, thrust }, { latest: true });
  if (frame.tick % 20 === 0) room.verify();
};
ships.events((event) => {
  if (event.kind !== "changed" || !("x" in event.before || "y" in event.before)) return;
  const times = (moved.get(event.row.id) ?? 0) + 1;
  moved.set(event.row.id, times);
  if (times === 3) tell({ moves: event.row.id });
});

const orders = createInterface({ input: process.stdin });
orders.on("line", async (order) => {
  if (order === "fly") thrust = 1;
  if (order === "forget") moved.clear();
  if (order === "leave") {
    room.leave();
    await client.close();
    tell({ closed: client.closed.code });
    orders.close();
  }
});
try {
  let checked = 0;
  for await (const frame of room) if (frame.isChecked && ++checked === 1) tell({ checked: frame.tick });
  tell({ over: room.leftReason });
} catch (error) {
  tell({ error: error.name, message: error.message });
  process.exit(1);
}
