/** Notices a connection that is dead without having been closed: pings are answered, so silence tells. */

import type { Surroundings } from "./surroundings.js";

const SILENCE_S = 4;
const SILENCE_TICKS = 8;

/** Looks again and again: asks for an answer each time, and calls `dead` if nothing has come since the look before. */
export class Watchdog {
  private _cancel: () => void = () => {};
  private _heard = true;

  constructor(
    private readonly _machine: Surroundings,
    private readonly _ask: () => void,
    private readonly _dead: () => void,
  ) {}

  /** A seat was taken in a room with so many ticks a second. */
  start(tickHz: number): void {
    this.stop();
    this._heard = true;
    this._look(Math.max(SILENCE_S, SILENCE_TICKS / tickHz) / 2);
  }

  /** Something has come. */
  fed(): void {
    this._heard = true;
  }

  stop(): void {
    this._cancel();
  }

  private _look(everyS: number): void {
    this._cancel = this._machine.after(everyS, () => {
      if (!this._heard) return this._dead();
      this._heard = false;
      this._ask();
      this._look(everyS);
    });
  }
}
