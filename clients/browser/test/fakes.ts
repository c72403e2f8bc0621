/** A machine without time or network: the test moves the clock, and is the server. */

import { pack } from "../src/packer.js";
import { unpack } from "../src/unpacker.js";
import { connect, type Client, type ConnectOptions } from "../src/client.js";
import type { Room } from "../src/room.js";
import type { Socket, Surroundings, WebSocketClass } from "../src/surroundings.js";
import type { Value } from "../src/value.js";

export const TOKEN = new Uint8Array(16).fill(7);

interface Timer {
  readonly atS: number;
  readonly call: () => void;
}

/** One connection, from the server's side. */
export class FakeSocket implements Socket {
  binaryType = "";
  bufferedAmount = 0;
  /** What the client has sent and nobody has looked at. */
  sent: Value[] = [];
  closedWith: number | null = null;
  private readonly listeners = new Map<string, ((event: never) => void)[]>();

  constructor(
    readonly url: string,
    readonly protocols: readonly string[],
  ) {}

  send(data: Uint8Array): void {
    this.sent.push(unpack(data));
  }

  close(code = 1005): void {
    this.closedWith ??= code;
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  emit(type: string, event: object = {}): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event as never);
  }

  /** The server sends a message. */
  deliver(...fields: Value[]): void {
    this.deliverBytes(pack(fields));
  }

  deliverBytes(bytes: Uint8Array): void {
    this.emit("message", { data: bytes.slice().buffer });
  }

  /** The connection ends. */
  end(code: number, reason = ""): void {
    this.emit("close", { code, reason });
  }

  /** What was sent since the last time. */
  take(): Value[] {
    return this.sent.splice(0);
  }

  welcome(): void {
    this.emit("open");
    this.deliver(16, "session", "pelton/0.1.0", 4096);
  }
}

/** Clock, timers, chance and network. */
export class FakeMachine {
  timeS = 100;
  chance = 0.5;
  readonly sockets: FakeSocket[] = [];
  private timers: Timer[] = [];
  private readonly watchers = new Set<() => void>();

  get surroundings(): Surroundings {
    const { sockets } = this;
    class Maker extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    return {
      webSocket: Maker as unknown as WebSocketClass,
      nowS: () => this.timeS,
      random: () => this.chance,
      after: (seconds, call) => {
        const timer = { atS: this.timeS + seconds, call };
        this.timers.push(timer);
        return () => void (this.timers = this.timers.filter((one) => one !== timer));
      },
      online: (call) => {
        this.watchers.add(call);
        return () => void this.watchers.delete(call);
      },
    };
  }

  /** The newest connection. */
  get socket(): FakeSocket {
    return this.sockets[this.sockets.length - 1];
  }

  /** Time passes, and what is due is called. */
  async pass(seconds: number): Promise<void> {
    const untilS = this.timeS + seconds;
    for (;;) {
      await settle();
      const due = this.timers.filter(({ atS }) => atS <= untilS).sort((one, other) => one.atS - other.atS)[0];
      if (!due) break;
      this.timers = this.timers.filter((one) => one !== due);
      this.timeS = Math.max(this.timeS, due.atS);
      due.call();
    }
    this.timeS = untilS;
    await settle();
  }

  goOnline(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  get watching(): number {
    return this.watchers.size;
  }

  /** When the next timer is due, in seconds from now. */
  get nextS(): number {
    return Math.min(...this.timers.map(({ atS }) => atS)) - this.timeS;
  }
}

/** All that is waiting for nothing but its turn has had it. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface Seat {
  readonly machine: FakeMachine;
  readonly client: Client;
  readonly room: Room;
  readonly socket: FakeSocket;
}

/** A client that has said hello. */
export async function greeted(options: ConnectOptions = {}): Promise<Omit<Seat, "room">> {
  const machine = new FakeMachine();
  const opening = connect("ws://here/", { ...machine.surroundings, pingEveryS: 0, ...options });
  await settle();
  machine.socket.welcome();
  return { machine, client: await opening, socket: machine.socket };
}

/** A client with a seat in a room of one table, which has had its first frame. */
export async function seated(options: ConnectOptions = {}): Promise<Seat> {
  const { machine, client, socket } = await greeted(options);
  const joining = client.joinOrCreate("dots", { name: "Ada" });
  await settle();
  socket.deliver(17, "r00m", "dots", 3, 20, 1, [["move", ["dx"]], ["shoot", []]], [["dots", "table", [["x", "u8"]]]]);
  socket.deliver(22, [["hit", ["by"]]], TOKEN, 30);
  const room = await joining;
  socket.deliver(20, 0, [], 1, 0, [], [keyframe(10)]);
  socket.take();
  return { machine, client, room, socket };
}

/** The part that has dot 3 at x, and nothing else. */
export function keyframe(x: number): Value {
  return [0, 0, true, null, null, [1, Uint8Array.of(3), Uint8Array.of(x)], null, null];
}

/** The part that moves dot 3 to x. */
export function moved(x: number, digest: number | null = null): Value {
  return [0, 0, false, null, null, null, [1, Uint8Array.of(3), Uint8Array.of(x)], digest];
}
