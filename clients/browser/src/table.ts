/** One table of the replica: which rows are in which groups, and the rows themselves by id. */

import type { Block } from "./blocks.js";
import { ClientError, ServerFault } from "./errors.js";
import type { Journal, RowEvent } from "./events.js";
import { isContinuous, isNumber, isSame, read } from "./kinds.js";
import type { Cell, Column, Numbers, TableShape } from "./kinds.js";
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
  private readonly _shape: readonly Column[];
  private readonly _rows: Rows;
  /** Of each row, in how many groups it is. */
  private readonly _layers = new Map<number, number>();
  /** Rows that lost a group in this frame; those in none at its end are out of sight. */
  private _orphans = new Set<number>();
  private readonly _listeners = new Set<(event: RowEvent<R>) => void>();
  private _journal: Journal | null = null;

  constructor(shape: TableShape) {
    this.name = shape.name;
    this.isRecord = shape.isRecord;
    this._shape = shape.columns;
    this.columns = shape.columns.map(({ name }) => name);
    this._rows = new Rows(shape.columns);
  }

  get size(): number {
    return this._rows.size;
  }

  has(id: number): boolean {
    return this._rows.has(id);
  }

  /** The row; undefined if there is none. */
  get(id: number): R | undefined {
    return this._rows.has(id) ? this._row(id, this._rows.values(id)) : undefined;
  }

  *[Symbol.iterator](): Iterator<R> {
    for (const id of [...this.ids]) yield this._row(id, this._rows.values(id));
  }

  /** All ids, in the order of `column`; right until the next frame. */
  get ids(): Float64Array {
    return this._rows.ids.subarray(0, this._rows.size);
  }

  /**
   * One column of all rows, in the order of `ids`; right until the next frame. A typed array if values have a fixed
   * width: quants as Float64Array, bools as 0 and 1, others as they travel.
   */
  column(name: string): Numbers | Value[] {
    const index = this._index(name);
    const column = this._shape[index];
    const cells = this._rows.array(index);
    if (Array.isArray(cells)) return cells.map((cell: Cell) => read(column, cell));
    const numbers = (cells as Numbers).subarray(0, this._rows.size);
    if (!column.scale) return numbers;
    const [low, step] = column.scale;
    return Float64Array.from(numbers, (k) => low + k * step);
  }

  /** One value of a row, without making the row; undefined if there is none. */
  value(id: number, name: string): Value | undefined {
    const index = this._index(name);
    const slot = this._rows.slot(id);
    return slot === undefined ? undefined : read(this._shape[index], this._rows.array(index)[slot]);
  }

  /** Whether there is such a column, and it holds numbers. */
  isNumber(name: string): boolean {
    const column = this._shape.find((one) => one.name === name);
    return column !== undefined && isNumber(column);
  }

  /** The names of the columns that hold fractions: floats and quants. */
  get continuous(): string[] {
    return this._shape.filter(isContinuous).map(({ name }) => name);
  }

  /**
   * Be told from now on what each frame did to the rows, by its net effect: first those removed, then added, then
   * changed. Call what is returned to hear no more.
   */
  events(listener: (event: RowEvent<R>) => void): () => void {
    this._listeners.add(listener);
    return () => void this._listeners.delete(listener);
  }

  // What a frame does, in this order.

  /** @internal A frame follows. */
  begin(): void {
    if (this.ended.size) this.ended = new Set();
    this._journal = this._listeners.size ? new Map() : null;
  }

  /** @internal The group is seen no longer, or comes whole. */
  forget(groupId: number): void {
    const group = this.groups.get(groupId);
    if (!group) return;
    this.groups.delete(groupId);
    for (const id of group.members) this._leave(id);
  }

  /** @internal What the part says of rows that are gone, or gone elsewhere. */
  takeOut(part: Part): void {
    if (part.whole) this.forget(part.group);
    for (const id of part.removed) if (this._rows.has(id)) this._end(id);
    const members = this.groups.get(part.group)?.members;
    if (members) for (const id of part.moved) if (members.delete(id)) this._leave(id);
  }

  /** @internal What the part says of rows that are new in its group, or changed. */
  putIn(part: Part, tick: number): void {
    let group = this.groups.get(part.group);
    if (!group) this.groups.set(part.group, (group = { members: new Set(), agreedTick: 0, wholeTick: 0 }));
    if (part.whole) group.wholeTick = tick;
    if (part.entered) this._enter(group, part.entered);
    if (part.changed) this._change(part.group, group, part.changed);
  }

  /** @internal The frame is over: rows in no group are out of sight. Answers what is to be told of it. */
  finish(tick: number): (() => void) | null {
    for (const id of this._orphans) {
      if (this._layers.has(id) || !this._rows.has(id)) continue;
      this._note(id);
      this._rows.delete(id);
    }
    this._orphans.clear();
    const journal = this._journal;
    this._journal = null;
    return journal?.size ? () => this._tell(journal, tick) : null;
  }

  /** @internal The checksum that the server makes of the same group. */
  digest(groupId: number): number {
    const members = this.groups.get(groupId)?.members;
    return members?.size ? this._rows.digest([...members].sort((one, other) => one - other)) : 0;
  }

  /** @internal The rows of a group by id. */
  members(groupId: number): Map<number, R> {
    const ids = [...(this.groups.get(groupId)?.members ?? [])].sort((one, other) => one - other);
    return new Map(ids.map((id) => [id, this._row(id, this._rows.values(id))]));
  }

  private _enter({ members }: Group, block: Block): void {
    this._noteAll(block.ids);
    this._rows.write(block);
    for (let index = 0; index < block.ids.length; index++) {
      const id = block.ids[index];
      if (members.has(id)) continue;
      members.add(id);
      this._layers.set(id, (this._layers.get(id) ?? 0) + 1);
    }
  }

  private _change(groupId: number, { members }: Group, block: Block): void {
    for (let index = 0; index < block.ids.length; index++) {
      if (!members.has(block.ids[index])) {
        throw new ServerFault(`${this.name}[${block.ids[index]}] is changed, but not in group ${groupId}`);
      }
    }
    this._noteAll(block.ids);
    this._rows.write(block);
  }

  /** The row has lost a group; what becomes of it is known at the end of the frame. */
  private _leave(id: number): void {
    const left = (this._layers.get(id) as number) - 1;
    if (left) this._layers.set(id, left);
    else {
      this._layers.delete(id);
      this._orphans.add(id);
    }
  }

  /** The row exists no more: out of every group, also those that do not say so, and gone. */
  private _end(id: number): void {
    this._note(id);
    (this.ended as Set<number>).add(id);
    for (const { members } of this.groups.values()) if (members.delete(id)) this._leave(id);
    this._rows.delete(id);
  }

  private _noteAll(ids: ArrayLike<number>): void {
    if (this._journal) for (let index = 0; index < ids.length; index++) this._note(ids[index]);
  }

  private _note(id: number): void {
    const journal = this._journal;
    if (journal && !journal.has(id)) journal.set(id, this._rows.has(id) ? this._rows.values(id) : null);
  }

  private _tell(journal: Journal, tick: number): void {
    const events: Record<RowEvent["kind"], RowEvent<R>[]> = { removed: [], added: [], changed: [] };
    for (const id of [...journal.keys()].sort((one, other) => one - other)) {
      const old = journal.get(id) ?? null;
      const now = this._rows.has(id) ? this._rows.values(id) : null;
      if (old && now && !this.ended.has(id)) {
        const before = this._differences(old, now);
        if (before) events.changed.push({ kind: "changed", row: this._row(id, now), before, tick });
        continue;
      }
      if (old) events.removed.push({ kind: "removed", row: this._row(id, old), tick });
      if (now) events.added.push({ kind: "added", row: this._row(id, now), tick });
    }
    for (const listener of [...this._listeners]) {
      for (const event of [...events.removed, ...events.added, ...events.changed]) listener(event);
    }
  }

  private _differences(old: readonly Cell[], now: readonly Cell[]): Partial<R> | null {
    const differing = this._shape.flatMap((column, index) =>
      isSame(old[index], now[index]) ? [] : [[column.name, read(column, old[index])] as const],
    );
    return differing.length ? (Object.fromEntries(differing) as Partial<R>) : null;
  }

  private _row(id: number, cells: readonly Cell[]): R {
    const row: Record<string, Value> = { id };
    this._shape.forEach((column, index) => (row[column.name] = read(column, cells[index])));
    return row as R;
  }

  private _index(name: string): number {
    const index = this.columns.indexOf(name);
    if (index < 0) throw new ClientError(`${this.name} has no column ${name} (known: ${this.columns.join(", ")})`);
    return index;
  }
}
