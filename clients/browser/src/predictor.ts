/**
 * What the own row will be once the server has taken what was sent to it. Pure: no clock, nothing is sent.
 *
 *     authority    o----o----o                          the row as of the last frame
 *     predicted              '----a----b----.----c      steps that are not in it yet, replayed on top of it
 *     shown                  the same, plus what is left of the last error
 *
 * A step is one action, or (`.`) a tick in which nothing was done. A frame takes away from the front what it has in it:
 * actions that were taken or refused, and as many idle ticks as went by besides.
 */

import { ClientError, TooFast } from "./errors.js";
import type { Answer } from "./ledger.js";
import type { Value, ValueMap } from "./value.js";
import { moved, way, wrapsOf, type Wrap, type Wraps } from "./wrap.js";

/** An action by name. */
export interface Action {
  readonly name: string;
  readonly fields: ValueMap;
}

/** A row that may be changed. */
export type State = Record<string, Value>;

/** The game's rule for one row. Pure; `state` is a copy, and may be changed and returned. */
export type Step<R extends object = State> = (state: R, action: Action | null, dtS: number) => R;

export interface PredictorOptions {
  readonly wrap?: Wraps;
  /** Half of an error is gone after so long. */
  readonly halfLifeS?: number;
  /** Beyond this (all fields together) an error is put right at once. */
  readonly snap?: number;
  /** Up to this a difference is no error: half the step of a quant, say. */
  readonly tolerance?: number;
  /** Steps that are kept at most. */
  readonly pendingMax?: number;
}

/** How good the prediction is. Frames are counted while the row is there. */
export interface PredictionStats {
  /** Frames after which the prediction was what it was before. */
  matched: number;
  /** Frames after which it was not. */
  corrected: number;
  /** Of these, those with an error too large to be smoothed away. */
  snapped: number;
  /** Actions that were refused, so their effect was taken back. */
  refused: number;
  /** In the fields' own unit, all smoothed fields together. */
  largestError: number;
}

/** One step; `seq` is the action's number, 0 for an idle tick. */
interface Pending {
  readonly seq: number;
  readonly action: Action | null;
  readonly dtS: number;
}

/** One row, ahead of the server. Errors of the fields `smooth` are shown less and less. */
export class Predictor {
  /** The row as predicted, without smoothing; null while there is no such row. Not to be changed. */
  state: Readonly<State> | null = null;
  readonly stats: PredictionStats = { matched: 0, corrected: 0, snapped: 0, refused: 0, largestError: 0 };
  private readonly _wraps: readonly (Wrap | null)[];
  private readonly _halfLifeS: number;
  private readonly _snap: number;
  private readonly _tolerance: number;
  private readonly _pendingMax: number;
  private _pending: Pending[] = [];
  private _base: State | null = null;
  private _error: readonly number[];
  private _errorAtS = 0;

  constructor(
    private readonly _step: Step,
    private readonly _smooth: readonly string[],
    private readonly _tickS: number,
    options: PredictorOptions = {},
  ) {
    const { wrap, halfLifeS = 0.1, snap = Infinity, tolerance = 1e-6, pendingMax = 256 } = options;
    if (!(halfLifeS > 0 && pendingMax >= 1 && tolerance >= 0)) {
      throw new ClientError("bad halfLifeS, pendingMax or tolerance");
    }
    this._wraps = wrapsOf(_smooth, wrap);
    this._halfLifeS = halfLifeS;
    this._snap = snap;
    this._tolerance = tolerance;
    this._pendingMax = pendingMax;
    this._error = _smooth.map(() => 0);
  }

  /** How many steps the prediction is ahead. */
  get size(): number {
    return this._pending.length;
  }

  /** TooFast if no more steps can be kept. */
  checkRoom(): void {
    if (this.size >= this._pendingMax) {
      throw new TooFast(`${this._pendingMax} steps are in no frame yet`);
    }
  }

  /** An action is sent under this number, and stands for so much time. */
  act(seq: number, action: Action, dtS: number): void {
    this._add({ seq, action, dtS });
  }

  /** A tick goes by without an action. False if no more steps can be kept: the server is silent. */
  idle(): boolean {
    if (this.size >= this._pendingMax) return false;
    this._add({ seq: 0, action: null, dtS: this._tickS });
    return true;
  }

  /** The action will never be sent. */
  withdraw(seq: number): void {
    this._pending = this._pending.filter((one) => one.seq !== seq);
    this._replay();
  }

  /** A frame, `ticks` after the one before: the row in it (null: gone), and the actions that it answers. */
  correct(row: Readonly<State> | null, ticks: number, answers: readonly Answer[], nowS: number): void {
    const [old, shown] = [this.state, this.shown(nowS)];
    const carried = this._drop(ticks * this._tickS, answers);
    if (!row) {
      this._base = this.state = null;
      return;
    }
    this._base = { ...carried, ...row };
    this._replay();
    if (old && shown) this._noteError(old, shown, nowS);
    else this._error = this._smooth.map(() => 0);
  }

  /** The row as it should be drawn at this local time: the prediction, with errors smoothed away. */
  shown(nowS: number): State | null {
    if (!this.state) return null;
    const shown: State = { ...this.state };
    const fade = 0.5 ** (Math.max(0, nowS - this._errorAtS) / this._halfLifeS);
    this._smooth.forEach((name, index) => {
      const error = this._error[index];
      if (error) shown[name] = moved(this._wraps[index], Number(shown[name]), error * fade);
    });
    return shown;
  }

  private _add(pending: Pending): void {
    if (this.state) this.state = this._step({ ...this.state }, pending.action, pending.dtS);
    this._pending.push(pending);
  }

  private _replay(): void {
    if (!this._base) return;
    let state: State = { ...this._base };
    for (const { action, dtS } of this._pending) state = this._step(state, action, dtS);
    this.state = state;
  }

  /** Take away what is in the frame. Answers the state after it as predicted, for what no column holds. */
  private _drop(timeS: number, answers: readonly Answer[]): State {
    const outcome = new Map(answers.map(({ seq, taken }) => [seq, taken]));
    let last = this._pending.length - 1;
    while (last >= 0 && !outcome.get(this._pending[last].seq)) last--;
    let state: State | null = this._base && { ...this._base };
    const kept: Pending[] = [];
    this._pending.forEach((one, index) => {
      const { seq, action, dtS } = one;
      const fits = !seq && (index < last || (!kept.length && timeS > dtS / 2));
      if (seq && outcome.get(seq) === false) this.stats.refused += 1;
      else if (fits || outcome.get(seq)) {
        timeS -= dtS;
        state = state && this._step(state, action, dtS);
      } else kept.push(one);
    });
    this._pending = kept;
    return state ?? {};
  }

  private _noteError(old: Readonly<State>, shown: Readonly<State>, nowS: number): void {
    const state = this.state as Readonly<State>;
    const error = Math.hypot(...this._ways(state, old));
    const others = Object.keys(state).some((name) => !this._smooth.includes(name) && old[name] !== state[name]);
    if (error <= this._tolerance && !others) this.stats.matched += 1;
    else {
      this.stats.corrected += 1;
      this.stats.largestError = Math.max(this.stats.largestError, error);
    }
    this._error = this._ways(state, shown);
    this._errorAtS = nowS;
    if (Math.hypot(...this._error) > this._snap) {
      this.stats.snapped += 1;
      this._error = this._smooth.map(() => 0);
    }
  }

  private _ways(start: Readonly<State>, end: Readonly<State>): number[] {
    return this._smooth.map((name, index) => way(this._wraps[index], Number(start[name]), Number(end[name])));
  }
}
