/** Every message of pelton.v1: what the client writes, and the shapes of what it reads. SPEC, sections 3 and 4. */

import { BadAction } from "./errors.js";
import { Packer } from "./packer.js";
import type { Value, ValueMap } from "./value.js";

export const SUBPROTOCOL = "pelton.v1";
export const HOW_JOIN_OR_CREATE = 0;
export const HOW_CREATE = 1;
export const HOW_BY_ID = 2;
export const RESYNC_GROUPS_MAX = 64;

/** What a join may tell the game. */
export type Options = Readonly<Record<string, string | number | boolean | null>>;

/** A message's bytes. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** An action or event: its name and the names of its fields. */
export type Shape = readonly [name: string, fields: readonly string[]];

/** A table as `joined` tells it: name, `table` or `record`, columns. */
export type TableSpec = readonly [name: string, shape: string, columns: readonly (readonly Value[])[]];

export type Refusal = readonly [seq: number, reason: string];

/** A message of the server; `kind` is its name in the SPEC. */
export type ServerMessage = Welcome | Joined | Rejected | Left | WireFrame | Pong | SeatCard | Resumed | Draining;

export interface Welcome {
  readonly kind: "welcome";
  readonly sessionId: string;
  readonly server: string;
  readonly messageBytesMax: number;
}

export interface Joined {
  readonly kind: "joined";
  readonly roomId: string;
  readonly game: string;
  readonly playerId: number;
  readonly tickHz: number;
  readonly tick: number;
  readonly actions: readonly Shape[];
  readonly tables: readonly TableSpec[];
}

export interface Rejected {
  readonly kind: "rejected";
  readonly reason: string;
  readonly detail: string;
  /** 0: not told. */
  readonly retryAfterS: number;
}

export interface Left {
  readonly kind: "left";
  readonly reason: string;
}

/** A `frame` or an `event_frame`; the former has no events. */
export interface WireFrame {
  readonly kind: "frame";
  readonly ack: number;
  readonly refused: readonly Refusal[];
  readonly events: readonly (readonly Value[])[];
  readonly tick: number;
  readonly base: number;
  readonly hidden: readonly Value[];
  readonly parts: readonly Value[];
}

export interface Pong {
  readonly kind: "pong";
  readonly nonce: number;
  readonly timeUs: number;
}

export interface SeatCard {
  readonly kind: "seat_card";
  readonly events: readonly Shape[];
  readonly token: Uint8Array;
  readonly graceS: number;
}

export interface Resumed {
  readonly kind: "resumed";
  readonly tick: number;
  readonly received: number;
  readonly eventsLost: number;
  readonly token: Uint8Array;
}

export interface Draining {
  readonly kind: "draining";
  readonly endsInS: number;
  readonly retryAfterS: number;
}

/** The first message. A ticket is only sent if there is one. */
export function hello(client: string, ticket = ""): Bytes {
  return message(1, [...client].slice(0, 64).join(""), ...(ticket ? [ticket] : []));
}

/** Ask for a seat. BadAction if the target or the options are longer than the protocol allows. */
export function join(how: number, target: string, options: Options): Bytes {
  const entries = Object.entries(options);
  if (!target || !within(target, 64)) throw new BadAction("a game or room has 1 to 64 characters");
  if (entries.length > 16) throw new BadAction("more than 16 options");
  for (const [key, value] of entries) {
    if (!within(key, 32) || !within(String(value), 128)) throw new BadAction(`the option ${key} is too long`);
  }
  return message(2, how, target, options as ValueMap);
}

export const leave = (): Bytes => message(3);
export const act = (seq: number, action: readonly Value[], seen: number): Bytes => message(4, seq, action, seen);
export const ping = (nonce: number): Bytes => message(5, nonce);
export const verify = (): Bytes => message(6);
export const resync = (groups: readonly (readonly number[])[]): Bytes => message(7, groups);
export const heard = (tick: number): Bytes => message(8, tick);

/** Take a seat again whose connection was lost. */
export function resume(roomId: string, playerId: number, token: Uint8Array, tick: number): Bytes {
  return message(9, roomId, playerId, token, tick);
}

/** Whether a text has at most so many characters, which are code points to the server. */
function within(text: string, most: number): boolean {
  return text.length <= most || [...text].length <= most;
}

function message(...fields: Value[]): Bytes {
  return new Packer().value(fields).take();
}
