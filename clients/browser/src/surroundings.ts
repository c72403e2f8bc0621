/** What a client has of its machine: sockets, clock, randomness, timers. All of it can be given, for tests. */

import { ClientError } from "./errors.js";

/** A WebSocket, as far as it is used: that of browsers, and `ws` of Node. */
export interface Socket {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
}

/** The class of it. */
export type WebSocketClass = new (url: string, protocols: string[]) => Socket;

export interface Surroundings {
  readonly webSocket: WebSocketClass;
  /** A clock that never goes back, in seconds. */
  readonly nowS: () => number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  /** Calls back after so many seconds; what is returned calls it off. */
  readonly after: (seconds: number, call: () => void) => () => void;
  /** Calls back each time the network is there again; what is returned calls it off. */
  readonly online: (call: () => void) => () => void;
}

/** The machine's own, but for what is given. ClientError if there is no WebSocket. */
export function surroundings(given: Partial<Surroundings>): Surroundings {
  const webSocket = given.webSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (!webSocket) throw new ClientError("no WebSocket here; give connect() one as `webSocket`");
  return {
    webSocket,
    nowS: given.nowS ?? nowS,
    random: given.random ?? Math.random,
    after: given.after ?? after,
    online: given.online ?? online,
  };
}

/** The clock that clients go by unless another was given, in seconds. */
export function nowS(): number {
  return performance.now() / 1000;
}

function after(seconds: number, call: () => void): () => void {
  const timer = setTimeout(call, seconds * 1000);
  return () => clearTimeout(timer);
}

function online(call: () => void): () => void {
  const target = globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;
  target.addEventListener?.("online", call);
  return () => target.removeEventListener?.("online", call);
}
