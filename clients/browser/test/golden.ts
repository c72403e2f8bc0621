/** The golden vectors, as values of this client. See protocol/vectors/README.md. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { Float, type Value } from "../src/value.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface MessageVector {
  name: string;
  direction: "client" | "server";
  value: Json[];
  hex: Json;
  canonical?: boolean;
}

export interface HostileVector {
  name: string;
  direction: "client" | "server";
  where: "message" | "action";
  hex?: Json;
  repeat?: { prefix: string; unit: string; times: number; suffix: string };
  why: string;
}

export interface FrameVector {
  frame: Json;
  tick: number;
  rows: [number, number, Json[]][];
  groups: [number, number, number[], number][];
  removed: [number, number][];
  added: [number, number][];
  changed: [number, number, string[]][];
  wrong?: [number, number][];
  fault?: string;
}

export interface StateVector {
  name: string;
  tables: Json[];
  frames: FrameVector[];
}

/** One of the files. */
export function vectors<T>(name: string): T[] {
  const folder = env["PELTON_VECTORS"];
  if (!folder) throw new Error("PELTON_VECTORS is not set: where are protocol/vectors?");
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as T[];
}

/** The value; floats that are whole as `Float` if `exact`. */
export function value(json: Json, exact = true): Value {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map((one) => value(one, exact));
  const { f, m, b, count } = json;
  if (f !== undefined) {
    const number = Number(f);
    return exact && Number.isInteger(number) ? new Float(number) : number;
  }
  if (m !== undefined) {
    return Object.fromEntries((m as [string, Json][]).map(([key, one]) => [key, value(one, exact)]));
  }
  return b === undefined ? counted(count as number[]) : fromHex(b as string);
}

/** The bytes that a vector's `hex` stands for. */
export function bytes(hex: Json): Uint8Array {
  const pieces = Array.isArray(hex) ? hex : [hex];
  return joined(pieces.map((piece) => (typeof piece === "string" ? fromHex(piece) : (value(piece) as Uint8Array))));
}

/** What a hostile vector sends. */
export function hostileBytes(vector: HostileVector): Uint8Array {
  if (!vector.repeat) return bytes(vector.hex ?? "");
  const { prefix, unit, times, suffix } = vector.repeat;
  return fromHex(prefix + unit.repeat(times) + suffix);
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function counted([first, count, width]: number[]): Uint8Array {
  const made = Buffer.alloc(count * width);
  for (let index = 0; index < count; index++) made.writeUIntLE(first + index, index * width, Math.min(width, 6));
  return Uint8Array.from(made);
}

function joined(pieces: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(pieces));
}
