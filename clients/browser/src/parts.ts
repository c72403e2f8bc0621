/** Parts of a frame, each what one group of a table has to say; checked as far as that goes without the replica. */

import { readBlock, type Block } from "./blocks.js";
import { ServerFault } from "./errors.js";
import type { TableShape } from "./kinds.js";
import { isInt, type Value } from "./value.js";

const PART_FIELDS = 8;
const NO_IDS: readonly number[] = [];

export interface Part {
  readonly table: number;
  readonly group: number;
  readonly whole: boolean;
  readonly removed: readonly number[];
  readonly moved: readonly number[];
  readonly entered: Block | null;
  readonly changed: Block | null;
  readonly digest: number | null;
}

/** One part. ServerFault if it can be of no room with such tables. */
export function readPart(value: Value, shapes: readonly TableShape[]): Part {
  const [table, group, whole, removed, moved, entered, changed, digest] = fields(value, PART_FIELDS);
  const place = readPlace(table, group, shapes);
  const { name, columns } = shapes[place[0]];
  if (typeof whole !== "boolean") throw new ServerFault(`${name}: neither whole nor not`);
  if (digest !== null && (!isInt(digest, 0) || digest >= 2 ** 32)) throw new ServerFault(`${name}: no digest`);
  try {
    return {
      table: place[0],
      group: place[1],
      whole,
      removed: readRowIds(removed),
      moved: readRowIds(moved),
      entered: entered === null ? null : readBlock(entered, columns, true),
      changed: changed === null ? null : readBlock(changed, columns, false),
      digest,
    };
  } catch (error) {
    if (!(error instanceof ServerFault)) throw error;
    throw new ServerFault(`${name}, group ${place[1]}: ${error.message}`);
  }
}

/** A group that is seen no longer: table and group. */
export function readHidden(value: Value, shapes: readonly TableShape[]): readonly [table: number, group: number] {
  const [table, group] = fields(value, 2);
  return readPlace(table, group, shapes);
}

function readPlace(table: Value, group: Value, shapes: readonly TableShape[]): [table: number, group: number] {
  if (!isInt(table, 0) || table >= shapes.length) {
    throw new ServerFault(`no table ${String(table)}`);
  }
  if (!isInt(group, 0)) throw new ServerFault(`no group ${String(group)}`);
  return [table, group];
}

function readRowIds(value: Value): readonly number[] {
  if (value === null) return NO_IDS;
  if (!Array.isArray(value) || !value.every((id) => isInt(id, 0))) throw new ServerFault("no row ids");
  return value as number[];
}

function fields(value: Value, length: number): readonly Value[] {
  if (!Array.isArray(value) || value.length !== length) throw new ServerFault(`no array of ${length}`);
  return value as Value[];
}
