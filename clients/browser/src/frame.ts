/** Frames as a room's user sees them, and how they wait for who is slow: summed up, never in a queue. */

import type { Divergence } from "./divergence.js";
import type { Answer } from "./ledger.js";
import type { ValueMap } from "./value.js";

/** Something that the game tells beside the state. */
export interface GameEvent {
  readonly name: string;
  readonly fields: ValueMap;
}

/** How a seat came back whose connection was lost. */
export interface Resumption {
  /** From the loss to the return. */
  readonly awayS: number;
  /** Actions that had been lost with the connection. */
  readonly sentAgain: number;
  /** The most events that will never be told, as too many were waiting. */
  readonly eventsLost: number;
}

/** What came since the frame before; the room's state is at `tick`. */
export interface Frame {
  readonly tick: number;
  /** Actions that the game has taken by this tick. */
  readonly taken: readonly Answer[];
  /** Actions that will not take effect. Every action appears once in one of the two. */
  readonly refused: readonly Answer[];
  /** In the order in which they happened. */
  readonly events: readonly GameEvent[];
  /** It brought the whole state. */
  readonly isKeyframe: boolean;
  /** It brought digests of the server, and the replica has the same. */
  readonly isChecked: boolean;
  /** On the client's clock, in seconds. */
  readonly arrivedS: number;
  /** Groups that were not what the server has, and that this frame brought anew. */
  readonly divergences: readonly Divergence[];
  /** Set on the first frame after the seat was taken again on another connection. */
  readonly resumed: Resumption | null;
  /** Events that were dropped, since nobody took frames for too long. */
  readonly eventsMissed: number;
}

const EVENTS_MAX = 1024;
const ANSWERS_MAX = 4096;

/** Two frames as one, the later one's state. Lists keep their newest entries. */
export function sumUp(before: Frame, frame: Frame): Frame {
  const events = [...before.events, ...frame.events];
  return {
    ...frame,
    taken: [...before.taken, ...frame.taken].slice(-ANSWERS_MAX),
    refused: [...before.refused, ...frame.refused].slice(-ANSWERS_MAX),
    events: events.slice(-EVENTS_MAX),
    isKeyframe: before.isKeyframe || frame.isKeyframe,
    divergences: [...before.divergences, ...frame.divergences].slice(-ANSWERS_MAX),
    resumed: frame.resumed ?? before.resumed,
    eventsMissed: before.eventsMissed + frame.eventsMissed + Math.max(0, events.length - EVENTS_MAX),
  };
}

interface Taker {
  readonly resolve: (result: IteratorResult<Frame, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/** One who iterates frames. Has at most one waiting: the sum of all since the last one that was taken. */
export class Feed implements AsyncIterableIterator<Frame, undefined> {
  private _waiting: Frame | null = null;
  private _taker: Taker | null = null;
  private _over: { readonly error: Error | null } | null = null;

  constructor(private readonly _detach: (feed: Feed) => void) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Frame, undefined>> {
    return new Promise((resolve, reject) => {
      this._taker?.resolve({ done: true, value: undefined });
      this._taker = { resolve, reject };
      this._serve();
    });
  }

  return(): Promise<IteratorResult<Frame, undefined>> {
    this._detach(this);
    this._waiting = null;
    this.end(null);
    return Promise.resolve({ done: true, value: undefined });
  }

  push(frame: Frame): void {
    this._waiting = this._waiting ? sumUp(this._waiting, frame) : frame;
    this._serve();
  }

  /** No more frames come; an error is thrown after the last. */
  end(error: Error | null): void {
    this._over ??= { error };
    this._serve();
  }

  private _serve(): void {
    const { _taker: taker, _waiting: waiting, _over: over } = this;
    if (!taker || !(waiting || over)) return;
    this._taker = this._waiting = null;
    if (waiting) return taker.resolve({ done: false, value: waiting });
    if (!over?.error) return taker.resolve({ done: true, value: undefined });
    this._over = { error: null };
    taker.reject(over.error);
  }
}
