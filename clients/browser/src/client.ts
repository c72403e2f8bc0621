/** A client of a server: asks for seats, and comes back by itself when its connection is lost. */

import { Backoff } from "./backoff.js";
import { ServerClock } from "./clock.js";
import { Connection, type Owner } from "./connection.js";
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
export class Client implements Owner {
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
  private readonly machine: Surroundings;
  private readonly backoff: Backoff | null;
  private readonly watchdog: Watchdog;
  private connection: Connection;
  private returning: Returning | null = null;
  private pings = 0;
  private pingedS = -Infinity;

  /** @internal */
  constructor(
    readonly url: string,
    private readonly options: ConnectOptions,
  ) {
    const { webSocket, nowS, random, after, online } = options;
    const given = Object.entries({ webSocket, nowS, random, after, online }).filter(([, one]) => one !== undefined);
    this.machine = surroundings(Object.fromEntries(given) as Partial<Surroundings>);
    this.backoff = options.comeback === undefined ? new Backoff() : options.comeback;
    this.connection = new Connection(url, this.machine, this);
    this.watchdog = new Watchdog(this.machine, () => this.connection.drop("no frame for too long"));
  }

  /** A seat in any room of the game, a new one if need be. Options go to the game. JoinRejected if there is none. */
  joinOrCreate(game: string, options: Options = {}): Promise<Room> {
    return this.seat(HOW_JOIN_OR_CREATE, game, options);
  }

  /** A seat in a new room of the game. */
  create(game: string, options: Options = {}): Promise<Room> {
    return this.seat(HOW_CREATE, game, options);
  }

  /** A seat in the room of this id. */
  join(roomId: string, options: Options = {}): Promise<Room> {
    return this.seat(HOW_BY_ID, roomId, options);
  }

  /** The round trip to the server in seconds; `clock` learns from it. */
  async ping(): Promise<number> {
    const nonce = (this.pings = (this.pings + 1) % 2 ** 32);
    const sentS = (this.pingedS = this.machine.nowS());
    await this.connection.ask(messages.ping(nonce), "ping", `pong ${nonce}`);
    return this.machine.nowS() - sentS;
  }

  /** Do not wait for the next try to come back. */
  retryNow(): void {
    this.returning?.retryNow();
  }

  /** Say goodbye and wait for the server to end the connection; after a while, end it without. */
  async close(): Promise<void> {
    const { returning, connection } = this;
    this.watchdog.stop();
    if (returning) {
      returning.stop();
      this.giveUp(connection.ended ?? new Closed(1000, "closed"));
    }
    await connection.close();
  }

  /** @internal Connect and say hello; `connect` does it. */
  async open(): Promise<void> {
    this.greeted(await this.connection.open(await this.hello(), this.options.timeoutS ?? 10));
  }

  // What a connection calls.

  /** @internal A message has arrived. */
  take(connection: Connection, message: ServerMessage): void {
    if (connection !== this.connection && !["welcome", "resumed", "rejected"].includes(message.kind)) return;
    switch (message.kind) {
      case "frame":
        return this.takeFrame(message);
      case "welcome":
        return connection.answer("welcome", message);
      case "pong":
        return this.takePong(connection, message);
      case "rejected": {
        const rejected = new JoinRejected(message.reason, message.detail, message.retryAfterS);
        connection.answer("seat", rejected);
        return connection.answer("resumed", rejected);
      }
      case "joined":
        return this.takeSeat(connection, message);
      case "seat_card":
        this.room?.takeCard(message);
        return connection.answer("seat", this.room);
      case "resumed":
        return this.takeSeatAgain(connection, message);
      case "left":
        return this.leaveSeat(message.reason);
      case "draining":
        this.retryAfterS = message.retryAfterS;
        return this.onDrain?.(message.endsInS);
    }
  }

