/** Reads the server's messages. Whatever is not exactly one of them is a BadMessage. What is in parts, the replica reads. */

import { BadMessage } from "./errors.js";
import type { Refusal, ServerMessage, Shape, TableSpec, WireFrame } from "./messages.js";
import { unpack } from "./unpacker.js";
import { Float, isInt, type Value } from "./value.js";

type Fields = readonly Value[];

/** The message that these bytes are. */
export function decodeServer(bytes: Uint8Array): ServerMessage {
  const fields = list(unpack(bytes, true), "the message");
  const number = fields[0];
  switch (number) {
    case 16:
      count(fields, 4);
      return { kind: "welcome", sessionId: text(fields[1]), server: text(fields[2]), messageBytesMax: int(fields[3]) };
    case 17:
      return joined(fields);
    case 18:
      count(fields, 3, 4);
      return {
        kind: "rejected",
        reason: text(fields[1]),
        detail: text(fields[2]),
        retryAfterS: fields.length > 3 ? real(fields[3]) : null,
      };
    case 19:
      count(fields, 2);
      return { kind: "left", reason: text(fields[1]) };
    case 20:
      count(fields, 7);
      return frame(fields, [], 3);
    case 21:
      count(fields, 3);
      return { kind: "pong", nonce: int(fields[1]), timeUs: int(fields[2]) };
    case 22:
      count(fields, 4);
      return { kind: "seat_card", events: shapes(fields[1]), token: bin(fields[2]), graceS: real(fields[3]) };
    case 23:
      count(fields, 5);
      return {
        kind: "resumed",
        tick: int(fields[1]),
        received: int(fields[2]),
        eventsLost: int(fields[3]),
        token: bin(fields[4]),
      };
    case 24:
      count(fields, 8);
      return frame(fields, list(fields[3], "events").map(event), 4);
    case 25:
      count(fields, 3);
      return { kind: "draining", endsInS: real(fields[1]), retryAfterS: real(fields[2]) };
    default:
      throw new BadMessage("no message that a server sends");
  }
}

function joined(fields: Fields): ServerMessage {
  count(fields, 8);
  return {
    kind: "joined",
    roomId: text(fields[1]),
    game: text(fields[2]),
    playerId: int(fields[3]),
    tickHz: real(fields[4]),
    tick: int(fields[5]),
    actions: shapes(fields[6]),
    tables: list(fields[7], "tables").map(table),
  };
}

/** The fields of a frame, of which those that all clients share begin at `shared`. */
function frame(fields: Fields, events: readonly Fields[], shared: number): WireFrame {
  const [tick, base, hidden, parts] = fields.slice(shared);
  return {
    kind: "frame",
    ack: int(fields[1]),
    refused: list(fields[2], "refusals").map(refusal),
    events,
    tick: int(tick),
    base: int(base),
    hidden: list(hidden, "hidden groups"),
    parts: list(parts, "parts"),
  };
}

function refusal(value: Value): Refusal {
  const [seq, reason, ...more] = list(value, "a refusal");
  if (more.length) throw new BadMessage("a refusal of more than two fields");
  return [int(seq), text(reason)];
}

function event(value: Value): Fields {
  const fields = list(value, "an event");
  text(fields[0]);
  return fields.map(plain);
}

function shapes(value: Value): Shape[] {
  return list(value, "actions or events").map((shape) => {
    const fields = list(shape, "an action or event");
    count(fields, 2);
    return [text(fields[0]), list(fields[1], "names").map(text)];
  });
}

function table(value: Value): TableSpec {
  const fields = list(value, "a table");
  count(fields, 3);
  const columns = list(fields[2], "columns").map((column) => list(plain(column), "a column"));
  return [text(fields[0]), text(fields[1]), columns];
}

/** Floats that are whole as plain numbers: whoever reads them does not care. */
function plain(value: Value): Value {
  if (value instanceof Float) return value.value;
  return Array.isArray(value) ? value.map(plain) : value;
}

function count(fields: Fields, least: number, most: number = least): void {
  if (fields.length < least || fields.length > most) throw new BadMessage(`${fields.length} fields, not ${most}`);
}

function list(value: Value | undefined, what: string): Fields {
  if (!Array.isArray(value)) throw new BadMessage(`${what}: no array`);
  return value;
}

function text(value: Value | undefined): string {
  if (typeof value !== "string") throw new BadMessage("no text where one belongs");
  return value;
}

function int(value: Value | undefined): number {
  if (!isInt(value, 0)) throw new BadMessage("no integer from 0 to 2^53 - 1 where one belongs");
  return value;
}

function real(value: Value | undefined): number {
  const number = value instanceof Float ? value.value : value;
  if (typeof number !== "number") throw new BadMessage("no number where one belongs");
  return number;
}

function bin(value: Value | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new BadMessage("no bytes where they belong");
  return value.slice(); // it is kept for longer than the message it came in
}
