/** The arena in a page: asks for a name, takes a seat, draws. `arena` in the console is what is going on. */

import { connect, JoinRejected, type Client } from "../src/index.js";
import { Controls } from "./controls.js";
import { Flight } from "./flight.js";
import type { Ship } from "./game.js";
import { Line } from "./line.js";
import { drawMinimap } from "./minimap.js";
import { colour, OWN, Painter, type Drawn } from "./painter.js";
import { element, Panel } from "./panel.js";
import { Sparks } from "./sparks.js";

const NAME_KEY = "pelton.arena.name";
const RESPAWN_TICKS = 30;
const PANEL_EVERY_S = 0.1;
const NOWHERE = { x: 2048, y: 2048 };

const canvas = element<HTMLCanvasElement>("world");
const controls = new Controls(canvas, element("stick"), element("fire"));
const painter = new Painter(canvas);
const sparks = new Sparks();
const line = new Line();
const panel = new Panel(line);
const nameField = element<HTMLInputElement>("name");
let flight: Flight | null = null;
let panelS = 0;

/** Where the page stands: the style goes by it. */
function enter(state: "start" | "joining" | "playing" | "over"): void {
  document.body.dataset.state = state;
}

async function play(): Promise<void> {
  const name = nameField.value.trim() || "Anon";
  localStorage.setItem(NAME_KEY, name);
  enter("joining");
  element("problem").textContent = "";
  let client: Client | null = null;
  try {
    const url = new URL("/", location.href).href;
    client = await connect(url, { name: "arena-page", webSocket: line.webSocket, online: line.online });
    const room = await client.joinOrCreate("arena", { name });
    flight = new Flight(client, room, { fell, scored });
    room.onResume = () => panel.say("Back again, nothing lost", room.nowS());
    room.onEnd = (reason, error) => end(error?.message || reason);
    client.onDrain = (endsInS) => panel.drain(endsInS, room.nowS());
    Object.assign(globalThis, { arena: { flight, line } });
    enter("playing");
    nameField.blur();
  } catch (error) {
    void client?.close();
    end(error instanceof JoinRejected ? `No seat: ${error.message}` : String(error instanceof Error ? error.message : error));
  }
}

function end(why: string): void {
  flight = null;
  controls.release();
  element("problem").textContent = why;
  enter("over");
}

function fell(id: number, x: number, y: number, by: string): void {
  const isOwn = id === flight?.room.playerId;
  sparks.burst(x, y, isOwn ? OWN : colour(id));
  if (isOwn && flight) panel.say(by ? `${by} shot you down` : "You were shot down", flight.room.nowS());
}

function scored(): void {
  if (flight) panel.say("+1", flight.room.nowS());
}

function draw(flight: Flight, own: Ship): void {
  const { room } = flight;
  const nowS = room.nowS();
  const seen = [...flight.others()];
  const drawn: Drawn[] = seen.map((ship) => ({ ...ship, name: flight.name(ship.id), isOwn: false, thrust: 0 }));
  if (!own.respawn) {
    const { id, x, y, angle, thrust = 0 } = own;
    drawn.push({ id, x, y, angle, name: flight.name(id), isOwn: true, thrust });
  }
  painter.begin(own);
  painter.shots(flight.shots.flying(room.shownTick ?? room.state.tick, nowS));
  painter.ships(drawn);
  painter.sparks(sparks);
  if (own.respawn) painter.returning(own, 1 - own.respawn / RESPAWN_TICKS);
  if (nowS - panelS < PANEL_EVERY_S) return;
  panelS = nowS;
  drawMinimap(element<HTMLCanvasElement>("map"), own, seen);
  panel.update(flight);
}

function frame(nowMs: number): void {
  requestAnimationFrame(frame);
  sparks.advance(nowMs / 1000);
  flight?.advance((angle) => controls.wish(angle));
  const own = flight?.own();
  if (flight && own) draw(flight, own);
  else painter.begin({ x: NOWHERE.x + nowMs / 60, y: NOWHERE.y + nowMs / 90 });
}

function icon(): string {
  const small = document.createElement("canvas");
  small.width = small.height = 32;
  const context = small.getContext("2d") as CanvasRenderingContext2D;
  context.fillStyle = OWN;
  context.fill(new Path2D("M16 2 28 29 16 23 4 29Z"));
  return small.toDataURL();
}

element<HTMLLinkElement>("icon").href = icon();
nameField.value = localStorage.getItem(NAME_KEY) ?? "";
element("start").addEventListener("submit", (event) => {
  event.preventDefault();
  if (document.body.dataset.state !== "joining") void play();
});
addEventListener("pagehide", () => flight?.client.close()); // or the ship would wait for us
nameField.focus();
requestAnimationFrame(frame);
