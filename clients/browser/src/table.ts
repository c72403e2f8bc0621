/** One table of the replica: which rows are in which groups, and the rows themselves by id. */

import type { Block } from "./blocks.js";
import { ClientError, ServerFault } from "./errors.js";
import type { Journal, RowEvent } from "./events.js";
import { isContinuous, isNumber, isSame, read, type Cell, type Column, type Numbers, type TableShape } from "./kinds.js";
import type { Part } from "./parts.js";
import { Rows } from "./rows.js";
import type { Value } from "./value.js";

/** A row as a value: its columns by name, and `id`, unless a column is called so. */
export type Row = Readonly<Record<string, Value>>;

/** The rows of one group, and what is known of them. */
interface Group {
  readonly members: Set<number>;
  /** When its digest was last the server's; 0: never. */
  agreedTick: number;
  /** When it last came whole. */
  wholeTick: number;
}

/** Rows by id, right as of the last frame. Rows are values: look one up anew after each frame. */
export class ReplicaTable<R = Row> implements Iterable<R> {
  readonly name: string;
  /** It has one row, with the id 0. */
  readonly isRecord: boolean;
  /** The names of its columns. */
  readonly columns: readonly string[];
  /** Rows that the last frame said exist no more; one of the same id that is there now is another. */
  ended: ReadonlySet<number> = new Set();
  /** @internal */
  readonly groups = new Map<number, Group>();
  private readonly shape: readonly Column[];
  private readonly rows: Rows;
  /** Of each row, in how many groups it is. */
  private readonly layers = new Map<number, number>();
  /** Rows that lost a group in this frame; those in none at its end are out of sight. */
  private orphans = new Set<number>();
  private readonly listeners = new Set<(event: RowEvent<R>) => void>();
  private journal: Journal | null = null;

  constructor(shape: TableShape) {
    this.name = shape.name;
    this.isRecord = shape.isRecord;
    this.shape = shape.columns;
    this.columns = shape.columns.map(({ name }) => name);
    this.rows = new Rows(shape.columns);
  }

  get size(): number {
    return this.rows.size;
  }

  has(id: number): boolean {
    return this.rows.has(id);
  }

  /** The row; undefined if there is none. */
  get(id: number): R | undefined {
    return this.rows.has(id) ? this.row(id, this.rows.values(id)) : undefined;
  }

  *[Symbol.iterator](): Iterator<R> {
    for (const id of [...this.ids]) yield this.row(id, this.rows.values(id));
  }

  /** All ids, in the order of `column`; right until the next frame. */
  get ids(): Float64Array {
    return this.rows.ids.subarray(0, this.rows.size);
  }

  /**
   * One column of all rows, in the order of `ids`; right until the next frame. A typed array if values have a fixed
   * width: quants as Float64Array, bools as 0 and 1, others as they travel.
   */
  column(name: string): Numbers | Value[] {
    const index = this.index(name);
    const column = this.shape[index];
    const cells = this.rows.array(index);
    if (Array.isArray(cells)) return cells.map((cell: Cell) => read(column, cell));
    const numbers = (cells as Numbers).subarray(0, this.rows.size);
    if (!column.scale) return numbers;
    const [low, step] = column.scale;
    return Float64Array.from(numbers, (k) => low + k * step);
  }

  /** One value of a row, without making the row; undefined if there is none. */
  value(id: number, name: string): Value | undefined {
    const index = this.index(name);
    const slot = this.rows.slot(id);
    return slot === undefined ? undefined : read(this.shape[index], this.rows.array(index)[slot]);
  }

  /** Whether there is such a column, and it holds numbers. */
  isNumber(name: string): boolean {
    const column = this.shape.find((one) => one.name === name);
    return column !== undefined && isNumber(column);
  }

  /** The names of the columns that hold fractions: floats and quants. */
  get continuous(): string[] {
    return this.shape.filter(isContinuous).map(({ name }) => name);
  }

