/** Writes MessagePack, each value in its shortest format. Reads nothing. */

import { BadAction } from "./errors.js";
import { Float, type Value } from "./value.js";

const TEXT = new TextEncoder();
const FIRST_BYTES = 64;
const TWO_32 = 2 ** 32;

/** Grows as it is written to; `take` gives the bytes and begins anew. */
export class Packer {
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  /** All that was written since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.at);
    this.at = 0;
    return taken;
  }

  /** BadAction for what cannot travel: undefined, functions, numbers that are not finite. */
  value(value: Value): this {
    switch (typeof value) {
      case "number":
        return this.number(value);
      case "string":
        return this.text(value);
      case "boolean":
        return this.byte(value ? 0xc3 : 0xc2);
      case "object":
        return this.object(value);
      default:
        throw new BadAction(`a ${typeof value} cannot be sent`);
    }
  }

  /** The head of an array; its elements follow. */
  array(length: number): this {
    return length < 16 ? this.byte(0x90 | length) : this.head(length, 0, 0xdc, 0xdd);
  }

  private object(value: Exclude<Value, string | number | boolean>): this {
    if (value === null) return this.byte(0xc0);
    if (value instanceof Float) return this.float(value.value);
    if (value instanceof Uint8Array) return this.head(value.length, 0xc4, 0xc5, 0xc6).raw(value);
    if (isArray(value)) {
      this.array(value.length);
      for (const element of value) this.value(element);
      return this;
    }
    const entries = Object.entries(value);
    if (entries.length < 16) this.byte(0x80 | entries.length);
    else this.head(entries.length, 0, 0xde, 0xdf);
    for (const [key, element] of entries) this.text(key).value(element);
    return this;
  }

  private number(value: number): this {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.float(value);
    if (value >= 0) {
      if (value < 0x80) return this.byte(value);
      return value < TWO_32 ? this.head(value, 0xcc, 0xcd, 0xce) : this.long(0xcf, value);
    }
    if (value >= -0x20) return this.byte(value & 0xff);
    if (value >= -0x80) return this.byte(0xd0).byte(value & 0xff);
    if (value >= -0x8000) return this.sized(0xd1, 2, (view, at) => view.setInt16(at, value));
    if (value >= -0x80000000) return this.sized(0xd2, 4, (view, at) => view.setInt32(at, value));
    return this.long(0xd3, value);
  }

  private long(format: number, value: number): this {
    return this.sized(format, 8, (view, at) => {
      view.setInt32(at, Math.floor(value / TWO_32));
      view.setUint32(at + 4, value >>> 0);
    });
  }

  private float(value: number): this {
    if (!Number.isFinite(value)) throw new BadAction(`${value} cannot be sent`);
    return this.sized(0xcb, 8, (view, at) => view.setFloat64(at, value));
  }

  private text(value: string): this {
    const bytes = TEXT.encode(value);
    if (bytes.length < 32) this.byte(0xa0 | bytes.length);
    else this.head(bytes.length, 0xd9, 0xda, 0xdb);
    return this.raw(bytes);
  }

  /** A number below 2^32 behind the format that has room for it; 0: there is none of one byte. */
  private head(value: number, byte: number, short: number, long: number): this {
    if (byte && value < 0x100) return this.byte(byte).byte(value);
    if (value < 0x10000) return this.sized(short, 2, (view, at) => view.setUint16(at, value));
    return this.sized(long, 4, (view, at) => view.setUint32(at, value));
  }

  private sized(format: number, width: number, write: (view: DataView, at: number) => void): this {
    this.byte(format).room(width);
    write(this.view, this.at);
    this.at += width;
    return this;
  }

  private byte(value: number): this {
    this.room(1);
    this.bytes[this.at++] = value;
    return this;
  }

  private raw(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  private room(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + more));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** One value as MessagePack. */
export function pack(value: Value): Uint8Array<ArrayBuffer> {
  return new Packer().value(value).take();
}

function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
