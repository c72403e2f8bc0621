/** A client of a server: asks for seats, and comes back by itself when its connection is lost. */

import { Backoff } from "./backoff.js";
import { ServerClock } from "./clock.js";
import { Connection } from "./connection.js";
import { ClientError, Closed, JoinRejected, ServerFault } from "./errors.js";
import * as messages from "./messages.js";
import {
  HOW_BY_ID,
  HOW_CREATE,
  HOW_JOIN_OR_CREATE,
  type Joined,
  type Options,
  type Resumed,
  type ServerMessage,
  type Welcome,
} from "./messages.js";
import { Returning } from "./returning.js";
import { Room } from "./room.js";
import { surroundings, type Surroundings } from "./surroundings.js";
import { Watchdog } from "./watchdog.js";

/** For each try to come back. */
const TRY_TIMEOUT_S = 5;
/** Pings at the beginning follow each other so soon, and so many: a round trip is soon known. */
const FIRST_PINGS = 5;
const FIRST_PINGS_EVERY_S = 0.2;

export interface ConnectOptions extends Partial<Surroundings> {
  /** The program's name and version, for the server's log. */
  readonly name?: string;
  /** Who the player is, for servers that ask; a function is called for each connection anew. */
  readonly ticket?: string | (() => string | Promise<string>);
  readonly timeoutS?: number;
  /** When to try again after a lost connection; null: the room ends with it. */
  readonly comeback?: Backoff | null;
  /** How often the round trip is measured while seated; 0: only by `ping`. */
  readonly pingEveryS?: number;
}

/** Connect and say hello. CannotConnect if that does not work in time; its `closed` says whether to try again. */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  const client = new Client(url, options);
  await client.open();
  return client;
}

/** Made by `connect`. Holds at most one seat at a time. */
export class Client {
  sessionId = "";
  /** The server's name and version, as it says. */
  server = "";
  /** The seat held now. */
  room: Room | null = null;
  /** Why the connection is over; null: it is not, or the client tries to come back. */
  closed: Closed | null = null;
  /** When to connect again to a server that stops; null: it has not said that it does. */
  retryAfterS: number | null = null;
  /** Called when the server says that it is going to stop, with the seconds that are left. */
  onDrain: ((endsInS: number) => void) | null = null;
  /** Called when the connection is over for good. */
  onClose: ((closed: Closed) => void) | null = null;
  /** The server's clock, as far as pings have told. */
  readonly clock = new ServerClock();
  private readonly _machine: Surroundings;
  private readonly _backoff: Backoff | null;
  private readonly _watchdog: Watchdog;
  private _connection: Connection;
  private _returning: Returning | null = null;
  private _pings = 0;
  private _pingedS = -Infinity;

  /** @internal */
  constructor(
    readonly url: string,
    private readonly _options: ConnectOptions,
  ) {
    this._machine = surroundings(_options);
    this._backoff = _options.comeback === undefined ? new Backoff() : _options.comeback;
    this._connection = new Connection(url, this._machine, this);
    this._watchdog = new Watchdog(
      this._machine,
      () => this._measure(),
      () => this._connection.drop("silence"),
    );
  }

  /** A seat in any room of the game, a new one if need be. Options go to the game. JoinRejected if there is none. */
  joinOrCreate(game: string, options: Options = {}): Promise<Room> {
    return this._seat(HOW_JOIN_OR_CREATE, game, options);
  }

  /** A seat in a new room of the game. */
  create(game: string, options: Options = {}): Promise<Room> {
    return this._seat(HOW_CREATE, game, options);
  }

  /** A seat in the room of this id. */
  join(roomId: string, options: Options = {}): Promise<Room> {
    return this._seat(HOW_BY_ID, roomId, options);
  }

  /** The round trip to the server in seconds; `clock` learns from it. */
  async ping(): Promise<number> {
    const nonce = (this._pings = (this._pings + 1) % 2 ** 32);
    const sentS = (this._pingedS = this._machine.nowS());
    await this._connection.ask(messages.ping(nonce), "ping", `pong ${nonce}`);
    return this._machine.nowS() - sentS;
  }

  /** Do not wait for the next try to come back. */
  retryNow(): void {
    this._returning?.retryNow();
  }

  /** Say goodbye and wait for the server to end the connection; after a while, end it without. */
  async close(): Promise<void> {
    const { _returning: returning, _connection: connection } = this;
    this._watchdog.stop();
    if (returning) {
      returning.stop();
      this._giveUp(connection.ended ?? new Closed(1000, "closed"));
    }
    await connection.close();
  }

  /** @internal Connect and say hello; `connect` does it. */
  async open(): Promise<void> {
    this._greeted(await this._connection.open(await this._hello(), this._options.timeoutS ?? 10));
  }

  // What a connection calls.

