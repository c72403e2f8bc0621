/** A player's own row without the wait for the server: actions take effect at once, frames put it right. */

import type { Frame } from "./frame.js";
import type { Sent } from "./ledger.js";
import type { PredictionStats, Predictor, State } from "./predictor.js";
import type { ActOptions } from "./room.js";
import type { ValueMap } from "./value.js";

/** What a prediction needs of its room. */
export interface Stage {
  act(name: string, fields: ValueMap, options: ActOptions, began: (seq: number) => void): Sent;
  row(): State | null;
  nowS(): number;
  detach(): void;
}

/** One row of a table, predicted; made by `Room.predict`. */
export class Prediction<R extends object = State> {
  constructor(
    private readonly _predictor: Predictor,
    private readonly _stage: Stage,
    private readonly _actionS: number,
    private _lastTick: number,
  ) {
    _predictor.correct(_stage.row(), 0, [], _stage.nowS());
  }

  /** The row as predicted, by column, without smoothing; null while there is no such row. */
  get state(): Readonly<R> | null {
    return this._predictor.state as Readonly<R> | null;
  }

  /** How good the prediction is. */
  get stats(): Readonly<PredictionStats> {
    return this._predictor.stats;
  }

  /** How many steps it is ahead of the last frame. */
  get pending(): number {
    return this._predictor.size;
  }

  /** The row as it should be drawn at this time; null while there is none. */
  shown(nowS: number = this._stage.nowS()): R | null {
    return this._predictor.shown(nowS) as R | null;
  }

  /** Send an action as `Room.act` does, and see its effect at once. TooFast also if too many are in no frame yet. */
  act(name: string, fields: ValueMap = {}, options: ActOptions = {}): Sent {
    this._predictor.checkRoom();
    return this._stage.act(name, fields, options, (seq) => this._predictor.act(seq, { name, fields }, this._actionS));
  }

  /**
   * A tick goes by without an action; call it in each tick in which the game would move the row all the same. False if
   * too many steps are in no frame yet.
   */
  idle(): boolean {
    return this._predictor.idle();
  }

  /** @internal The replica is at this frame. */
  follow(frame: Frame, nowS: number): void {
    const ticks = Math.max(0, frame.tick - this._lastTick);
    this._lastTick = frame.tick;
    this._predictor.correct(this._stage.row(), ticks, [...frame.taken, ...frame.refused], nowS);
  }

  /** @internal The action will never be sent. */
  withdraw(seq: number): void {
    this._predictor.withdraw(seq);
  }

  /** Predict no more. */
  close(): void {
    this._stage.detach();
  }
}
