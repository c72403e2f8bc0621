/** Numbers that go round: positions in a world without edges, and angles. Pure. */

import { ClientError } from "./errors.js";

/** By field, how far it goes before it begins again: `4096` for 0 to 4096, `[-PI, PI]` for another low end. */
export type Wraps = Readonly<Record<string, number | readonly [low: number, high: number]>>;

/** A range whose upper end is its lower end. */
export class Wrap {
  readonly period: number;

  constructor(
    readonly low: number,
    high: number,
  ) {
    this.period = high - low;
    if (!(this.period > 0 && Number.isFinite(this.period))) {
      throw new ClientError(`${low} to ${high} is no range`);
    }
  }

  /** The way from `start` to `end`, at most half the range either way. */
  shortest(start: number, end: number): number {
    return modulo(end - start + this.period / 2, this.period) - this.period / 2;
  }

  /** The same place within the range. */
  within(value: number): number {
    const place = modulo(value - this.low, this.period);
    return this.low + (place < this.period ? place : 0); // a tiny negative number comes out as the period
  }
}

/** For each field how it goes round, null if it does not. ClientError for a field that is not among them. */
export function wrapsOf(fields: readonly string[], wraps: Wraps = {}): (Wrap | null)[] {
  const strays = Object.keys(wraps).filter((name) => !fields.includes(name));
  if (strays.length) throw new ClientError(`no field ${strays.join(", ")} (known: ${fields.join(", ")})`);
  return fields.map((name) => {
    const span = wraps[name];
    if (span === undefined) return null;
    return typeof span === "number" ? new Wrap(0, span) : new Wrap(...span);
  });
}

/** How far it is from one number to another, the shortest way. */
export function way(wrap: Wrap | null, start: number, end: number): number {
  return wrap ? wrap.shortest(start, end) : end - start;
}

/** So far from a number on. */
export function moved(wrap: Wrap | null, start: number, by: number): number {
  return wrap ? wrap.within(start + by) : start + by;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
