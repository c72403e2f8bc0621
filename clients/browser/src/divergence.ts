/** Where a replica was not what the server has, once the server has sent the group in question anew. */

import type { Row } from "./table.js";
import type { Value } from "./value.js";

const PATHS_MAX = 64;

/** A group whose digest was not the server's, compared with what the server then sent. */
export interface Divergence {
  readonly table: string;
  readonly group: number;
  /** Where they differ: `["ships[7].x", 3.5, 4]`, or a row that only one of both has; the first 64. */
  readonly paths: readonly Difference[];
  /** The last tick at which both had the same; 0 if never. */
  readonly agreedTick: number;
  /** Of the frame that brought the group anew. */
  readonly tick: number;
}

export type Difference = readonly [path: string, mine: Value | undefined, theirs: Value | undefined];

/** Paths and both values of rows that are not the same. */
export function findDifferences(
  table: string,
  mine: ReadonlyMap<number, Row>,
  theirs: ReadonlyMap<number, Row>,
): Difference[] {
  const found: Difference[] = [];
  for (const id of new Set([...mine.keys(), ...theirs.keys()])) {
    const [old, now] = [mine.get(id), theirs.get(id)];
    if (!old || !now) found.push([`${table}[${id}]`, old, now]);
    else {
      for (const name of Object.keys(now)) {
        if (JSON.stringify(old[name]) !== JSON.stringify(now[name])) {
          found.push([`${table}[${id}].${name}`, old[name], now[name]]);
        }
      }
    }
    if (found.length >= PATHS_MAX) break;
  }
  return found.slice(0, PATHS_MAX);
}
