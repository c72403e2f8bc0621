/**
 * A seat in a room, seen from the client: actions out, frames in, and a replica of the state. Frames are taken in as
 * they arrive, whether anybody iterates or not; who iterates slowly gets several as one.
 */

import { TickClock, type ServerClock } from "./clock.js";
import { BadAction, Closed, NotSeated, ServerFault, TooFast } from "./errors.js";
import { Feed, type Frame, type GameEvent, type Resumption } from "./frame.js";
import { Interpolation, type InterpolationOptions, type Values } from "./interpolation.js";
import { Ledger, Sent, type Answer } from "./ledger.js";
import * as messages from "./messages.js";
import { RESYNC_GROUPS_MAX, type Bytes, type Joined, type Resumed, type SeatCard, type WireFrame } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Prediction } from "./prediction.js";
import { Predictor, type PredictorOptions, type State, type Step } from "./predictor.js";
import { Replica, type Applied } from "./replica.js";
import type { Move } from "./session.js";
import type { ReplicaTable } from "./table.js";
import type { ValueMap } from "./value.js";
import { namedValues, vocabulary, wireValues, type Vocabulary } from "./vocabulary.js";

const UNANSWERED_MAX = 4096;
/** The server wants to hear twice a second that frames arrive. */
const HEARD_EVERY_S = 0.45;
const NO_TOKEN = new Uint8Array();

/** What a room has of its connection. */
export interface Link {
  readonly messageBytesMax: number;
  readonly isCongested: boolean;
  send(bytes: Bytes, move: Move): boolean;
}

export interface ActOptions {
  /** It only says how things are now: while the network takes nothing, a newer one of the same name takes its place. */
  readonly latest?: boolean;
}

export interface PredictOptions extends PredictorOptions {
  /** The row; left out, the one with this player's id. */
  readonly rowId?: number;
  /** For how many ticks an action stands: 1 if the game moves a player once for each, 0 if it moves all by itself. */
  readonly actionTicks?: number;
}

/** Who looks at each frame before the room's user does. */
export interface Follower {
  follow(frame: Frame, nowS: number): void;
  withdraw?(seq: number): void;
}

/** Made by `Client.joinOrCreate`, `create` and `join`. Iterate it for frames; it ends when the seat is given back. */
export class Room implements AsyncIterable<Frame> {
  readonly roomId: string;
  readonly game: string;
  readonly playerId: number;
  readonly tickHz: number;
  /** What this player may see, as of the last frame. */
  readonly state: Replica;
  /** At which tick the server is. */
  readonly clock: TickClock;
  /** The room's actions: the fields of each, by name. */
  readonly actions: Vocabulary;
  /** The room's events: the fields of each, by name. */
  events: Vocabulary = new Map();
  /** The tick that the player sees, if it is not that of the last frame; actions carry it, rounded down. */
  shownTick: number | null = null;
  /** Why there is no seat any more; null while there is one. */
  leftReason: string | null = null;
  /** False while the connection is lost and the client tries to come back. */
  connected = true;
  /** For how long the server keeps the seat without a connection. */
  graceS = 0;
  /** Called with each frame, when the state is at it. */
  onFrame: ((frame: Frame) => void) | null = null;
  /** Called when the connection is lost and the seat may be kept. */
  onDrop: (() => void) | null = null;
  /** Called when the seat is taken again, before anything that comes after it. */
  onResume: (() => void) | null = null;
  /** Called when the seat is gone for good; with the error if it was lost. */
  onEnd: ((reason: string, error: Error | null) => void) | null = null;
  /** @internal Brings the seat back; a secret. */
  token: Uint8Array = NO_TOKEN;
  private readonly _ledger = new Ledger();
  private readonly _outbox: Outbox;
  private readonly _followers: Follower[] = [];
  private readonly _feeds = new Set<Feed>();
  private readonly _listeners = new Map<string, Set<(event: ValueMap, tick: number) => void>>();
  /** Collects what comes until somebody iterates. */
  private _first: Feed | null;
  private _link: Link | null;
  private _error: Error | null = null;
  private _heardS = -Infinity;
  private _droppedS = 0;
  private _resumption: Resumption | null = null;

  /** @internal */
  constructor(
    joined: Joined,
    link: Link,
    serverClock: ServerClock,
    /** The time on this client's clock, in seconds. */
    readonly nowS: () => number,
  ) {
    if (!(joined.tickHz > 0)) throw new ServerFault(`${joined.tickHz} ticks a second`);
    this.roomId = joined.roomId;
    this.game = joined.game;
    this.playerId = joined.playerId;
    this.tickHz = joined.tickHz;
    this.state = new Replica(joined.tables);
    this.clock = new TickClock(joined.tickHz, serverClock);
    this.actions = vocabulary(joined.actions);
    this._outbox = new Outbox((seq) => this._superseded(seq));
    this._outbox.line = this._link = link;
    this._first = this._addFeed();
  }

