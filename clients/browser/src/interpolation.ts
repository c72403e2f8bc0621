/**
 * Rows between two frames: where they were at a tick that is no whole number. Pure: time is an argument.
 *
 * Frames come once a tick at best, and unevenly; a screen is drawn more often, and evenly. So what is shown is a little
 * in the past, where there is a frame on either side.
 *
 *     frames      3 ------- 4 ------- 5 --------------- 7          (6 was skipped)
 *     shown                      ^ at 4.6: 0.4 of frame 4 and 0.6 of frame 5
 */

import { ClientError } from "./errors.js";
import { moved, way, wrapsOf, type Wrap, type Wraps } from "./wrap.js";

export interface InterpolationOptions {
  /** How far behind the newest frame that could be here rows are shown; left out, as far as frames are uneven. */
  readonly delayTicks?: number;
  readonly wrap?: Wraps;
  /** A row that moved by more from one frame to the next (all fields together) jumps instead of gliding. */
  readonly snap?: number;
  /** For how long rows go on as they did after the newest frame. */
  readonly extrapolateTicks?: number;
  readonly framesMax?: number;
}

/** The fields of a row, in the order in which they were named. */
export type Values = readonly number[];

interface Snapshot {
  readonly tick: number;
  readonly rows: ReadonlyMap<number, Values>;
  /** Rows that did not exist in the frame before, though their id did. */
  readonly fresh: ReadonlySet<number>;
}

/** What an unknown delay begins with, and the least and most it becomes. */
const DELAY_FIRST = 2;
const DELAY_LEAST = 1;
const DELAY_MOST = 8;
/** How much the delay may change with a frame: game time is seen to run so much slower or faster. */
const DELAY_UP = 0.1;
const DELAY_DOWN = 0.02;
/** Frames are later than usual by more than so many mean deviations only now and then. */
const DEVIATIONS = 3;

/** Some number columns of a table at any tick; made by `Room.interpolate`. Keeps the last frames. */
export class Interpolation {
  /** How far behind it is; adapts itself unless it was given. */
  delayTicks: number;
  readonly fields: readonly string[];
  private readonly _wraps: readonly (Wrap | null)[];
  private readonly _snap: number;
  private readonly _extrapolateTicks: number;
  private readonly _framesMax: number;
  private readonly _isAdaptive: boolean;
  private _spacing = 1;
  private _snapshots: Snapshot[] = [];

  constructor(
    fields: readonly string[],
    options: InterpolationOptions = {},
    private readonly _detach: () => void = () => {},
  ) {
    const { delayTicks, wrap, snap = Infinity, extrapolateTicks = 1, framesMax = 32 } = options;
    if (!fields.length) throw new ClientError("name the columns to interpolate");
    if (!((delayTicks ?? 0) >= 0 && extrapolateTicks >= 0 && framesMax >= 2)) {
      throw new ClientError("bad delayTicks, extrapolateTicks or framesMax");
    }
    this.fields = [...fields];
    this.delayTicks = delayTicks ?? DELAY_FIRST;
    this._isAdaptive = delayTicks === undefined;
    this._wraps = wrapsOf(fields, wrap);
    this._snap = snap;
    this._extrapolateTicks = extrapolateTicks;
    this._framesMax = framesMax;
  }

  /** A frame: all rows by id, those that are new under an old id, and how uneven frames come. The room calls it. */
  record(tick: number, rows: ReadonlyMap<number, Values>, fresh: ReadonlySet<number>, jitterTicks = 0): void {
    const last = this._snapshots.at(-1);
    if (last && tick <= last.tick) this._snapshots = []; // another run of ticks
    else if (last) this._adapt(tick - last.tick, jitterTicks);
    this._snapshots.push({ tick, rows, fresh });
    if (this._snapshots.length > this._framesMax) this._snapshots.shift();
  }

  /** The tick to show when the frame of `arrivedTick` could be here (see `Room.clock`): so much earlier. */
  tick(arrivedTick: number): number {
    return arrivedTick - this.delayTicks;
  }

  /**
   * All rows that were there at this tick, by id. Before the oldest frame that is kept, as in that one. A new row is
   * there from the tick of the frame that brought it, one that is gone up to the tick of the frame without it.
   */
  at(tick: number): Map<number, Values> {
    const shown = new Map<number, Values>();
    const [before, other, share] = this._around(tick);
    if (before) for (const [id, values] of before.rows) shown.set(id, this._between(id, values, before, other, share));
    return shown;
  }

  /** One row at this tick; undefined if it was not there. */
  row(id: number, tick: number): Values | undefined {
    const [before, other, share] = this._around(tick);
    const values = before?.rows.get(id);
    return before && values ? this._between(id, values, before, other, share) : undefined;
  }

  /** Keep no more frames; what was kept can still be asked for. */
  close(): void {
    this._detach();
  }

  /** Towards a delay at which the next frame has nearly always come. */
  private _adapt(spacing: number, jitterTicks: number): void {
    if (!this._isAdaptive) return;
    this._spacing += (Math.min(spacing, DELAY_MOST) - this._spacing) / 8;
    const wanted = Math.min(Math.max(this._spacing + DEVIATIONS * jitterTicks, DELAY_LEAST), DELAY_MOST);
    this.delayTicks += Math.min(Math.max(wanted - this.delayTicks, -DELAY_DOWN), DELAY_UP);
  }

  /** The frame whose rows are shown, another by which they move, and how far, in what lies between both. */
  private _around(tick: number): [before: Snapshot | null, other: Snapshot | null, share: number] {
    const snapshots = this._snapshots;
    let index = snapshots.length;
    while (index && snapshots[index - 1].tick > tick) index--;
    if (!snapshots.length || !index) return [snapshots[0] ?? null, null, 0];
    const before = snapshots[index - 1];
    if (index < snapshots.length) {
      const after = snapshots[index];
      return [before, after, (tick - before.tick) / (after.tick - before.tick)];
    }
    if (snapshots.length === 1) return [before, null, 0];
    const earlier = snapshots[index - 2];
    const beyond = Math.min(tick - before.tick, this._extrapolateTicks);
    return [before, earlier, -beyond / (before.tick - earlier.tick)];
  }

  /** A share of the way to the other frame; if that is the earlier one, the share is negative: away from it. */
  private _between(id: number, values: Values, before: Snapshot, other: Snapshot | null, share: number): Values {
    const end = share && other ? other.rows.get(id) : undefined;
    if (!end || (share > 0 ? other : before)?.fresh.has(id)) return values;
    const ways = values.map((start, index) => way(this._wraps[index], start, end[index]));
    if (Math.hypot(...ways) > this._snap) return values;
    return values.map((start, index) => moved(this._wraps[index], start, share * ways[index]));
  }
}
