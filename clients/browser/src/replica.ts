/**
 * The client's copy of a room's state, rebuilt from frames, and proved by digests. What a frame does, and in which
 * order, is told in section 5 of the SPEC. After a frame that does not fit, the replica is of no more use.
 */

import { findDifferences, type Divergence } from "./divergence.js";
import { BadMessage, ClientError, ServerFault } from "./errors.js";
import { readShapes, type TableShape } from "./kinds.js";
import type { TableSpec, WireFrame } from "./messages.js";
import { readHidden, readPart, type Part } from "./parts.js";
import { ReplicaTable, type Row } from "./table.js";

/** A group to ask for: table, group, and when it last agreed. */
export type Doubt = readonly [table: number, group: number, agreedTick: number];

/** What a frame's digests told. */
export interface Applied {
  digests: number;
  /** Groups that differ from now on and are to be asked for. */
  doubts: Doubt[];
  /** All groups that differ, those asked for before among them: table and group. */
  differing: [table: number, group: number][];
  divergences: Divergence[];
}

/** A group in doubt that comes whole: when it last agreed, and its rows as they are here. */
type Suspect = readonly [table: number, group: number, agreedTick: number, mine: ReadonlyMap<number, Row>];

/** A room's tables by name. Right as of `tick`. */
export class Replica {
  tick = 0;
  readonly tables: readonly ReplicaTable[];
  private readonly _shapes: readonly TableShape[];
  /** By table and group, those that were asked for, with the tick at which they last agreed. */
  private readonly _doubted = new Map<string, number>();

  constructor(tables: readonly TableSpec[]) {
    this._shapes = readShapes(tables);
    this.tables = this._shapes.map((shape) => new ReplicaTable(shape));
  }

  /** The table of this name, also of a record. ClientError if there is none. */
  table<R = Row>(name: string): ReplicaTable<R> {
    const table = this.tables.find((one) => one.name === name);
    if (table) return table as unknown as ReplicaTable<R>;
    throw new ClientError(`no table ${name} (known: ${this.tables.map((one) => one.name).join(", ") || "none"})`);
  }

  /** The one row of a record; undefined while it is not in sight. */
  record<R = Row>(name: string): R | undefined {
    return this.table<R>(name).get(0);
  }

  /** @internal Take in a frame's state. ServerFault if it does not follow from what is here. */
  apply({ tick, base, hidden, parts }: Pick<WireFrame, "tick" | "base" | "hidden" | "parts">): Applied {
    if (base && (base !== this.tick || tick <= base)) {
      throw new ServerFault(`tick ${tick} builds on ${base}, not on ${this.tick}`);
    }
    try {
      const read = parts.map((part) => readPart(part, this._shapes));
      const unseen = hidden.map((group) => readHidden(group, this._shapes));
      return this._takeIn(tick, base === 0 ? this._allGroups() : unseen, read, base === 0);
    } catch (error) {
      if (!(error instanceof ServerFault || error instanceof BadMessage)) throw error;
      throw new ServerFault(`tick ${tick}: ${error.message}`);
    }
  }

  /** @internal The group could not be asked for; the next digest will tell again. */
  forgetDoubt([table, group]: Doubt): void {
    this._doubted.delete(place(table, group));
  }

  private _takeIn(
    tick: number,
    hidden: readonly (readonly [number, number])[],
    parts: readonly Part[],
    isKeyframe: boolean,
  ): Applied {
    const suspects = this._doubted.size ? this._suspects(parts, isKeyframe) : [];
    for (const table of this.tables) table.begin();
    for (const [table, group] of hidden) {
      this._doubted.delete(place(table, group));
      this.tables[table].forget(group);
    }
    for (const part of parts) this.tables[part.table].takeOut(part);
    for (const part of parts) this.tables[part.table].putIn(part, tick);
    const stories = this.tables.map((table) => table.finish(tick));
    this.tick = tick;
    const applied: Applied = { digests: 0, doubts: [], differing: [], divergences: this._divergences(suspects) };
    for (const part of parts) if (part.digest !== null) this._compare(part, part.digest, applied);
    for (const tell of stories) tell?.(); // listeners may look at every table
    return applied;
  }

  private _allGroups(): (readonly [table: number, group: number])[] {
    return this.tables.flatMap(({ groups }, table) => [...groups.keys()].map((group) => [table, group] as const));
  }

  private _suspects(parts: readonly Part[], isKeyframe: boolean): Suspect[] {
    const found: Suspect[] = [];
    for (const { table, group, whole } of parts) {
      const agreedTick = this._doubted.get(place(table, group));
      if (agreedTick === undefined || !(whole || isKeyframe)) continue;
      this._doubted.delete(place(table, group));
      found.push([table, group, agreedTick, this.tables[table].members(group)]);
    }
    return found;
  }

  private _divergences(suspects: readonly Suspect[]): Divergence[] {
    return suspects.map(([index, group, agreedTick, mine]) => {
      const table = this.tables[index];
      const paths = findDifferences(table.name, mine, table.members(group));
      return { table: table.name, group, paths, agreedTick, tick: this.tick };
    });
  }

  /** Check a group's digest. A group that differs as soon as it came whole is not asked for again at once. */
  private _compare({ table: index, group: id }: Part, digest: number, applied: Applied): void {
    const table = this.tables[index];
    const group = table.groups.get(id);
    applied.digests += 1;
    if (table.digest(id) === digest) {
      if (group) group.agreedTick = this.tick;
      return;
    }
    applied.differing.push([index, id]);
    if (this._doubted.has(place(index, id)) || !group || group.wholeTick === this.tick) return;
    this._doubted.set(place(index, id), group.agreedTick);
    applied.doubts.push([index, id, group.agreedTick]);
  }
}

function place(table: number, group: number): string {
  return `${table}:${group}`;
}
