/** The way back to a seat whose connection was lost: when to try, and when to give up. */

import type { Backoff } from "./backoff.js";
import { CannotConnect, Closed, JoinRejected } from "./errors.js";
import type { Surroundings } from "./surroundings.js";

/** After a code that says to come back later: at least so long, and up to twice as long. */
const LATER_S = 5;
/** Reasons of `rejected` after which the seat cannot be had any more. */
const FINAL: ReadonlySet<string> = new Set(["no_such_room", "room_closed", "room_error"]);

export class Returning {
  private isOver = false;
  private hurry: (() => void) | null = null;

  constructor(
    private readonly machine: Surroundings,
    private readonly backoff: Backoff,
    /** Until when the seat is kept, on the machine's clock. */
    private readonly untilS: number,
  ) {}

  /** Do not wait for the next try. */
  retryNow(): void {
    this.hurry?.();
  }

  /** Try no more. */
  stop(): void {
    this.isOver = true;
    this.hurry?.();
  }

  /** Call `attempt` until it works. False if it cannot work any more, or it was stopped. */
  async run(cause: Error, attempt: () => Promise<void>): Promise<boolean> {
    const offline = this.machine.online(() => this.retryNow());
    try {
      for (const pauseS of this.backoff.pauses(this.machine.random)) {
        const leastS = leastPauseS(cause, this.machine.random);
        await this.pause(leastS + pauseS);
        if (this.isOver || this.machine.nowS() > this.untilS) return false;
        const failure = await attempt().then(() => null, asError);
        if (!failure) return true;
        if (this.isOver || isFinal(failure)) return false;
        cause = failure;
      }
    } finally {
      offline();
    }
    return false;
  }

  private pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.machine.after(seconds, resolve);
      this.hurry = () => {
        stop();
        resolve();
      };
      if (this.isOver) this.hurry();
    });
  }
}

/** Whether trying again would only end the same way. */
function isFinal(failure: Error): boolean {
  if (failure instanceof JoinRejected) return FINAL.has(failure.reason);
  const closed = closedOf(failure);
  return closed === null ? !(failure instanceof CannotConnect) : closed.comeback === "no";
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