  /** @internal A message has arrived. */
  take(connection: Connection, message: ServerMessage): void {
    if (connection !== this._connection && !["welcome", "resumed", "rejected"].includes(message.kind)) return;
    this._watchdog.fed();
    switch (message.kind) {
      case "frame":
        return this._takeFrame(message);
      case "welcome":
        return connection.answer("welcome", message);
      case "pong":
        return this._takePong(connection, message);
      case "rejected": {
        const rejected = new JoinRejected(message.reason, message.detail, message.retryAfterS || null);
        connection.answer("seat", rejected);
        return connection.answer("resumed", rejected);
      }
      case "joined":
        return this._takeSeat(connection, message);
      case "seat_card":
        this.room?.takeCard(message);
        return connection.answer("seat", this.room);
      case "resumed":
        return this._takeSeatAgain(connection, message);
      case "left":
        return this._leaveSeat(message.reason);
      case "draining":
        this.retryAfterS = message.retryAfterS;
        return this.onDrain?.(message.endsInS);
    }
  }

  /** @internal The connection is over. */
  lost(connection: Connection, closed: Closed): void {
    if (connection !== this._connection) return;
    this._watchdog.stop();
    const { room, _backoff: backoff } = this;
    if (!room?.token.length || room.leftReason !== null || !backoff || this._returning || closed.comeback === "no") {
      return this._giveUp(closed);
    }
    room.dropped();
    const returning = new Returning(this._machine, backoff, this._machine.nowS() + room.graceS);
    this._returning = returning;
    void returning.run(closed, () => this._tryAgain(room)).then((isBack) => {
      if (!isBack && this._returning === returning) this._giveUp(closed);
    });
  }

  private _takeFrame(frame: messages.WireFrame): void {
    try {
      this.room?.receive(frame);
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      this._endSeat("fault", error);
      return this._connection.fault(error.message);
    }
    const everyS = this._options.pingEveryS ?? 2;
    const dueS = this._pings < FIRST_PINGS ? Math.min(FIRST_PINGS_EVERY_S, everyS) : everyS;
    if (everyS && this._machine.nowS() - this._pingedS >= dueS) this._measure();
  }

  private _measure(): void {
    this.ping().catch(() => undefined); // a lost connection is told in another way
  }

  private _takePong(connection: Connection, { nonce, timeUs }: messages.Pong): void {
    if (nonce === this._pings) this.clock.pong(this._pingedS, this._machine.nowS(), timeUs);
    connection.answer(`pong ${nonce}`, null);
  }

  private async _seat(how: number, target: string, options: Options): Promise<Room> {
    if (this.closed) throw this.closed;
    if (this.room) throw new ClientError(`leave room ${this.room.roomId} first`);
    if (this._connection.isAsking("seat")) throw new ClientError("a join is under way");
    return this._connection.ask<Room>(messages.join(how, target, options), "join", "seat");
  }

  private _takeSeat(connection: Connection, joined: Joined): void {
    try {
      this.room = new Room(joined, connection, this.clock, this._machine.nowS);
      this._watchdog.start(joined.tickHz);
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      connection.answer("seat", error);
      connection.fault(error.message);
    }
  }

  /** Connect anew and ask for the seat. */
  private async _tryAgain(room: Room): Promise<void> {
    const connection = new Connection(this.url, this._machine, this);
    const stop = this._machine.after(2 * TRY_TIMEOUT_S, () => connection.drop("no answer"));
    try {
      const welcome = await connection.open(await this._hello(), TRY_TIMEOUT_S);
      const question = messages.resume(room.roomId, room.playerId, room.token, room.state.tick);
      await connection.ask(question, "resume", "resumed");
      this._greeted(welcome);
    } catch (error) {
      connection.drop("no longer wanted");
      throw error;
    } finally {
      stop();
    }
  }

  /** At once, as frames follow. */
  private _takeSeatAgain(connection: Connection, resumed: Resumed): void {
    const { room } = this;
    if (!room || !this._returning || !connection.isAsking("resumed")) return connection.drop("no longer wanted");
    this._connection = connection;
    this._returning = null; // should this connection break at once, another way back begins
    connection.answer("resumed", resumed);
    room.returned(resumed, connection);
    this._watchdog.start(room.tickHz);
  }

  private _leaveSeat(reason: string): void {
    this._watchdog.stop();
    this._endSeat(reason, null);
  }

  private _endSeat(reason: string, error: Error | null): void {
    const { room } = this;
    this.room = null;
    room?.end(reason, error);
  }

  private _giveUp(closed: Closed): void {
    this._returning = null;
    this.closed = closed;
    this._endSeat("closed", closed);
    this.onClose?.(closed);
  }

  private _greeted({ sessionId, server }: Welcome): void {
    this.sessionId = sessionId;
    this.server = server;
  }

  private async _hello(): Promise<messages.Bytes> {
    const { name = "pelton-js", ticket = "" } = this._options;
    return messages.hello(name, typeof ticket === "string" ? ticket : await ticket());
  }
}
