import assert from "node:assert/strict";
import { test } from "node:test";
import { decode as decodeElsewhere, encode as encodeElsewhere } from "@msgpack/msgpack";
import { decodeServer } from "../src/decode.js";
import { BadMessage } from "../src/errors.js";
import * as messages from "../src/messages.js";
import { pack } from "../src/packer.js";
import { step, type Move, type SessionState } from "../src/session.js";
import { unpack } from "../src/unpacker.js";
import { Float, type Value } from "../src/value.js";
import { bytes, hostileBytes, toHex, value, vectors, type HostileVector, type MessageVector } from "./golden.js";

const golden = vectors<MessageVector>("messages");
const hostile = vectors<HostileVector>("hostile");
const HOSTILE_MS_MAX = 2000;

test("there are vectors", () => {
  assert.ok(golden.length > 200 && hostile.length > 300);
});

for (const vector of golden) {
  test(`the ${vector.direction}'s ${vector.name} is read`, () => {
    const read = unpack(bytes(vector.hex), true);
    // What is to be made of fields that were left out is not in the bytes.
    if (vector.canonical !== false) assert.deepEqual(read, value(vector.value));
  });

  if (vector.canonical !== false) {
    test(`the ${vector.direction}'s ${vector.name} is written`, () => {
      const written = vector.direction === "client" ? write(value(vector.value) as Value[]) : pack(value(vector.value));
      assert.equal(toHex(written), toHex(bytes(vector.hex)));
    });
  }

  if (vector.direction === "server") {
    test(`the server's ${vector.name} is a message`, () => {
      const message = decodeServer(bytes(vector.hex));
      const wanted = value(vector.value.slice(1), false) as Value[];
      assert.deepEqual(fieldsOf(message, vector.value[0] === 20).slice(0, wanted.length), wanted);
    });
  }
}

for (const vector of hostile) {
  test(`refused: ${vector.name} (${vector.direction}): ${vector.why}`, () => {
    const sent = hostileBytes(vector);
    const began = performance.now();
    assert.throws(() => decodeServer(sent), BadMessage);
    assert.ok(performance.now() - began < HOSTILE_MS_MAX);
  });
}

/** What is no MessagePack of this protocol, whatever it means. */
const STRUCTURAL = new RegExp(
  [
    "cut after|announced, nothing in it|4 GiB announced|two messages|one byte too many",
    "UTF-8|0xc1|extension|timestamp|NaN|infinity|2\\^53|largest uint64|smallest int64",
  ].join("|"),
);

for (const vector of hostile.filter(({ name }) => STRUCTURAL.test(name))) {
  test(`refused before it is looked at: ${vector.name} (${vector.direction})`, () => {
    assert.throws(() => unpack(hostileBytes(vector)), BadMessage);
  });
}

test("a message of nothing but empty arrays is refused before they are made", () => {
  const bomb = new Uint8Array(1_000_000).fill(0x90);
  bomb.set([0xdd, 0, 0x0f, 0x42, 0x3b]);
  assert.throws(() => unpack(bomb), /too many arrays/);
});

test("what is in a map under __proto__ changes no object", () => {
  const read = unpack(Uint8Array.from([0x81, 0xa9, ...Buffer.from("__proto__"), 0x81, 0xa1, 0x78, 1])) as object;
  assert.deepEqual(Object.keys(read), ["__proto__"]);
  assert.equal((read as { x?: number }).x, undefined);
});

test("another library reads what is written here, and this one what it writes", () => {
  const numbers = [1, -1, 127, 128, -33, 65536, 2 ** 40, -(2 ** 40), 0.5];
  const many: Value = { numbers, text: "é".repeat(40), nothing: null, nested: [[]] };
  assert.deepEqual(decodeElsewhere(pack(many)), many);
  assert.deepEqual(unpack(encodeElsewhere(many)), many);
});

interface SessionVector {
  state: SessionState;
  event: Move;
  after: SessionState | null;
}

const cells = vectors<SessionVector>("session");
const states = new Set(cells.map(({ state }) => state));

for (const { state, event, after } of cells) {
  test(`${event} ${after ? `leads from ${state} to ${after}` : `has no place in ${state}`}`, () => {
    const next = step(state, event);
    // A table without the wait for the welcome takes it for granted.
    assert.equal(next === null || states.has(next) ? next : step(next, "welcome"), after);
  });
}

/** What the client's own functions write for these values. */
function write([number, ...fields]: readonly Value[]): Uint8Array {
  const [a, b, c, d] = fields as never[];
  switch (number) {
    case 1: // an empty ticket says nothing, and is left out here
      return b === "" ? pack([1, a, b]) : messages.hello(a, b);
    case 2:
      return messages.join(a, b, c);
    case 3:
      return messages.leave();
    case 4:
      return messages.act(a, b, c);
    case 5:
      return messages.ping(a);
    case 6:
      return messages.verify();
    case 7:
      return messages.resync(a);
    case 8:
      return messages.heard(a);
    case 9:
      return messages.resume(a, b, c, d);
    default:
      throw new Error(`the client has no message ${String(number)}`);
  }
}

/** A message's fields as they travel. */
function fieldsOf(message: messages.ServerMessage, eventless: boolean): Value[] {
  return Object.entries(message)
    .filter(([name]) => name !== "kind" && !(name === "events" && eventless))
    .map(([, field]) => plain(field as Value));
}

function plain(field: Value): Value {
  if (field instanceof Float) return field.value;
  return Array.isArray(field) ? field.map(plain) : field;
}
