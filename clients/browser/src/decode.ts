/** Reads the server's messages. What is not exactly one of them is a BadMessage. Parts are read by the replica. */

import { BadMessage } from "./errors.js";
import type { Refusal, ServerMessage, Shape, TableSpec } from "./messages.js";
import { unpack } from "./unpacker.js";
import { Float, isInt, type Value } from "./value.js";

type Fields = readonly Value[];
type Reader = (value: Value | undefined) => unknown;
type Layout = readonly [kind: ServerMessage["kind"], ...fields: (readonly [name: string, read: Reader])[]];

/** What follows the number of each message; the names are those of `messages.ts`. */
const LAYOUTS: Readonly<Record<number, Layout>> = {
  16: ["welcome", ["sessionId", text], ["server", text], ["messageBytesMax", int]],
  17: [
    "joined",
    ["roomId", text],
    ["game", text],
    ["playerId", int],
    ["tickHz", real],
    ["tick", int],
    ["actions", many(shape)],
    ["tables", many(table)],
  ],
  18: ["rejected", ["reason", text], ["detail", text], ["retryAfterS", real]],
  19: ["left", ["reason", text]],
  20: [
    "frame",
    ["ack", int],
    ["refused", many(refusal)],
    ["tick", int],
    ["base", int],
    ["hidden", list],
    ["parts", list],
  ],
  21: ["pong", ["nonce", int], ["timeUs", int]],
  22: ["seat_card", ["events", many(shape)], ["token", bin], ["graceS", real]],
  23: ["resumed", ["tick", int], ["received", int], ["eventsLost", int], ["token", bin]],
  24: [
    "frame",
    ["ack", int],
    ["refused", many(refusal)],
    ["events", many(event)],
    ["tick", int],
    ["base", int],
    ["hidden", list],
    ["parts", list],
  ],
  25: ["draining", ["endsInS", real], ["retryAfterS", real]],
};

/** The message that these bytes are. */
export function decodeServer(bytes: Uint8Array): ServerMessage {
  const [number, ...fields] = list(unpack(bytes, true));
  const layout = isInt(number) ? LAYOUTS[number] : undefined;
  if (!layout) throw new BadMessage("no such message");
  const [kind, ...readers] = layout;
  count(fields, kind === "rejected" ? readers.length - 1 : readers.length, readers.length);
  const message: Record<string, unknown> = { kind };
  readers.forEach(([name, read], index) => (message[name] = index < fields.length ? read(fields[index]) : 0));
  if (kind === "frame") message["events"] ??= [];
  return message as unknown as ServerMessage;
}

function many(reader: Reader): Reader {
  return (value) => list(value).map((element) => reader(element));
}

function refusal(value: Value | undefined): Refusal {
  const fields = list(value);
  count(fields, 2);
  return [int(fields[0]), text(fields[1])];
}

function event(value: Value | undefined): Fields {
  const fields = list(value);
  text(fields[0]);
  return fields.map(plain);
}

function shape(value: Value | undefined): Shape {
  const fields = list(value);
  count(fields, 2);
  return [text(fields[0]), list(fields[1]).map(text)];
}

function table(value: Value | undefined): TableSpec {
  const fields = list(value);
  count(fields, 3);
  return [text(fields[0]), text(fields[1]), list(fields[2]).map((column) => list(plain(column)))];
}

/** Floats that are whole as plain numbers: whoever reads them does not care. */
function plain(value: Value): Value {
  if (value instanceof Float) return value.value;
  return Array.isArray(value) ? value.map(plain) : value;
}

function count(fields: Fields, least: number, most = least): void {
  if (fields.length < least || fields.length > most) throw new BadMessage(`${fields.length} fields, not ${most}`);
}

function list(value: Value | undefined): Fields {
  if (!Array.isArray(value)) throw new BadMessage("no array");
  return value;
}

function text(value: Value | undefined): string {
  if (typeof value !== "string") throw new BadMessage("no text");
  return value;
}

function int(value: Value | undefined): number {
  if (!isInt(value, 0)) throw new BadMessage("no integer");
  return value;
}

function real(value: Value | undefined): number {
  const number = value instanceof Float ? value.value : value;
  if (typeof number !== "number") throw new BadMessage("no number");
  return number;
}

function bin(value: Value | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new BadMessage("no bytes");
  return value.slice(); // it is kept for longer than the message it came in
}
