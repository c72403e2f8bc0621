/** Notices a connection that is dead without having been closed: a room sends a frame each tick, so silence tells. */

import type { Surroundings } from "./surroundings.js";

const SILENCE_S = 4;
const SILENCE_TICKS = 8;

/**
 * Calls `dead` once no frame has come for so long. Looks twice, since a page that slept has its timers before what had
 * arrived meanwhile.
 */
export class Watchdog {
  private cancel: () => void = () => {};
  private heard = true;

  constructor(
    private readonly machine: Surroundings,
    private readonly dead: () => void,
  ) {}

  /** A seat was taken in a room with so many ticks a second. */
  start(tickHz: number): void {
    this.stop();
    this.heard = true;
    this.look(Math.max(SILENCE_S, SILENCE_TICKS / tickHz) / 2);
  }

  /** A frame has come. */
  fed(): void {
    this.heard = true;
  }

  stop(): void {
    this.cancel();
  }

  private look(everyS: number): void {
    this.cancel = this.machine.after(everyS, () => {
      if (!this.heard) return this.dead();
      this.heard = false;
      this.look(everyS);
    });
  }
}
