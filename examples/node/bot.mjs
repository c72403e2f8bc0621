// A bot for the arena, upon the TypeScript client: flies to whoever is nearest and shoots. Node 22 or newer has a
// WebSocket of its own; give an older one that of the package ws: connect(url, { webSocket: WebSocket }).
//
//   node bot.mjs [ws://127.0.0.1:7777/] [--seconds 10] [--name Hal]
import { parseArgs } from "node:util";
import { connect } from "../../server/pelton/server/browser/pelton.js"; // `make browser` builds it

const WORLD = 4096;
const RANGE = 400;
const TURN = 2 * Math.PI;

const options = { seconds: { type: "string", default: "10" }, name: { type: "string", default: "Hal" } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });

/** The short way from one place to another: the world has no edges, an angle neither. */
const around = (way, period) => way - Math.round(way / period) * period;

/** The nearest other ship that flies: how far, and where to look. */
function nearest(ships, me) {
  let best = { far: Infinity, bearing: 0 };
  for (const ship of ships) {
    if (ship.id === me.id || ship.respawn) continue;
    const [dx, dy] = [around(ship.x - me.x, WORLD), around(ship.y - me.y, WORLD)];
    const far = Math.hypot(dx, dy);
    if (far < best.far) best = { far, bearing: Math.atan2(dy, dx) };
  }
  return best;
}

const client = await connect(positionals[0] ?? "ws://127.0.0.1:7777/", { name: "node-bot" });
const room = await client.joinOrCreate("arena", { name: values.name });
const [ships, pilots] = [room.state.table("ships"), room.state.table("pilots")];
const endsAt = performance.now() + Number(values.seconds) * 1000;
let [frames, taken, refused, way] = [0, 0, 0, 0];
let before = null;

for await (const frame of room) {
  frames += 1;
  taken += frame.taken.length;
  refused += frame.refused.length;
  const me = ships.get(room.playerId);
  if (before) way += Math.min(Math.hypot(around(me.x - before.x, WORLD), around(me.y - before.y, WORLD)), 50);
  before = me;
  const { far, bearing } = nearest(ships, me);
  const off = around(bearing - me.angle, TURN);
  if (!me.respawn) {
    room.act("steer", { turn: Math.max(-1, Math.min(1, 3 * off)), thrust: Math.abs(off) < 1 ? 1 : 0 }, { latest: true });
    if (far < RANGE && Math.abs(off) < 0.2) room.act("shoot");
  }
  if (performance.now() >= endsAt) break;
}
console.log(JSON.stringify({ frames, taken, refused, way: Math.round(way), score: pilots.get(room.playerId).score }));
await client.close();
