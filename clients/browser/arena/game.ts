/** The rules of the arena that a player's own page needs, the same as in `pelton/games/arena.py`. Pure. */

import type { Action, Wraps } from "../src/index.js";

export const WORLD = 4096;
export const SIGHT = 512;
export const TURN_RATE = 3.5;
export const SHOT_SPEED = 700;
export const SHOT_TICKS = 24;
export const RELOAD_TICKS = 6;
export const WRAP: Wraps = { x: WORLD, y: WORLD, angle: [-Math.PI, Math.PI] };
/** A ship that moves farther than this from one frame to the next was put there. */
export const JUMP = 500;

const THRUST = 260;
const DRAG = 0.6;
const TURN = 2 * Math.PI;

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

/** A row of `ships`, and what the server keeps to itself: only the own ship's is known here. */
export interface Ship {
  readonly id: number;
  x: number;
  y: number;
  angle: number;
  respawn: number;
  vx?: number;
  vy?: number;
  turn?: number;
  thrust?: number;
}

export interface Shot extends Place {
  readonly id: number;
  readonly fired: number;
}

export interface Pilot {
  readonly id: number;
  readonly name: string;
  readonly score: number;
}

/** One step of the own ship: an action, or a tick that goes by. */
export function step(ship: Ship, action: Action | null, dtS: number): Ship {
  if (action) {
    if (action.name === "steer" && !ship.respawn) {
      ship.turn = Number(action.fields.turn);
      ship.thrust = Number(action.fields.thrust);
    }
    return ship;
  }
  if (ship.respawn) {
    ship.respawn -= 1;
    ship.vx = ship.vy = 0;
    return ship;
  }
  fly(ship, dtS, true);
  return ship;
}

/** Fly on for so long. `asColumns`: with numbers as the columns hold them. */
export function fly(ship: Ship, dtS: number, asColumns: boolean): void {
  const { turn = 0, thrust = 0, vx = 0, vy = 0 } = ship;
  const angle = around(ship.angle + turn * TURN_RATE * dtS, TURN);
  ship.angle = asColumns ? stepped(angle, -3.2, 1 / 100) : angle;
  ship.vx = vx + (Math.cos(ship.angle) * thrust * THRUST - vx * DRAG) * dtS;
  ship.vy = vy + (Math.sin(ship.angle) * thrust * THRUST - vy * DRAG) * dtS;
  const [x, y] = [within(ship.x + ship.vx * dtS), within(ship.y + ship.vy * dtS)];
  [ship.x, ship.y] = asColumns ? [stepped(x, 0, 1 / 8), stepped(y, 0, 1 / 8)] : [x, y];
}

/** Where a shot is that was fired there so long ago. */
export function flown({ x, y, angle }: Place, ageS: number): readonly [x: number, y: number] {
  const way = SHOT_SPEED * ageS;
  return [within(x + Math.cos(angle) * way), within(y + Math.sin(angle) * way)];
}

/** The short way from one place of the world to another, along one axis. */
export function across(from: number, to: number): number {
  return around(to - from, WORLD);
}

/** How far to turn to look there, from -pi to pi. */
export function bearing(from: number, to: number): number {
  return around(to - from, TURN);
}

function within(place: number): number {
  return ((place % WORLD) + WORLD) % WORLD;
}

function around(difference: number, period: number): number {
  return difference - Math.round(difference / period) * period;
}

function stepped(value: number, low: number, step: number): number {
  return low + Math.round((value - low) / step) * step;
}
