/**
 * A bad network, in the page: WebSockets whose messages are held up on the way, in order, as TCP does. What is lost
 * there comes late, and all that is behind it as well.
 */

import type { Socket, WebSocketClass } from "../src/index.js";

export interface Conditions {
  /** There and back. */
  latencyMs: number;
  /** Up to so much more, at random. */
  jitterMs: number;
  /** Of 100 messages, how many have to be sent again. */
  lossPercent: number;
}

/** What sending again takes, at least: the timer of TCP. */
const RESEND_MS = 200;
const NO_ROUTE_MS = 300;
const LOST = 1006;

/** The line of all sockets that its class makes. */
export class Line {
  readonly conditions: Conditions = { latencyMs: 0, jitterMs: 0, lossPercent: 0 };
  /** To be given to `connect`. */
  readonly webSocket: WebSocketClass;
  private _cutUntilMs = 0;
  private readonly _waiting = new Set<() => void>();

  constructor() {
    const line = this;
    this.webSocket = class extends ShapedSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, line);
      }
    };
  }

  /** Nothing passes for so long, and nobody can connect. */
  cut(ms: number): void {
    this._cutUntilMs = performance.now() + ms;
    setTimeout(() => {
      if (!this.cutMs) for (const call of [...this._waiting]) call();
    }, ms);
  }

  /** How long nothing will pass yet. */
  get cutMs(): number {
    return Math.max(0, this._cutUntilMs - performance.now());
  }

  /** Calls back each time the network is there again: this one, or the machine's. For `connect`. */
  readonly online = (call: () => void): (() => void) => {
    this._waiting.add(call);
    addEventListener("online", call);
    return () => {
      this._waiting.delete(call);
      removeEventListener("online", call);
    };
  };

  /** How long a message takes now, one way. */
  delayMs(): number {
    const { latencyMs, jitterMs, lossPercent } = this.conditions;
    const isLost = Math.random() * 100 < lossPercent;
    return latencyMs / 2 + (Math.random() * jitterMs) / 2 + (isLost ? RESEND_MS + latencyMs : 0) + this.cutMs;
  }
}

/** One direction of a socket. */
class Pipe<T> {
  private readonly _queue: { readonly item: T; readonly atMs: number }[] = [];
  private _isOpen = true;

  constructor(
    private readonly _line: Line,
    private readonly _out: (item: T) => void,
  ) {}

  put(item: T): void {
    if (!this._isOpen) return;
    const delayMs = this._line.delayMs();
    if (!delayMs && !this._queue.length) return this._out(item);
    const atMs = Math.max(this._queue.at(-1)?.atMs ?? 0, performance.now() + delayMs);
    if (this._queue.push({ item, atMs }) === 1) this._wait(atMs);
  }

  /** Whatever is still on its way never arrives. */
  shut(): void {
    this._isOpen = false;
    this._queue.length = 0;
  }

  private _wait(atMs: number): void {
    setTimeout(() => this._pour(), Math.max(0, Math.max(atMs - performance.now(), this._line.cutMs)));
  }

  private _pour(): void {
    while (this._queue.length && this._queue[0].atMs <= performance.now() && !this._line.cutMs) {
      this._out((this._queue.shift() as { item: T }).item);
    }
    if (this._queue.length) this._wait(this._queue[0].atMs);
  }
}

interface Heard {
  open: () => void;
  error: () => void;
  message: (event: { data: unknown }) => void;
  close: (event: { code: number; reason: string }) => void;
}

/** A WebSocket on a line. */
class ShapedSocket implements Socket {
  private readonly _real: WebSocket | null = null;
  private readonly _outward: Pipe<Uint8Array<ArrayBuffer>>;
  private readonly _inward: Pipe<() => void>;
  private readonly _listeners: { [K in keyof Heard]: Heard[K][] } = { open: [], error: [], message: [], close: [] };
  private _isOver = false;

  constructor(
    url: string,
    protocols: string[],
    private readonly _line: Line,
  ) {
    this._outward = new Pipe(_line, (data) => this._real?.readyState === WebSocket.OPEN && this._real.send(data));
    this._inward = new Pipe(_line, (tell) => tell());
    if (_line.cutMs) {
      setTimeout(() => this._end(LOST, "no route"), NO_ROUTE_MS);
      return;
    }
    const real = (this._real = new WebSocket(url, protocols));
    real.binaryType = "arraybuffer";
    real.onopen = () => this._inward.put(() => this._listeners.open.forEach((listener) => listener()));
    real.onmessage = ({ data }) => this._inward.put(() => this._listeners.message.forEach((listener) => listener({ data })));
    real.onclose = ({ code, reason }) => this._inward.put(() => this._end(code, reason));
  }

  get binaryType(): string {
    return "arraybuffer";
  }

  set binaryType(_: string) {
    // it is that already
  }

  get bufferedAmount(): number {
    return this._real?.bufferedAmount ?? 0;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this._outward.put(data.slice());
  }

  /** A goodbye takes the same line: the server hears it late, or not before the line is whole again. */
  close(code?: number, reason?: string): void {
    const { _real: real } = this;
    setTimeout(() => real?.close(code, reason), this._line.delayMs());
    if (code === undefined) this._outward.shut();
  }

  addEventListener<K extends keyof Heard>(type: K, listener: Heard[K]): void {
    this._listeners[type].push(listener);
  }

  private _end(code: number, reason: string): void {
    if (this._isOver) return;
    this._isOver = true;
    this._outward.shut();
    this._inward.shut();
    this._listeners.close.forEach((listener) => listener({ code, reason }));
  }
}
