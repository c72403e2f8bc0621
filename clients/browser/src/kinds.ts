/** Kinds of columns: how wide a value is on the wire, and how it is read. Made of `joined.tables`, never changed. */

import { ServerFault } from "./errors.js";
import type { TableSpec } from "./messages.js";
import { pack } from "./packer.js";
import { unpack } from "./unpacker.js";
import type { Value } from "./value.js";

/** The values of a column of fixed width, as they travel. */
export type Numbers =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** A value of fixed width of a kind that this client does not know: its bytes, as they came. */
export class Opaque {
  constructor(readonly bytes: Uint8Array) {}
}

/** A value as it is kept: a number of fixed width, or what travels by itself. */
export type Cell = Value | Opaque;

type MakeNumbers = (from: ArrayBuffer) => Numbers;

export interface Column {
  readonly name: string;
  readonly kind: string;
  /** Makes an array of such values out of their bytes; null if they have no fixed width. */
  readonly make: MakeNumbers | null;
  /** Bytes a value; 0 if they differ. */
  readonly width: number;
  /** Whether this client knows what its values mean. */
  readonly isKnown: boolean;
  /** Of a quant: `low` and `step`. */
  readonly scale: readonly [low: number, step: number] | null;
}

export interface TableShape {
  readonly name: string;
  readonly isRecord: boolean;
  readonly columns: readonly Column[];
}

/** How deep a `json` value may nest; the server does not say. */
const JSON_DEPTH_MAX = 512;

const MAKERS: Readonly<Record<string, readonly [width: number, make: MakeNumbers]>> = {
  u8: [1, (from) => new Uint8Array(from)],
  u16: [2, (from) => new Uint16Array(from)],
  u32: [4, (from) => new Uint32Array(from)],
  i8: [1, (from) => new Int8Array(from)],
  i16: [2, (from) => new Int16Array(from)],
  i32: [4, (from) => new Int32Array(from)],
  f32: [4, (from) => new Float32Array(from)],
  f64: [8, (from) => new Float64Array(from)],
  bool: [1, (from) => new Uint8Array(from)],
};

/** The tables of a room. ServerFault if they make no sense. */
export function readShapes(tables: readonly TableSpec[]): readonly TableShape[] {
  return tables.map(([name, shape, columns]) => {
    if (shape !== "table" && shape !== "record") throw new ServerFault(`${name}: no shape ${shape}`);
    return { name, isRecord: shape === "record", columns: columns.map(readColumn) };
  });
}

function readColumn([name, kind, low, step, width]: readonly Value[]): Column {
  if (typeof name !== "string" || typeof kind !== "string") throw new ServerFault("no column");
  if (kind !== "quant") {
    const [bytes, make] = Object.hasOwn(MAKERS, kind) ? MAKERS[kind] : [0, null];
    const isKnown = make !== null || kind === "str" || kind === "bytes" || kind === "json";
    return { name, kind, make, width: bytes, isKnown, scale: null };
  }
  if (typeof low !== "number" || typeof step !== "number" || (width !== 1 && width !== 2 && width !== 4)) {
    throw new ServerFault(`${name}: no quant`);
  }
  return { name, kind, make: MAKERS[`u${8 * width}`][1], width, isKnown: true, scale: [low, step] };
}

/** Whether a value without a fixed width may stand in this column. */
export function accepts(column: Column, value: Value): boolean {
  if (column.kind === "str") return typeof value === "string";
  if (column.kind === "bytes") return value instanceof Uint8Array;
  if (column.kind !== "json") return !column.isKnown;
  if (value instanceof Uint8Array) unpack(value, false, JSON_DEPTH_MAX);
  return value instanceof Uint8Array;
}

/** What a program sees of a value that travelled. */
export function read(column: Column, cell: Cell): Value {
  if (typeof cell === "number") {
    if (column.scale) return column.scale[0] + cell * column.scale[1];
    return column.kind === "bool" ? cell !== 0 : cell;
  }
  if (cell instanceof Opaque) return cell.bytes;
  return column.kind === "json" ? unpack(cell as Uint8Array, false, JSON_DEPTH_MAX) : cell;
}

/** Whether two values are the same on the wire. */
export function isSame(one: Cell, other: Cell): boolean {
  if (typeof one !== "object" || typeof other !== "object") return Object.is(one, other);
  return String(packed(one)) === String(packed(other));
}

/** A value without a fixed width as digests have it. */
export function packed(cell: Cell): Uint8Array {
  return cell instanceof Opaque ? cell.bytes : pack(cell);
}

/** Whether the column holds numbers. */
export function isNumber({ make, kind }: Column): boolean {
  return make !== null && kind !== "bool";
}

/** Whether it holds fractions: floats or quants. */
export function isContinuous({ scale, kind }: Column): boolean {
  return scale !== null || kind === "f32" || kind === "f64";
}
