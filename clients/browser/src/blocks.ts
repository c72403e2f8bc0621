/** Blocks of rows as they come in a frame, checked without knowing the replica. ServerFault if they are none. */

import { BadMessage, ServerFault } from "./errors.js";
import { accepts, Opaque, type Cell, type Column, type Numbers } from "./kinds.js";
import { isInt, type Value } from "./value.js";

const TWO_32 = 2 ** 32;

/** Values of one column in a block: of all its rows, or of those at `positions`. */
export interface Cells {
  readonly positions: ArrayLike<number> | null;
  readonly values: Numbers | readonly Cell[];
}

/** Some rows, by column; null stands for a column that did not change in any of them. */
export interface Block {
  readonly ids: ArrayLike<number>;
  readonly columns: readonly (Cells | null)[];
}

/** One block. Rows that entered have all columns, and all of each. */
export function readBlock(value: Value, columns: readonly Column[], entered: boolean): Block {
  if (!Array.isArray(value) || value.length !== columns.length + 2) {
    throw new ServerFault(`no block of ${columns.length} columns`);
  }
  const [count, raw, ...contents] = value as Value[];
  if (!isInt(count, 1) || !(raw instanceof Uint8Array)) throw new ServerFault("no rows or no ids");
  const ids = readIds(count, raw);
  const cells = contents.map((content, index) => {
    if (content === null && !entered) return null;
    try {
      return readCells(columns[index], content, count, entered);
    } catch (error) {
      if (error instanceof ServerFault || error instanceof BadMessage) {
        throw new ServerFault(`column ${columns[index].name}: ${error.message}`);
      }
      throw error;
    }
  });
  return { ids, columns: cells };
}

function readCells(column: Column, content: Value, count: number, entered: boolean): Cells {
  if (content instanceof Uint8Array) return { positions: null, values: readRaw(column, content, count) };
  if (!Array.isArray(content)) throw new ServerFault("no values");
  if (entered) return { positions: null, values: readList(column, content as Value[], count) };
  const [at, values, ...more] = content as Value[];
  if (!(at instanceof Uint8Array) || more.length) throw new ServerFault("no positions");
  const positions = readPositions(at, count);
  if (values instanceof Uint8Array) return { positions, values: readRaw(column, values, positions.length) };
  if (!Array.isArray(values)) throw new ServerFault("no values");
  return { positions, values: readList(column, values as Value[], positions.length) };
}

/** Values of fixed width; of a kind that is not known, of whatever width fits. */
function readRaw(column: Column, raw: Uint8Array, count: number): Numbers | Cell[] {
  if (!column.isKnown) {
    const width = count ? raw.length / count : 0;
    if (!Number.isInteger(width) || !width !== !count || (!count && raw.length)) {
      throw new ServerFault(`${raw.length} bytes for ${count} values`);
    }
    return Array.from({ length: count }, (_, index) => new Opaque(raw.slice(index * width, (index + 1) * width)));
  }
  if (!column.make || raw.length !== count * column.width) {
    throw new ServerFault(`${raw.length} bytes for ${count} values`);
  }
  const values = column.make(aligned(raw));
  if (column.kind === "bool" && values.some((value) => value > 1)) {
    throw new ServerFault("no bool");
  }
  if (column.kind[0] === "f" && !values.every(Number.isFinite)) throw new ServerFault("not finite");
  return values;
}

function readList(column: Column, values: readonly Value[], count: number): readonly Cell[] {
  if (column.make) throw new ServerFault("no bytes");
  if (values.length !== count) throw new ServerFault(`${values.length} values for ${count} rows`);
  return values.map((value) => {
    if (!accepts(column, value)) throw new ServerFault(`no ${column.kind}`);
    return value instanceof Uint8Array ? value.slice() : value; // a copy: the message need not be kept for it
  });
}

function readIds(count: number, raw: Uint8Array): ArrayLike<number> {
  const width = raw.length / count;
  let ids: ArrayLike<number>;
  if (width === 8) ids = readWide(raw);
  else if (width === 1 || width === 2 || width === 4) ids = readNarrow(raw, width);
  else throw new ServerFault(`${raw.length} bytes for ${count} ids`);
  checkAscending(ids);
  return ids;
}

function readPositions(raw: Uint8Array, count: number): ArrayLike<number> {
  const width = count <= 0x100 ? 1 : count <= 0x10000 ? 2 : 4;
  if (raw.length % width) throw new ServerFault(`${raw.length} bytes of positions`);
  const positions = readNarrow(raw, width);
  checkAscending(positions);
  if (positions.length && positions[positions.length - 1] >= count) {
    throw new ServerFault("a position beyond the rows");
  }
  return positions;
}

function readNarrow(raw: Uint8Array, width: 1 | 2 | 4): ArrayLike<number> {
  if (width === 1) return raw;
  return width === 2 ? new Uint16Array(aligned(raw)) : new Uint32Array(aligned(raw));
}

function readWide(raw: Uint8Array): ArrayLike<number> {
  const halves = new Uint32Array(aligned(raw));
  const ids = new Float64Array(halves.length / 2);
  for (let index = 0; index < ids.length; index++) ids[index] = halves[2 * index] + halves[2 * index + 1] * TWO_32;
  if (ids.length && !isInt(ids[ids.length - 1])) throw new ServerFault("an id beyond 2^53 - 1");
  return ids;
}

function checkAscending(numbers: ArrayLike<number>): void {
  for (let index = 1; index < numbers.length; index++) {
    if (numbers[index - 1] >= numbers[index]) throw new ServerFault("not ascending");
  }
}

/** The same bytes where a typed array may begin. All machines with browsers are little-endian, as the wire is. */
function aligned(raw: Uint8Array): ArrayBuffer {
  return raw.slice().buffer as ArrayBuffer;
}
