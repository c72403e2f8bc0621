/** What a frame did to a table's rows, as events: rows that went, came and changed, by their net effect. */

import type { Cell } from "./kinds.js";
import type { Row } from "./table.js";

/** A row came into sight. `row` is as it is after the frame. */
export interface Added<R = Row> {
  readonly kind: "added";
  readonly row: R;
  readonly tick: number;
}

/** Columns of a row changed: `before` has the old values of those that did, `row` is as it is after the frame. */
export interface Changed<R = Row> {
  readonly kind: "changed";
  readonly row: R;
  readonly before: Partial<R>;
  readonly tick: number;
}

/** A row is gone, or out of sight. `row` is as it was last seen. */
export interface Removed<R = Row> {
  readonly kind: "removed";
  readonly row: R;
  readonly tick: number;
}

export type RowEvent<R = Row> = Added<R> | Changed<R> | Removed<R>;

/** The rows that a frame touches, as they were before it; null: there was no such row. */
export type Journal = Map<number, readonly Cell[] | null>;