  /**
   * Be told from now on what each frame did to the rows, by its net effect: first those removed, then added, then
   * changed. Call what is returned to hear no more.
   */
  events(listener: (event: RowEvent<R>) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  // What a frame does, in this order.

  /** @internal A frame follows. */
  begin(): void {
    if (this.ended.size) this.ended = new Set();
    this.journal = this.listeners.size ? new Map() : null;
  }

  /** @internal The group is seen no longer, or comes whole. */
  forget(groupId: number): void {
    const group = this.groups.get(groupId);
    if (!group) return;
    this.groups.delete(groupId);
    for (const id of group.members) this.leave(id);
  }

  /** @internal What the part says of rows that are gone, or gone elsewhere. */
  takeOut(part: Part): void {
    if (part.whole) this.forget(part.group);
    for (const id of part.removed) if (this.rows.has(id)) this.end(id);
    const members = this.groups.get(part.group)?.members;
    if (members) for (const id of part.moved) if (members.delete(id)) this.leave(id);
  }

  /** @internal What the part says of rows that are new in its group, or changed. */
  putIn(part: Part, tick: number): void {
    let group = this.groups.get(part.group);
    if (!group) this.groups.set(part.group, (group = { members: new Set(), agreedTick: 0, wholeTick: 0 }));
    if (part.whole) group.wholeTick = tick;
    if (part.entered) this.enter(group, part.entered);
    if (part.changed) this.change(part.group, group, part.changed);
  }

  /** @internal The frame is over: rows in no group are out of sight. Answers what is to be told of it. */
  finish(tick: number): (() => void) | null {
    for (const id of this.orphans) {
      if (this.layers.has(id) || !this.rows.has(id)) continue;
      this.note(id);
      this.rows.delete(id);
    }
    this.orphans.clear();
    const journal = this.journal;
    this.journal = null;
    return journal?.size ? () => this.tell(journal, tick) : null;
  }

  /** @internal The checksum that the server makes of the same group. */
  digest(groupId: number): number {
    const members = this.groups.get(groupId)?.members;
    return members?.size ? this.rows.digest([...members].sort((one, other) => one - other)) : 0;
  }

  /** @internal The rows of a group by id. */
  members(groupId: number): Map<number, R> {
    const ids = [...(this.groups.get(groupId)?.members ?? [])].sort((one, other) => one - other);
    return new Map(ids.map((id) => [id, this.row(id, this.rows.values(id))]));
  }

  private enter({ members }: Group, block: Block): void {
    this.noteAll(block.ids);
    this.rows.write(block);
    for (let index = 0; index < block.ids.length; index++) {
      const id = block.ids[index];
      if (members.has(id)) continue;
      members.add(id);
      this.layers.set(id, (this.layers.get(id) ?? 0) + 1);
    }
  }

  private change(groupId: number, { members }: Group, block: Block): void {
    for (let index = 0; index < block.ids.length; index++) {
      if (!members.has(block.ids[index])) {
        throw new ServerFault(
          `table ${this.name}, group ${groupId}: row ${block.ids[index]} is changed but not in the group`,
        );
      }
    }
    this.noteAll(block.ids);
    this.rows.write(block);
  }

  /** The row has lost a group; what becomes of it is known at the end of the frame. */
  private leave(id: number): void {
    const left = (this.layers.get(id) as number) - 1;
    if (left) this.layers.set(id, left);
    else {
      this.layers.delete(id);
      this.orphans.add(id);
    }
  }

  /** The row exists no more: out of every group, also those that do not say so, and gone. */
  private end(id: number): void {
    this.note(id);
    (this.ended as Set<number>).add(id);
    for (const { members } of this.groups.values()) if (members.delete(id)) this.leave(id);
    this.rows.delete(id);
  }

  private noteAll(ids: ArrayLike<number>): void {
    if (this.journal) for (let index = 0; index < ids.length; index++) this.note(ids[index]);
  }

  private note(id: number): void {
    if (this.journal && !this.journal.has(id)) this.journal.set(id, this.rows.has(id) ? this.rows.values(id) : null);
  }

  private tell(journal: Journal, tick: number): void {
    const events: Record<RowEvent["kind"], RowEvent<R>[]> = { removed: [], added: [], changed: [] };
    for (const id of [...journal.keys()].sort((one, other) => one - other)) {
      const old = journal.get(id) ?? null;
      const now = this.rows.has(id) ? this.rows.values(id) : null;
      if (old && now && !this.ended.has(id)) {
        const before = this.differences(old, now);
        if (before) events.changed.push({ kind: "changed", row: this.row(id, now), before, tick });
        continue;
      }
      if (old) events.removed.push({ kind: "removed", row: this.row(id, old), tick });
      if (now) events.added.push({ kind: "added", row: this.row(id, now), tick });
    }
    for (const listener of [...this.listeners]) {
      for (const event of [...events.removed, ...events.added, ...events.changed]) listener(event);
    }
  }

  private differences(old: readonly Cell[], now: readonly Cell[]): Partial<R> | null {
    const differing = this.shape.flatMap((column, index) =>
      isSame(old[index], now[index]) ? [] : [[column.name, read(column, old[index])] as const],
    );
    return differing.length ? (Object.fromEntries(differing) as Partial<R>) : null;
  }

  private row(id: number, cells: readonly Cell[]): R {
    const row: Record<string, Value> = { id };
    this.shape.forEach((column, index) => (row[column.name] = read(column, cells[index])));
    return row as R;
  }

  private index(name: string): number {
    const index = this.columns.indexOf(name);
    if (index < 0) {
      throw new ClientError(`the table ${this.name} has no column ${name} (known: ${this.columns.join(", ")})`);
    }
    return index;
  }
}
