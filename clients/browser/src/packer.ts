/** Writes MessagePack, each value in its shortest format. Reads nothing. */

import { BadAction } from "./errors.js";
import { Float, type Value } from "./value.js";

const TEXT = new TextEncoder();
const FIRST_BYTES = 64;
const TWO_32 = 2 ** 32;

/** Grows as it is written to; `take` gives the bytes and begins anew. */
export class Packer {
  private _bytes = new Uint8Array(FIRST_BYTES);
  private _at = 0;

  /** All that was written since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this._bytes.slice(0, this._at);
    this._at = 0;
    return taken;
  }

  /** BadAction for what cannot travel: undefined, functions, numbers that are not finite. */
  value(value: Value): this {
    switch (typeof value) {
      case "number":
        return this._number(value);
      case "string":
        return this._text(value);
      case "boolean":
        return this._byte(value ? 0xc3 : 0xc2);
      case "object":
        return this._object(value);
      default:
        throw new BadAction(`a ${typeof value} cannot be sent`);
    }
  }

  /** The head of an array; its elements follow. */
  array(length: number): this {
    return length < 16 ? this._byte(0x90 | length) : this._head(length, 0, 0xdc, 0xdd);
  }

  private _object(value: Exclude<Value, string | number | boolean>): this {
    if (value === null) return this._byte(0xc0);
    if (value instanceof Float) return this._float(value.value);
    if (value instanceof Uint8Array) return this._head(value.length, 0xc4, 0xc5, 0xc6)._raw(value);
    if (isArray(value)) {
      this.array(value.length);
      for (const element of value) this.value(element);
      return this;
    }
    const entries = Object.entries(value);
    if (entries.length < 16) this._byte(0x80 | entries.length);
    else this._head(entries.length, 0, 0xde, 0xdf);
    for (const [key, element] of entries) this._text(key).value(element);
    return this;
  }

  private _number(value: number): this {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this._float(value);
    if (value >= 0) {
      if (value < 0x80) return this._byte(value);
      return value < TWO_32 ? this._head(value, 0xcc, 0xcd, 0xce) : this._sized(0xcf, 8, value);
    }
    if (value >= -0x20) return this._byte(value & 0xff);
    if (value >= -0x80) return this._sized(0xd0, 1, value);
    if (value >= -0x8000) return this._sized(0xd1, 2, value);
    return value >= -0x80000000 ? this._sized(0xd2, 4, value) : this._sized(0xd3, 8, value);
  }

  private _float(value: number): this {
    if (!Number.isFinite(value)) throw new BadAction(`${value} cannot be sent`);
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setFloat64(1, value);
    bytes[0] = 0xcb;
    return this._raw(bytes);
  }

  private _text(value: string): this {
    const bytes = TEXT.encode(value);
    if (bytes.length < 32) this._byte(0xa0 | bytes.length);
    else this._head(bytes.length, 0xd9, 0xda, 0xdb);
    return this._raw(bytes);
  }

  /** A number below 2^32 behind the format that has room for it; 0: there is none of one byte. */
  private _head(value: number, byte: number, short: number, long: number): this {
    if (byte && value < 0x100) return this._byte(byte)._byte(value);
    return value < 0x10000 ? this._sized(short, 2, value) : this._sized(long, 4, value);
  }

  /** An integer behind its format, the highest byte first; negative ones as two's complement. */
  private _sized(format: number, width: number, value: number): this {
    this._byte(format);
    for (let power = width - 1; power >= 0; power--) this._byte(Math.floor(value / 256 ** power) & 0xff);
    return this;
  }

  private _byte(value: number): this {
    this._room(1);
    this._bytes[this._at++] = value;
    return this;
  }

  private _raw(bytes: Uint8Array): this {
    this._room(bytes.length);
    this._bytes.set(bytes, this._at);
    this._at += bytes.length;
    return this;
  }

  private _room(more: number): void {
    if (this._at + more <= this._bytes.length) return;
    const larger = new Uint8Array(Math.max(this._bytes.length * 2, this._at + more));
    larger.set(this._bytes);
    this._bytes = larger;
  }
}

/** One value as MessagePack. */
export function pack(value: Value): Uint8Array<ArrayBuffer> {
  return new Packer().value(value).take();
}

function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