  /** @internal The connection is over. */
  lost(connection: Connection, closed: Closed): void {
    if (connection !== this.connection) return;
    this.watchdog.stop();
    const { room, backoff } = this;
    if (!room?.token.length || room.leftReason !== null || !backoff || this.returning || closed.comeback === "no") {
      return this.giveUp(closed);
    }
    room.dropped();
    const returning = new Returning(this.machine, backoff, this.machine.nowS() + room.graceS);
    this.returning = returning;
    void returning.run(closed, () => this.tryAgain(room)).then((isBack) => {
      if (!isBack && this.returning === returning) this.giveUp(closed);
    });
  }

  private takeFrame(frame: messages.WireFrame): void {
    this.watchdog.fed();
    try {
      this.room?.receive(frame);
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      this.endSeat("fault", error);
      return this.connection.fault(error.message);
    }
    const everyS = this.options.pingEveryS ?? 2;
    const dueS = this.pings < FIRST_PINGS ? Math.min(FIRST_PINGS_EVERY_S, everyS) : everyS;
    if (everyS && this.machine.nowS() - this.pingedS >= dueS) {
      this.ping().catch(() => undefined); // a lost connection is told in another way
    }
  }

  private takePong(connection: Connection, { nonce, timeUs }: messages.Pong): void {
    if (nonce === this.pings) this.clock.pong(this.pingedS, this.machine.nowS(), timeUs);
    connection.answer(`pong ${nonce}`, null);
  }

  private async seat(how: number, target: string, options: Options): Promise<Room> {
    if (this.closed) throw this.closed;
    if (this.room) throw new ClientError(`this connection has a seat in room ${this.room.roomId}; leave it first`);
    if (this.connection.isAsking("seat")) throw new ClientError("a join is under way; wait for its answer");
    return this.connection.ask<Room>(messages.join(how, target, options), "join", "seat");
  }

  private takeSeat(connection: Connection, joined: Joined): void {
    try {
      this.room = new Room(joined, connection, this.clock, this.machine.nowS);
      this.watchdog.start(joined.tickHz);
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      connection.answer("seat", error);
      connection.fault(`the server offered a room that is none: ${error.message}`);
    }
  }

  /** Connect anew and ask for the seat. */
  private async tryAgain(room: Room): Promise<void> {
    const connection = new Connection(this.url, this.machine, this);
    const stop = this.machine.after(2 * TRY_TIMEOUT_S, () => connection.drop("no answer in time"));
    try {
      const welcome = await connection.open(await this.hello(), TRY_TIMEOUT_S);
      const question = messages.resume(room.roomId, room.playerId, room.token, room.state.tick);
      await connection.ask(question, "resume", "resumed");
      this.greeted(welcome);
    } catch (error) {
      connection.drop("no longer wanted");
      throw error;
    } finally {
      stop();
    }
  }

  /** At once, as frames follow. */
  private takeSeatAgain(connection: Connection, resumed: Resumed): void {
    const { room } = this;
    if (!room || !this.returning || !connection.isAsking("resumed")) return connection.drop("no longer wanted");
    this.connection = connection;
    this.returning = null; // should this connection break at once, another way back begins
    connection.answer("resumed", resumed);
    room.returned(resumed, connection);
    this.watchdog.start(room.tickHz);
  }

  private leaveSeat(reason: string): void {
    this.watchdog.stop();
    this.endSeat(reason, null);
  }

  private endSeat(reason: string, error: Error | null): void {
    const { room } = this;
    this.room = null;
    room?.end(reason, error);
  }

  private giveUp(closed: Closed): void {
    this.returning = null;
    this.closed = closed;
    this.endSeat("closed", closed);
    this.onClose?.(closed);
  }

  private greeted({ sessionId, server }: Welcome): void {
    this.sessionId = sessionId;
    this.server = server;
  }

  private async hello(): Promise<messages.Bytes> {
    const { name = "pelton-js", ticket = "" } = this.options;
    return messages.hello(name, typeof ticket === "string" ? ticket : await ticket());
  }
}
