/**
 * Reads MessagePack that a stranger may have written: nothing is made before the bytes for it are there, arrays nest
 * only so deep, texts are UTF-8, integers are exact, floats finite. Everything else is a BadMessage.
 */

import { BadMessage } from "./errors.js";
import { Float, type Value } from "./value.js";

const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Texts up to here are read without the decoder, if they are ASCII. */
const SHORT_TEXT = 24;
const TWO_32 = 2 ** 32;
/** Arrays and maps: a few, and one in so many bytes. An empty one is a byte on the wire and many in memory. */
const CONTAINERS_FREE = 64;
const BYTES_A_CONTAINER = 3;

/** Reads one value after the other out of a message. Bytes that it gives are a view of the message. */
export class Unpacker {
  private readonly view: DataView;
  private at = 0;
  private containers: number;

  /** `exact`: whole floats are told apart from integers, as `Float`. */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly exact = false,
    private readonly depthMax = 32,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.containers = CONTAINERS_FREE + Math.floor(bytes.length / BYTES_A_CONTAINER);
  }

  /** Nothing may follow the last value. */
  end(): void {
    if (this.at !== this.bytes.length) throw new BadMessage("bytes behind the message");
  }

  /** The next value, of any kind; `depth` arrays are around it. */
  value(depth = 0): Value {
    const format = this.byte();
    if (format < 0x80) return format;
    if (format >= 0xe0) return format - 0x100;
    if (format < 0x90) return this.map(format & 15, depth);
    if (format < 0xa0) return this.elements(format & 15, depth);
    if (format < 0xc0) return this.text(format & 31);
    return this.long(format, depth);
  }

  private long(format: number, depth: number): Value {
    switch (format) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.take(this.unsigned(1 << (format - 0xc4)));
      case 0xca:
        return this.float(this.view.getFloat32(this.skip(4)));
      case 0xcb:
        return this.float(this.view.getFloat64(this.skip(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.unsigned(1 << (format - 0xcc));
      case 0xd0:
        return this.view.getInt8(this.skip(1));
      case 0xd1:
        return this.view.getInt16(this.skip(2));
      case 0xd2:
        return this.view.getInt32(this.skip(4));
      case 0xd3:
        return this.wide(this.view.getInt32(this.skip(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.unsigned(1 << (format - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.elements(this.unsigned(2 << (format - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.map(this.unsigned(2 << (format - 0xde)), depth);
      default:
        throw new BadMessage(`the format ${format.toString(16)} is not used`);
    }
  }

  private elements(length: number, depth: number): Value[] {
    this.enter(length, depth);
    const elements: Value[] = [];
    for (let index = 0; index < length; index++) elements.push(this.value(depth + 1));
    return elements;
  }

  private map(length: number, depth: number): Value {
    this.enter(2 * length, depth);
    const entries: [string, Value][] = [];
    for (let index = 0; index < length; index++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new BadMessage("a key that is no text");
      entries.push([key, this.value(depth + 1)]);
    }
    return Object.fromEntries(entries); // which makes `__proto__` a key like any other
  }

  /** An array or map of so many values begins: each takes a byte at least. */
  private enter(values: number, depth: number): void {
    if (values > this.bytes.length - this.at) throw new BadMessage("more is announced than there is");
    if (depth >= this.depthMax) throw new BadMessage("nested too deeply");
    if (--this.containers < 0) throw new BadMessage("too many arrays in so few bytes");
  }

  private float(value: number): number | Float {
    if (!Number.isFinite(value)) throw new BadMessage("a number that is not finite");
    return this.exact && Number.isInteger(value) ? new Float(value) : value;
  }

  private text(length: number): string {
    const bytes = this.take(length);
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

  private unsigned(width: number): number {
    const at = this.skip(width);
    if (width === 1) return this.bytes[at];
    if (width === 2) return this.view.getUint16(at);
    return width === 4 ? this.view.getUint32(at) : this.wide(this.view.getUint32(at));
  }

  /** The eight bytes that were skipped last, whose upper half is `high`. */
  private wide(high: number): number {
    const value = high * TWO_32 + this.view.getUint32(this.at - 4);
    if (!Number.isSafeInteger(value)) throw new BadMessage("an integer beyond 2^53 - 1");
    return value;
  }

  private byte(): number {
    return this.bytes[this.skip(1)];
  }

  private take(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  private skip(length: number): number {
    const at = this.at;
    if (length > this.bytes.length - at) throw new BadMessage("the message is not whole");
    this.at = at + length;
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
    throw new BadMessage("a text that is not UTF-8");
  }
}
