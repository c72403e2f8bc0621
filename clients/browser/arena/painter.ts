/** Draws the world around the own ship on a canvas: sky, ships and their trails, shots, sparks. */

import { across, SIGHT, WORLD, type Place } from "./game.js";
import type { Flying } from "./shots.js";
import type { Sparks } from "./sparks.js";

/** The longer side of the screen shows so much of the world: little more than a player is told of. */
const SPAN = 1120;
const TRAIL_POINTS = 26;
const TRAIL_BREAK = 120;
const STARS = 420;
const TURN = 2 * Math.PI;
export const OWN = "#7df0cf";

export interface Drawn extends Place {
  readonly id: number;
  readonly name: string;
  readonly isOwn: boolean;
  /** 0 to 1. */
  readonly thrust: number;
}

interface Star {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly depth: number;
}

/** A colour of a player, the same on every page. */
export function colour(id: number, alpha = 1): string {
  return `hsl(${195 + ((id * 0.618034) % 1) * 280} 74% 70% / ${alpha})`; // none like the own ship
}

export class Painter {
  private readonly _context: CanvasRenderingContext2D;
  private readonly _stars = scatter();
  private readonly _trails = new Map<number, [number, number][]>();
  private _camera: { x: number; y: number } = { x: 0, y: 0 };
  private _scale = 1;
  private _width = 0;
  private _height = 0;

  constructor(private readonly _canvas: HTMLCanvasElement) {
    this._context = _canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
  }

