/**
 * Shots, flown here: the server says only where and when each was fired. The own ones are seen at once, as guesses, and
 * each guess takes the place of the shot that the server then tells of.
 */

import type { ReplicaTable } from "../src/index.js";
import { across, bearing, flown, SHOT_TICKS, type Place, type Shot } from "./game.js";

interface Guess extends Place {
  readonly firedS: number;
  /** The server's shot, once it is there. */
  id: number | null;
}

export interface Flying {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly isOwn: boolean;
}

/** A guess and a shot are the same if they begin this near, and look this much the same way. */
const NEAR = 90;
const ALIKE = 0.3;
/** A guess of which the server knows nothing for so long was none. */
const GUESS_S = 1.2;

export class Shots {
  private _guesses: Guess[] = [];
  private readonly _own = new Set<number>();

  constructor(
    private readonly _table: ReplicaTable<Shot>,
    private readonly _tickS: number,
  ) {
    _table.events(({ kind, row }) => {
      if (kind === "added") this._recognize(row);
      else if (kind === "removed") this._forget(row.id);
    });
  }

  /** The own ship has fired. */
  guess({ x, y, angle }: Place, nowS: number): void {
    this._guesses.push({ x, y, angle, firedS: nowS, id: null });
  }

  /** All that fly: the others' at the tick that is shown, the own ones now. */
  *flying(shownTick: number, nowS: number): Generator<Flying> {
    this._guesses = this._guesses.filter(({ firedS }) => nowS - firedS < GUESS_S);
    for (const guess of this._guesses) {
      const [x, y] = flown(guess, nowS - guess.firedS);
      yield { x, y, angle: guess.angle, isOwn: true };
    }
    for (const shot of this._table) {
      const age = shownTick - shot.fired;
      if (age < 0 || age > SHOT_TICKS || this._own.has(shot.id)) continue;
      const [x, y] = flown(shot, age * this._tickS);
      yield { x, y, angle: shot.angle, isOwn: false };
    }
  }

  private _recognize(shot: Shot): void {
    const guess = this._guesses.find(
      ({ id, x, y, angle }) =>
        id === null &&
        Math.hypot(across(x, shot.x), across(y, shot.y)) < NEAR &&
        Math.abs(bearing(angle, shot.angle)) < ALIKE,
    );
    if (!guess) return;
    guess.id = shot.id;
    this._own.add(shot.id);
  }

  private _forget(id: number): void {
    if (!this._own.delete(id)) return;
    this._guesses = this._guesses.filter((guess) => guess.id !== id);
  }
}