  /** How many actions the server has neither taken nor refused yet. */
  get unanswered(): number {
    return this._ledger.size;
  }

  /** The frames from now on; the first who asks gets those before as well. Who is slow gets several as one. */
  [Symbol.asyncIterator](): Feed {
    const feed = this._first ?? this._addFeed();
    this._first = null;
    return feed;
  }

  /** Be told of the game's events of this name, after the state of the same frame. Call what is returned to stop. */
  on(name: string, listener: (fields: ValueMap, tick: number) => void): () => void {
    const listeners = this._listeners.get(name) ?? new Set();
    this._listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Send an action. `(await room.act(...).answer).taken` tells what became of it. BadAction if the room has no such
   * action or field, TooFast if too many are unanswered or wait for the network, NotSeated if the seat is gone.
   */
  act(name: string, fields: ValueMap = {}, options: ActOptions = {}): Sent {
    return this._send(name, fields, options, () => {});
  }

  /** Ask the server to prove the replica: the next frame brings the digest of every group in sight. */
  verify(): void {
    this._checkSeat();
    this._link?.send(messages.verify(), "verify");
  }

  /** Number columns of a table between frames, for a screen that is drawn more often than they come. */
  interpolate(table: string, fields: readonly string[], options: InterpolationOptions = {}): Interpolation {
    const rows = this.state.table(table);
    for (const field of fields) {
      if (!rows.isNumber(field)) throw new BadAction(`${table} has no column ${field} of numbers`);
    }
    const view = new Interpolation(fields, options, () => this._unfollow(follower));
    const follower: Follower = {
      follow: ({ tick }) => view.record(tick, pick(rows, fields), rows.ended, this.clock.jitterS * this.tickHz),
    };
    if (this.state.tick) view.record(this.state.tick, pick(rows, fields), rows.ended);
    this._followers.push(follower);
    return view;
  }

  /** The tick that an interpolation is to show now; it goes with each action from now on. */
  show(view: Interpolation, nowS: number = this.nowS()): number {
    return (this.shownTick = Math.max(0, view.tick(this.clock.arrivedTick(nowS))));
  }

  /** The row of this player (or `rowId`) without the wait for the server; act on what is returned. */
  predict<R extends object = State>(table: string, step: Step<R>, options: PredictOptions = {}): Prediction<R> {
    const rows = this.state.table<State>(table);
    const { rowId = this.playerId, actionTicks = 1 } = options;
    const predictor = new Predictor(step as unknown as Step, rows.continuous, 1 / this.tickHz, options);
    const stage = {
      act: (name: string, fields: ValueMap, how: ActOptions, began: (seq: number) => void) =>
        this._send(name, fields, how, began),
      row: () => rows.get(rowId) ?? null,
      nowS: this.nowS,
      detach: () => this._unfollow(prediction),
    };
    const prediction = new Prediction<R>(predictor, stage, actionTicks / this.tickHz, this.state.tick);
    this._followers.push(prediction);
    return prediction;
  }

  /** Give the seat back. Frames that are under way still arrive, then the iteration ends. */
  leave(): void {
    if (this.leftReason !== null) return;
    if (this._link?.send(messages.leave(), "leave")) this.leftReason = "you_left";
    else this.end("you_left", null); // the connection is lost: nobody will answer
  }

  // What the client calls.

  /** @internal What belongs to the seat has come in. */
  takeCard(card: SeatCard): void {
    this.events = vocabulary(card.events);
    this.token = card.token;
    this.graceS = card.graceS;
    this._sayHeard(this.nowS());
  }

  /** @internal The connection is lost; the client tries to come back. */
  dropped(): void {
    this.connected = false;
    this._droppedS = this.nowS();
    this._outbox.line = this._link = null;
    this._tell(() => this.onDrop?.());
  }

  /** @internal The seat is taken again, on another connection; what was lost of the actions is sent again. */
  returned(resumed: Resumed, link: Link): void {
    this.connected = true;
    this.token = resumed.token;
    this._outbox.line = this._link = link;
    this._sayHeard(this.nowS());
    const lost = this._ledger.after(resumed.received);
    for (const act of lost) link.send(act, "act");
    this._outbox.clear();
    const awayS = this.nowS() - this._droppedS;
    this._resumption = { awayS, sentAgain: lost.length, eventsLost: resumed.eventsLost };
    this._tell(() => this.onResume?.());
  }

  /** @internal A frame has come in. ServerFault if it makes no sense; then the room has ended. */
  receive(wire: WireFrame): void {
    const nowS = this.nowS();
    this.clock.arrived(wire.tick, nowS);
    const applied = this.state.apply(wire);
    if (nowS - this._heardS >= HEARD_EVERY_S) this._sayHeard(nowS);
    this._outbox.flush();
    this._resync(applied);
    const frame = this._frame(wire, applied, nowS);
    for (const follower of [...this._followers]) this._tell(() => follower.follow(frame, nowS));
    this._tell(() => this.onFrame?.(frame));
    for (const { name, fields } of frame.events) {
      for (const listener of [...(this._listeners.get(name) ?? [])]) this._tell(() => listener(fields, frame.tick));
    }
    for (const feed of this._feeds) feed.push(frame);
  }

  /** @internal The seat is gone. */
  end(reason: string, error: Error | null): void {
    this.leftReason = reason;
    this._error = error;
    this.connected = false;
    this.token = NO_TOKEN;
    this._outbox.line = this._link = null;
    this._outbox.clear();
    this._ledger.close(this.nowS());
    for (const feed of this._feeds) feed.end(error);
    this._feeds.clear();
    this._tell(() => this.onEnd?.(reason, error));
  }

  private _send(name: string, fields: ValueMap, { latest = false }: ActOptions, began: (seq: number) => void): Sent {
    const values = wireValues(this.game, this.actions, name, fields);
    this._checkSeat();
    if (this._ledger.size >= UNANSWERED_MAX) throw new TooFast(`${UNANSWERED_MAX} actions are unanswered`);
    this._outbox.checkRoom(latest ? name : "");
    const seq = this._ledger.nextSeq();
    const shown = Math.min(Math.max(0, Math.floor(this.shownTick ?? this.state.tick)), Number.MAX_SAFE_INTEGER);
    const bytes = messages.act(seq, [name, ...values], shown);
    if (this._link && bytes.length > this._link.messageBytesMax) {
      throw new BadAction(`${name} has ${bytes.length} bytes, over ${this._link.messageBytesMax}`);
    }
    const sent = new Sent(seq, this.nowS());
    this._ledger.keep(sent, bytes);
    began(seq);
    this._outbox.offer(seq, latest ? name : "", bytes);
    return sent;
  }

  private _superseded(seq: number): void {
    this._ledger.drop(seq, this.nowS());
    for (const follower of this._followers) follower.withdraw?.(seq);
  }

  private _frame(wire: WireFrame, applied: Applied, arrivedS: number): Frame {
    const answers = this._ledger.settle(wire.ack, wire.refused, arrivedS);
    const resumed = this._resumption;
    this._resumption = null;
    return {
      tick: wire.tick,
      taken: answers.filter(({ taken }: Answer) => taken),
      refused: answers.filter(({ taken }: Answer) => !taken),
      events: wire.events.map(([name, ...values]): GameEvent => {
        return { name: String(name), fields: namedValues(this.events.get(String(name)) ?? [], values) };
      }),
      isKeyframe: wire.base === 0,
      isChecked: applied.digests > 0 && !applied.differing.length,
      arrivedS,
      divergences: applied.divergences,
      resumed,
      eventsMissed: 0,
    };
  }

  /** Ask for the groups that differ; for everything, if they are more than a message may name. */
  private _resync({ doubts }: Applied): void {
    if (!doubts.length) return;
    const groups = doubts.length > RESYNC_GROUPS_MAX ? [] : doubts;
    if (this.leftReason === null && this._link?.send(messages.resync(groups), "resync")) return;
    for (const doubt of doubts) this.state.forgetDoubt(doubt);
  }

  private _sayHeard(nowS: number): void {
    if (this._link?.send(messages.heard(this.state.tick), "heard")) this._heardS = nowS;
  }

  private _checkSeat(): void {
    if (this._error instanceof Closed) throw new Closed(this._error.code, this._error.reason);
    if (this.leftReason !== null) throw new NotSeated(this.roomId, this.leftReason);
  }

  private _addFeed(): Feed {
    const feed = new Feed((one) => void this._feeds.delete(one));
    if (this.leftReason === null || this._link) this._feeds.add(feed);
    else feed.end(this._error);
    return feed;
  }

  private _unfollow(follower: Follower): void {
    const index = this._followers.indexOf(follower);
    if (index >= 0) this._followers.splice(index, 1);
  }

  /** Call the program's code. What it throws is its own: it is reported as uncaught, and the room goes on. */
  private _tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Some number columns of all rows, by id. */
function pick(rows: ReplicaTable, fields: readonly string[]): Map<number, Values> {
  const columns = fields.map((field) => rows.column(field) as ArrayLike<number>);
  const picked = new Map<number, Values>();
  rows.ids.forEach((id, index) => picked.set(id, columns.map((column) => column[index])));
  return picked;
}
