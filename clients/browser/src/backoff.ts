/** When a client whose connection was lost tries again. Pure but for the randomness given. */

/** The limit of the second pause, if there was none before. */
const SECOND_S = 0.5;

/**
 * Pauses before tries: each at random between nothing and a limit, so that a thousand clients do not come at once.
 * The limit is `firstS` at first, which may be nothing, and doubles with each failure, up to `mostS`.
 */
export class Backoff {
  constructor(
    readonly firstS = 0.5,
    readonly mostS = 10,
  ) {}

  /** Seconds to wait before each try, without an end. `random` gives numbers from 0 to below 1. */
  *pauses(random: () => number = Math.random): Generator<number, never> {
    let limitS = this.firstS;
    for (;;) {
      yield random() * limitS;
      limitS = Math.min(Math.max(limitS * 2, SECOND_S), this.mostS);
    }
  }
}