  /** Begin a picture around this place. */
  begin(camera: { x: number; y: number }): void {
    const { _canvas: canvas, _context: context } = this;
    const ratio = Math.min(devicePixelRatio, 2);
    [this._width, this._height] = [canvas.clientWidth, canvas.clientHeight];
    const [width, height] = [Math.round(this._width * ratio), Math.round(this._height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    this._camera = camera;
    this._scale = Math.max(this._width, this._height) / SPAN;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this._glow(context);
    context.fillRect(0, 0, this._width, this._height);
    this._drawStars();
    this._drawGrid();
  }

  ships(ships: readonly Drawn[]): void {
    const here = new Set(ships.map(({ id }) => id));
    for (const id of this._trails.keys()) if (!here.has(id)) this._trails.delete(id);
    for (const ship of ships) this._drawTrail(ship);
    for (const ship of ships) this._drawShip(ship);
  }

  shots(shots: Iterable<Flying>): void {
    const { _context: context } = this;
    context.lineCap = "round";
    for (const { x, y, angle, isOwn } of shots) {
      const [sx, sy] = this._at(x, y);
      const [dx, dy] = [Math.cos(angle) * 13 * this._scale, Math.sin(angle) * 13 * this._scale];
      for (const [width, style] of isOwn ? OWN_SHOT : OTHER_SHOT) {
        context.lineWidth = width;
        context.strokeStyle = style;
        context.beginPath();
        context.moveTo(sx - dx, sy - dy);
        context.lineTo(sx, sy);
        context.stroke();
      }
    }
  }

  sparks(sparks: Sparks): void {
    const { _context: context } = this;
    for (const { x, y, size, style, left } of sparks.all()) {
      const [sx, sy] = this._at(x, y);
      context.globalAlpha = left;
      context.fillStyle = style;
      context.beginPath();
      context.arc(sx, sy, size * this._scale * (0.4 + 0.6 * left), 0, TURN);
      context.fill();
    }
    for (const { x, y, radius, style, left } of sparks.rings()) {
      const [sx, sy] = this._at(x, y);
      context.globalAlpha = left * 0.8;
      context.strokeStyle = style;
      context.lineWidth = 1 + 2 * left;
      context.beginPath();
      context.arc(sx, sy, radius * this._scale, 0, TURN);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** Where a ship will be back, and how much of the wait is over, 0 to 1. */
  returning(place: Place, share: number): void {
    const { _context: context } = this;
    const [x, y] = this._at(place.x, place.y);
    context.lineWidth = 2;
    for (const [end, style] of [[1, "#ffffff18"], [share, OWN]] as const) {
      context.strokeStyle = style;
      context.beginPath();
      context.arc(x, y, 22, -TURN / 4, -TURN / 4 + TURN * end);
      context.stroke();
    }
  }

  /** A little lighter where one looks. */
  private _glow(context: CanvasRenderingContext2D): CanvasGradient {
    const [x, y] = [this._width / 2, this._height / 2];
    const glow = context.createRadialGradient(x, y, 0, x, y, Math.hypot(x, y));
    glow.addColorStop(0, "#0e1623");
    glow.addColorStop(1, "#06080d");
    return glow;
  }

  private _at(x: number, y: number): [number, number] {
    return [
      this._width / 2 + across(this._camera.x, x) * this._scale,
      this._height / 2 + across(this._camera.y, y) * this._scale,
    ];
  }

  private _drawStars(): void {
    const { _context: context } = this;
    for (const { x, y, size, depth } of this._stars) {
      const sx = wrapped(x - this._camera.x * depth * this._scale, 2048) - 64;
      const sy = wrapped(y - this._camera.y * depth * this._scale, 2048) - 64;
      if (sx > this._width || sy > this._height) continue;
      context.fillStyle = `rgb(176 200 235 / ${0.2 + depth * 0.9})`;
      context.fillRect(sx, sy, size, size);
    }
  }

  /** The squares by which a server tells what is near. */
  private _drawGrid(): void {
    const { _context: context } = this;
    const step = SIGHT / 2;
    context.lineWidth = 1;
    for (let index = 0; index < WORLD / step; index++) {
      const [x, y] = this._at(index * step, index * step).map((place) => Math.round(place) + 0.5);
      context.strokeStyle = index % 2 ? "#8fb4ff0a" : "#8fb4ff16";
      context.beginPath();
      if (x >= 0 && x <= this._width) {
        context.moveTo(x, 0);
        context.lineTo(x, this._height);
      }
      if (y >= 0 && y <= this._height) {
        context.moveTo(0, y);
        context.lineTo(this._width, y);
      }
      context.stroke();
    }
  }

  private _drawTrail({ id, x, y, isOwn }: Drawn): void {
    const trail = this._trails.get(id) ?? [];
    this._trails.set(id, trail);
    const last = trail.at(-1);
    if (last && Math.hypot(across(last[0], x), across(last[1], y)) > TRAIL_BREAK) trail.length = 0;
    trail.push([x, y]);
    if (trail.length > TRAIL_POINTS) trail.shift();
    const { _context: context } = this;
    context.lineCap = "butt";
    for (let index = 1; index < trail.length; index++) {
      const share = index / trail.length;
      context.strokeStyle = isOwn ? `rgb(125 240 207 / ${share * 0.45})` : colour(id, share * 0.35);
      context.lineWidth = 0.5 + share * 3 * this._scale;
      context.beginPath();
      context.moveTo(...this._at(...trail[index - 1]));
      context.lineTo(...this._at(...trail[index]));
      context.stroke();
    }
  }

  private _drawShip({ id, name, x, y, angle, isOwn, thrust }: Drawn): void {
    const { _context: context } = this;
    const style = isOwn ? OWN : colour(id);
    const [sx, sy] = this._at(x, y);
    const size = Math.max(this._scale, 0.85);
    context.save();
    context.translate(sx, sy);
    context.save();
    context.rotate(angle);
    context.scale(size, size);
    if (thrust) {
      context.fillStyle = "#ffd38a";
      context.globalAlpha = 0.55 + Math.random() * 0.35;
      context.fill(path([[-8, -4], [-12 - thrust * (8 + Math.random() * 6), 0], [-8, 4]]));
      context.globalAlpha = 1;
    }
    context.fillStyle = isOwn ? "#12332e" : colour(id, 0.18);
    context.strokeStyle = style;
    context.lineWidth = isOwn ? 2 : 1.6;
    context.lineJoin = "round";
    context.shadowColor = style;
    context.shadowBlur = isOwn ? 14 : 6;
    context.fill(HULL);
    context.stroke(HULL);
    context.restore();
    context.fillStyle = isOwn ? "#c8fff0" : "#b9c6d8";
    context.globalAlpha = isOwn ? 0.9 : 0.75;
    context.font = "500 11px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(name, 0, 33 * size);
    context.restore();
  }
}

const HULL = path([[15, 0], [-10, -9.5], [-5.5, 0], [-10, 9.5]]);
const OWN_SHOT = [[6, "rgb(125 240 207 / .22)"], [2.2, "#dcfff5"]] as const;
const OTHER_SHOT = [[6, "rgb(255 140 110 / .22)"], [2.2, "#ffd9c9"]] as const;

function path(points: readonly (readonly [number, number])[]): Path2D {
  const made = new Path2D();
  for (const [x, y] of points) made.lineTo(x, y);
  made.closePath();
  return made;
}

function wrapped(place: number, by: number): number {
  return ((place % by) + by) % by;
}

function scatter(): Star[] {
  return Array.from({ length: STARS }, () => {
    const depth = 0.08 + Math.random() ** 3 * 0.5;
    return { x: Math.random() * 2048, y: Math.random() * 2048, size: 0.9 + depth * 2.4, depth };
  });
}
