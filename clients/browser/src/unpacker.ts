/**
 * Reads MessagePack that a stranger may have written: nothing is made before the bytes for it are there, arrays nest
 * only so deep, texts are UTF-8, integers are exact, floats finite. Everything else is a BadMessage.
 */

import { BadMessage } from "./errors.js";
import { Float, type Value } from "./value.js";

const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Texts up to here are read without the decoder, if they are ASCII. */
const SHORT_TEXT = 24;
/** Arrays and maps: a few, and one in so many bytes. An empty one is a byte on the wire and many in memory. */
const CONTAINERS_FREE = 64;
const BYTES_A_CONTAINER = 3;

/** Reads one value after the other out of a message. Bytes that it gives are a view of the message. */
export class Unpacker {
  private readonly _view: DataView;
  private _at = 0;
  private _containers: number;

  /** `exact`: whole floats are told apart from integers, as `Float`. */
  constructor(
    private readonly _bytes: Uint8Array,
    private readonly _exact = false,
    private readonly _depthMax = 32,
  ) {
    this._view = new DataView(_bytes.buffer, _bytes.byteOffset, _bytes.length);
    this._containers = CONTAINERS_FREE + Math.floor(_bytes.length / BYTES_A_CONTAINER);
  }

  /** Nothing may follow the last value. */
  end(): void {
    if (this._at !== this._bytes.length) throw new BadMessage("more than a message");
  }

  /** The next value, of any kind; `depth` arrays are around it. */
  value(depth = 0): Value {
    const format = this._byte();
    if (format < 0x80) return format;
    if (format >= 0xe0) return format - 0x100;
    if (format < 0x90) return this._map(format & 15, depth);
    if (format < 0xa0) return this._elements(format & 15, depth);
    if (format < 0xc0) return this._text(format & 31);
    return this._long(format, depth);
  }

  private _long(format: number, depth: number): Value {
    if (format === 0xc0) return null;
    if (format === 0xc2 || format === 0xc3) return format === 0xc3;
    if (format >= 0xc4 && format < 0xc7) return this._take(this._integer(format - 0xc4));
    if (format === 0xca) return this._float(this._view.getFloat32(this._skip(4)));
    if (format === 0xcb) return this._float(this._view.getFloat64(this._skip(8)));
    if (format >= 0xcc && format < 0xd4) return this._integer(format & 3, format >= 0xd0);
    if (format >= 0xd9 && format < 0xdc) return this._text(this._integer(format - 0xd9));
    if (format === 0xdc || format === 0xdd) return this._elements(this._integer(format - 0xdb), depth);
    if (format >= 0xde) return this._map(this._integer(format - 0xdd), depth);
    throw new BadMessage(`format ${format}`);
  }

  private _elements(length: number, depth: number): Value[] {
    this._enter(length, depth);
    const elements: Value[] = [];
    for (let index = 0; index < length; index++) elements.push(this.value(depth + 1));
    return elements;
  }

  private _map(length: number, depth: number): Value {
    this._enter(2 * length, depth);
    const entries: [string, Value][] = [];
    for (let index = 0; index < length; index++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new BadMessage("a key that is no text");
      entries.push([key, this.value(depth + 1)]);
    }
    return Object.fromEntries(entries); // which makes `__proto__` a key like any other
  }

  /** An array or map of so many values begins: each takes a byte at least. */
  private _enter(values: number, depth: number): void {
    if (values > this._bytes.length - this._at) throw new BadMessage("not whole");
    if (depth >= this._depthMax) throw new BadMessage("nested too deeply");
    if (--this._containers < 0) throw new BadMessage("too many arrays");
  }

  private _float(value: number): number | Float {
    if (!Number.isFinite(value)) throw new BadMessage("not finite");
    return this._exact && Number.isInteger(value) ? new Float(value) : value;
  }

  private _text(length: number): string {
    const bytes = this._take(length);
    if (length <= SHORT_TEXT) {
      let text = "";
      for (let index = 0; index < length; index++) {
        const code = bytes[index];
        if (code > 0x7f) return decodeText(bytes);
        text += String.fromCharCode(code);
      }
      return text;
    }
    return decodeText(bytes);
  }

  /** An integer of 2 ** `power` bytes. Once it is inexact it is too large, and stays so. */
  private _integer(power: number, signed = false): number {
    const at = this._skip(1 << power);
    let value = this._bytes[at];
    if (signed && value > 0x7f) value -= 0x100;
    for (let index = at + 1; index < this._at; index++) value = value * 0x100 + this._bytes[index];
    if (!Number.isSafeInteger(value)) throw new BadMessage("an integer beyond 2^53");
    return value;
  }

  private _byte(): number {
    return this._bytes[this._skip(1)];
  }

  private _take(length: number): Uint8Array {
    const at = this._skip(length);
    return this._bytes.subarray(at, at + length);
  }

  private _skip(length: number): number {
    const at = this._at;
    if (length > this._bytes.length - at) throw new BadMessage("not whole");
    this._at = at + length;
    return at;
  }
}

/** One whole value. */
export function unpack(bytes: Uint8Array, exact = false, depthMax = 32): Value {
  const unpacker = new Unpacker(bytes, exact, depthMax);
  const value = unpacker.value();
  unpacker.end();
  return value;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return TEXT.decode(bytes);
  } catch {
    throw new BadMessage("not UTF-8");
  }
}
