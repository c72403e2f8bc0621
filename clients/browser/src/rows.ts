/**
 * The values of a table's rows: an array for each column, typed where values have a fixed width. A row is a slot, the
 * same in every array; slots are without gaps, so the last row takes the place of one that goes.
 */

import type { Block } from "./blocks.js";
import { crc32 } from "./crc.js";
import { packed, type Cell, type Column, type Numbers } from "./kinds.js";

const ROWS_FIRST = 16;

/** The rows, as they are on the wire. */
export class Rows {
  /** By slot; those beyond `size` mean nothing. */
  ids = new Float64Array(ROWS_FIRST);
  private readonly _slots = new Map<number, number>();
  private _arrays: (Numbers | Cell[])[];

  constructor(private readonly _columns: readonly Column[]) {
    this._arrays = _columns.map(({ make, width }) => (make ? make(new ArrayBuffer(ROWS_FIRST * width)) : []));
  }

  get size(): number {
    return this._slots.size;
  }

  has(id: number): boolean {
    return this._slots.has(id);
  }

  /** The row's slot; undefined if there is none. */
  slot(id: number): number | undefined {
    return this._slots.get(id);
  }

  /** The values of one column by slot; those beyond `size` mean nothing. */
  array(index: number): Numbers | readonly Cell[] {
    return this._arrays[index];
  }

  /** All columns of one row that is there. */
  values(id: number): Cell[] {
    const slot = this._slots.get(id) as number;
    return this._arrays.map((array) => array[slot]);
  }

  /** Set columns of rows, new ones or not. */
  write({ ids, columns }: Block): void {
    const count = ids.length;
    const slots = new Uint32Array(count);
    for (let index = 0; index < count; index++) slots[index] = this._slots.get(ids[index]) ?? this._add(ids[index]);
    columns.forEach((cells, column) => {
      if (!cells) return;
      const { positions, values } = cells;
      const array = this._arrays[column];
      if (positions) for (let at = 0; at < values.length; at++) array[slots[positions[at]]] = values[at];
      else for (let at = 0; at < count; at++) array[slots[at]] = values[at];
    });
  }

  /** The row is no more; it was there. */
  delete(id: number): void {
    const slot = this._slots.get(id) as number;
    const last = this._slots.size - 1;
    const mover = this.ids[last];
    this._slots.set(mover, slot);
    this._slots.delete(id);
    this.ids[slot] = mover;
    for (const array of this._arrays) {
      array[slot] = array[last];
      if (Array.isArray(array)) array.length = last;
    }
  }

  /** The digest of these rows, whose ids ascend: section 6 of the SPEC. */
  digest(ids: readonly number[]): number {
    const slots = ids.map((id) => this._slots.get(id) as number);
    let crc = crc32(wideIds(ids));
    this._columns.forEach(({ make, width }, index) => {
      const array = this._arrays[index];
      if (make) {
        const values = make(new ArrayBuffer(ids.length * width));
        slots.forEach((slot, at) => (values[at] = array[slot] as number));
        crc = crc32(new Uint8Array(values.buffer), crc);
      } else for (const slot of slots) crc = crc32(packed(array[slot]), crc);
    });
    return crc;
  }

  private _add(id: number): number {
    const slot = this._slots.size;
    if (slot === this.ids.length) this._grow();
    this._slots.set(id, slot);
    this.ids[slot] = id;
    return slot;
  }

  private _grow(): void {
    const ids = new Float64Array(2 * this.ids.length);
    ids.set(this.ids);
    this.ids = ids;
    this._arrays = this._arrays.map((array, index) => {
      const { make, width } = this._columns[index];
      if (!make) return array;
      const larger = make(new ArrayBuffer(ids.length * width));
      larger.set(array as Numbers);
      return larger;
    });
  }
}

function wideIds(ids: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * ids.length));
  ids.forEach((id, index) => {
    view.setUint32(8 * index, id >>> 0, true);
    view.setUint32(8 * index + 4, Math.floor(id / 2 ** 32), true);
  });
  return new Uint8Array(view.buffer);
}
