/** A seat in the arena: the own ship ahead of the server, the others between frames, and what happened of late. */

import type { Client, Frame, Interpolation, Prediction, Room, RowEvent } from "../src/index.js";
import type { Wish } from "./controls.js";
import { fly, JUMP, RELOAD_TICKS, step, WRAP, type Pilot, type Place, type Ship, type Shot } from "./game.js";
import { Shots } from "./shots.js";

/** Ticks that are played at most after a pause, as of a tab that slept. */
const TICKS_AT_ONCE = 4;
/** After so much silence the own ship stands still, too. */
const SILENCE_S = 1;
const MISSED_OF = 100;
const NOSE = 14;
/** Actions arrive halfway between two ticks of the server, so that jitter seldom carries them to another tick. */
const PHASE = 0.5;
const PHASE_GAIN = 0.1;
/** The rudder is said again after so many ticks, also if it stays as it is. */
const STEER_EVERY = 10;

export interface Seen extends Place {
  readonly id: number;
}

/** Told while a frame is taken in. */
export interface Witness {
  /** A ship was shot down there. */
  fell(id: number, x: number, y: number, by: string): void;
  /** The own score has risen. */
  scored(): void;
}

export class Flight {
  readonly shots: Shots;
  /** Each tick of the last ones: whether its frame came. */
  private readonly _came: boolean[] = [];
  private readonly _me: Prediction<Ship>;
  private readonly _others: Interpolation;
  private _ticks = 0;
  private _sinceShot = RELOAD_TICKS;
  private _sinceSteer = STEER_EVERY;
  private _steered = { turn: 0, thrust: 0 };
  private _lastTick = 0;
  private _lastS: number;
  private _heardS: number;
  private _fallen: { readonly id: number; readonly x: number; readonly y: number }[] = [];
  private _scorers: number[] = [];

  constructor(
    readonly client: Client,
    readonly room: Room,
    private readonly _witness: Witness,
  ) {
    this._me = room.predict<Ship>("ships", step, { actionTicks: 0, wrap: WRAP, snap: JUMP });
    this._others = room.interpolate("ships", ["x", "y", "angle"], { wrap: WRAP, snap: JUMP, extrapolateTicks: 3 });
    this.shots = new Shots(room.state.table<Shot>("shots"), 1 / room.tickHz);
    this._lastS = this._heardS = room.nowS();
    room.state.table<Ship>("ships").events((event) => this._noteShip(event));
    room.state.table<Pilot>("pilots").events((event) => this._notePilot(event));
    room.onFrame = (frame) => this._note(frame);
  }

  /** Let time pass, up to now: the own ship does in each tick what is wanted. */
  advance(wish: (angle: number) => Wish): void {
    const { room } = this;
    const nowS = room.nowS();
    this._ticks += (nowS - this._lastS) * room.tickHz * room.clock.pace * (1 + PHASE_GAIN * this._early(nowS));
    this._lastS = nowS;
    if (this._ticks > TICKS_AT_ONCE) this._ticks = TICKS_AT_ONCE;
    for (; this._ticks >= 1; this._ticks -= 1) if (room.connected && this.silenceS < SILENCE_S) this._tick(wish, nowS);
  }

  /** The own ship as it should be drawn now; null before the first frame. */
  own(): Ship | null {
    const ship = this._me.shown();
    if (ship && !ship.respawn) fly(ship, Math.min(this._ticks, 1) / this.room.tickHz, false);
    return ship;
  }

  /** The other ships that fly in sight, where they are to be drawn now. */
  *others(): Generator<Seen> {
    const { room } = this;
    const ships = room.state.table<Ship>("ships");
    for (const [id, [x, y, angle]] of this._others.at(room.show(this._others))) {
      if (id !== room.playerId && ships.value(id, "respawn") === 0) yield { id, x, y, angle };
    }
  }

  /** The score board, best first. */
  pilots(): Pilot[] {
    const pilots = [...this.room.state.table<Pilot>("pilots")];
    return pilots.sort((one, other) => other.score - one.score || one.id - other.id);
  }

  name(id: number): string {
    return String(this.room.state.table<Pilot>("pilots").value(id, "name") ?? "");
  }

  get score(): number {
    return Number(this.room.state.table<Pilot>("pilots").value(this.room.playerId, "score") ?? 0);
  }

  /** How long no frame has come. */
  get silenceS(): number {
    return this.room.nowS() - this._heardS;
  }

  /** Of the last 100 ticks, how many had no frame of their own. */
  get missed(): number {
    return this._came.filter((came) => !came).length;
  }

  /** How often the prediction was right, and the largest error. */
  get prediction(): Prediction<Ship>["stats"] {
    return this._me.stats;
  }

  private _tick(wish: (angle: number) => Wish, nowS: number): void {
    const ship = this._me.state;
    this._sinceShot += 1;
    if (ship && !ship.respawn) {
      const { turn, thrust, fire } = wish(ship.angle);
      this._steer(turn, thrust);
      if (fire && this._sinceShot >= RELOAD_TICKS) this._shoot(nowS);
    } else this._sinceSteer = STEER_EVERY;
    this._me.idle();
  }

  /** Only what is new has to be said. */
  private _steer(turn: number, thrust: number): void {
    this._sinceSteer += 1;
    const isNew = turn !== this._steered.turn || thrust !== this._steered.thrust;
    if (!isNew && this._sinceSteer < STEER_EVERY) return;
    this._sinceSteer = 0;
    this._steered = { turn, thrust };
    this._me.act("steer", { turn, thrust }, { latest: true });
  }

  /** By how much of a tick the own ticks should come sooner; negative: later. */
  private _early(nowS: number): number {
    const { clock, tickHz } = this.room;
    const arrives = clock.tick(nowS) + ((clock.server.roundTripS ?? 0) / 2) * tickHz;
    const off = arrives - PHASE - this._ticks;
    return off - Math.round(off);
  }

  private _shoot(nowS: number): void {
    this._sinceShot = 0;
    this._me.act("shoot");
    const ship = this._me.shown(nowS);
    if (ship) this.shots.guess(ahead(ship), nowS);
  }

  private _note(frame: Frame): void {
    this._heardS = frame.arrivedS;
    for (let tick = Math.max(this._lastTick + 1, frame.tick - MISSED_OF); this._lastTick && tick <= frame.tick; tick++) {
      this._came.push(tick === frame.tick);
    }
    this._came.splice(0, this._came.length - MISSED_OF);
    this._lastTick = frame.tick;
    const { _fallen: fallen, _scorers: scorers } = this;
    this._fallen = [];
    this._scorers = [];
    const by = scorers.length === 1 ? this.name(scorers[0]) : ""; // of several, nobody knows who hit whom
    for (const { id, x, y } of fallen) this._witness.fell(id, x, y, by);
    if (scorers.includes(this.room.playerId)) this._witness.scored();
  }

  private _noteShip(event: RowEvent<Ship>): void {
    if (event.kind !== "changed") return;
    const { row, before } = event;
    if (row.respawn && before.respawn === 0) {
      this._fallen.push({ id: row.id, x: before.x ?? row.x, y: before.y ?? row.y });
    }
  }

  private _notePilot(event: RowEvent<Pilot>): void {
    if (event.kind === "changed" && event.before.score !== undefined) this._scorers.push(event.row.id);
  }
}

function ahead({ x, y, angle }: Place): Place {
  return { x: x + Math.cos(angle) * NOSE, y: y + Math.sin(angle) * NOSE, angle };
}
