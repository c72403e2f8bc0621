/** What flies off when a ship is hit: only to look at. */

import { WORLD } from "./game.js";

interface Spark {
  x: number;
  y: number;
  readonly vx: number;
  readonly vy: number;
  readonly size: number;
  readonly style: string;
  readonly bornS: number;
  readonly livesS: number;
}

/** More are not drawn. */
const SPARKS_MAX = 400;
const EACH = 26;
const RING_S = 0.6;

export class Sparks {
  private _sparks: Spark[] = [];
  private _rings: { readonly x: number; readonly y: number; readonly style: string; readonly bornS: number }[] = [];
  private _nowS = 0;

  burst(x: number, y: number, style: string): void {
    this._rings.push({ x, y, style, bornS: this._nowS });
    for (let index = 0; index < EACH && this._sparks.length < SPARKS_MAX; index++) {
      const [angle, speed] = [Math.random() * 2 * Math.PI, 30 + Math.random() ** 2 * 220];
      const [vx, vy] = [Math.cos(angle) * speed, Math.sin(angle) * speed];
      const colour = index % 3 ? style : "#ffe6b8";
      const livesS = 0.35 + Math.random() * 0.6;
      this._sparks.push({ x, y, vx, vy, size: 1 + Math.random() * 2.2, style: colour, bornS: this._nowS, livesS });
    }
  }

  advance(nowS: number): void {
    const dtS = Math.min(nowS - this._nowS, 0.1);
    this._nowS = nowS;
    this._sparks = this._sparks.filter(({ bornS, livesS }) => nowS - bornS < livesS);
    this._rings = this._rings.filter(({ bornS }) => nowS - bornS < RING_S);
    for (const spark of this._sparks) {
      spark.x = (spark.x + spark.vx * dtS + WORLD) % WORLD;
      spark.y = (spark.y + spark.vy * dtS + WORLD) % WORLD;
    }
  }

  /** `left` is the share of its life. */
  *all(): Generator<Spark & { readonly left: number }> {
    for (const spark of this._sparks) yield { ...spark, left: 1 - (this._nowS - spark.bornS) / spark.livesS };
  }

  *rings(): Generator<{ x: number; y: number; style: string; radius: number; left: number }> {
    for (const { x, y, style, bornS } of this._rings) {
      const gone = (this._nowS - bornS) / RING_S;
      yield { x, y, style, radius: 8 + 62 * Math.sqrt(gone), left: 1 - gone };
    }
  }
}
