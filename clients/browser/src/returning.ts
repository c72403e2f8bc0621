/** The way back to a seat whose connection was lost: when to try, and when to give up. */

import type { Backoff } from "./backoff.js";
import { CannotConnect, Closed, JoinRejected } from "./errors.js";
import type { Surroundings } from "./surroundings.js";

/** After a code that says to come back later: at least so long, and up to twice as long. */
const LATER_S = 5;
/** Reasons of `rejected` after which the seat cannot be had any more. */
const FINAL: ReadonlySet<string> = new Set(["no_such_room", "room_closed", "room_error", "not_allowed"]);

export class Returning {
  private _isOver = false;
  private _hurry: (() => void) | null = null;

  constructor(
    private readonly _machine: Surroundings,
    private readonly _backoff: Backoff,
    /** Until when the seat is kept, on the machine's clock. */
    private readonly _untilS: number,
  ) {}

  /** Do not wait for the next try. */
  retryNow(): void {
    this._hurry?.();
  }

  /** Try no more. */
  stop(): void {
    this._isOver = true;
    this._hurry?.();
  }

  /** Call `attempt` until it works. False if it cannot work any more, or it was stopped. */
  async run(cause: Error, attempt: () => Promise<void>): Promise<boolean> {
    const offline = this._machine.online(() => this.retryNow());
    try {
      for (const pauseS of this._backoff.pauses(this._machine.random)) {
        const leastS = leastPauseS(cause, this._machine.random);
        await this._pause(leastS + pauseS);
        if (this._isOver || this._machine.nowS() > this._untilS) return false;
        const failure = await attempt().then(() => null, asError);
        if (!failure) return true;
        if (this._isOver || isFinal(failure)) return false;
        cause = failure;
      }
    } finally {
      offline();
    }
    return false;
  }

  private _pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this._machine.after(seconds, resolve);
      this._hurry = () => {
        stop();
        resolve();
      };
      if (this._isOver) this._hurry();
    });
  }
}

/** Whether trying again would only end the same way. */
function isFinal(failure: Error): boolean {
  if (failure instanceof JoinRejected) return FINAL.has(failure.reason);
  return closedOf(failure)?.comeback === "no";
}

/** How long to wait at least, as the server has told. */
function leastPauseS(cause: Error, random: () => number): number {
  if (cause instanceof JoinRejected) return cause.retryAfterS ?? (cause.reason === "resume_busy" ? 1 : 0);
  return closedOf(cause)?.comeback === "later" ? LATER_S * (1 + random()) : 0;
}

function closedOf(error: Error): Closed | null {
  return error instanceof CannotConnect ? error.closed : error instanceof Closed ? error : null;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
