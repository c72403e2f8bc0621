/** What travels in messages, as JavaScript has it. */

/**
 * A float that must travel as one though it is whole: JavaScript cannot tell 1.0 from 1.
 * The server takes whole numbers for floats, so games hardly ever need it.
 */
export class Float {
  constructor(readonly value: number) {}
}

/** Anything that MessagePack has and the protocol uses. */
export type Value = null | boolean | number | string | Float | Uint8Array | readonly Value[] | ValueMap;

/** A map, whose keys are texts. */
export interface ValueMap {
  readonly [key: string]: Value;
}

/** Whether it is a whole number within ±(2^53 - 1), and none below `low`. */
export function isInt(value: unknown, low: number = Number.MIN_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= low;
}
