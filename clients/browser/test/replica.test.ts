import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeServer } from "../src/decode.js";
import { ServerFault } from "../src/errors.js";
import type { RowEvent } from "../src/events.js";
import type { TableSpec, WireFrame } from "../src/messages.js";
import { Replica, type Applied } from "../src/replica.js";
import type { Row } from "../src/table.js";
import type { Value } from "../src/value.js";
import { bytes, value, vectors, type FrameVector, type StateVector } from "./golden.js";

type Story = (RowEvent<Row> & { table: number })[];

/** A replica, and what its tables tell of the last frame. */
class Seat {
  readonly replica: Replica;
  story: Story = [];

  constructor(tables: StateVector["tables"]) {
    this.replica = new Replica(value(tables, false) as unknown as TableSpec[]);
    this.replica.tables.forEach((table, index) => {
      table.events((event) => this.story.push({ ...event, table: index }));
    });
  }

  take(frame: FrameVector): Applied {
    this.story = [];
    return this.replica.apply(decodeServer(bytes(frame.frame)) as WireFrame);
  }
}

for (const vector of vectors<StateVector>("state")) {
  test(`state: ${vector.name}`, () => {
    let seat = new Seat(vector.tables);
    const good: FrameVector[] = [];
    for (const frame of vector.frames) {
      if (frame.fault) {
        assert.throws(() => seat.take(frame), ServerFault, frame.fault);
        seat = new Seat(vector.tables);
        for (const before of good) seat.take(before);
        continue;
      }
      const applied = seat.take(frame);
      good.push(frame);
      checkState(seat.replica, frame);
      checkStory(seat.story, frame);
      assert.deepEqual(applied.differing, frame.wrong ?? []);
    }
  });
}

function checkState(replica: Replica, frame: FrameVector): void {
  assert.equal(replica.tick, frame.tick);
  const rows = replica.tables.flatMap((table, index) =>
    [...table.ids].sort((one, other) => one - other).map((id) => [index, id, columnsOf(table.columns, table.get(id))]),
  );
  assert.deepEqual(rows, frame.rows.map(([table, id, cells]) => [table, id, value(cells, false)]));
  const groups = replica.tables.flatMap((table, index) =>
    [...table.groups]
      .filter(([, { members }]) => members.size)
      .sort(([one], [other]) => one - other)
      .map(([group]) => [index, group, [...table.members(group).keys()], table.digest(group)]),
  );
  assert.deepEqual(groups, frame.groups);
  for (const table of replica.tables) checkColumns(table);
}

/** Columns, rows and single values tell the same. */
function checkColumns(table: Replica["tables"][number]): void {
  for (const name of table.columns) {
    const column = table.column(name);
    assert.equal(column.length, table.size);
    table.ids.forEach((id, index) => {
      const seen = table.get(id)?.[name];
      const isBool = column instanceof Uint8Array && typeof seen === "boolean";
      assert.deepEqual(isBool ? column[index] === 1 : column[index], seen);
      assert.deepEqual(table.value(id, name), seen);
    });
  }
}

function checkStory(story: Story, frame: FrameVector): void {
  const places = (kind: string): Value[] =>
    story.filter((event) => event.kind === kind).map(({ table, row }) => [table, (row as { id: number }).id]);
  assert.deepEqual(places("removed"), frame.removed);
  assert.deepEqual(places("added"), frame.added);
  const changed = story.flatMap((event) =>
    event.kind === "changed" ? [[event.table, event.row["id"], Object.keys(event.before)]] : [],
  );
  assert.deepEqual(changed, frame.changed);
}

function columnsOf(names: readonly string[], row: Row | undefined): Value[] {
  return names.map((name) => row?.[name] as Value);
}

interface QuantVector {
  name: string;
  low: { f: number };
  step: { f: number };
  width: number;
  k: number | null;
  read: { f: number | string };
}

for (const { name, low, step, width, k, read } of vectors<QuantVector>("quant")) {
  if (k === null) continue;
  test(`quant: ${name} is read`, () => {
    const replica = new Replica([["t", "table", [["q", "quant", low.f, step.f, width]]]]);
    const raw = Uint8Array.from({ length: width }, (_, index) => Math.floor(k / 256 ** index) % 256);
    const part = [0, 0, true, null, null, [1, Uint8Array.of(1), raw], null, null];
    replica.apply({ tick: 1, base: 0, hidden: [], parts: [part] });
    assert.equal(replica.table("t").value(1, "q"), read.f);
    assert.equal(replica.table("t").column("q")[0], read.f);
  });
}

test("a group that differs is asked for once, and where it differed is found when it comes whole", () => {
  const replica = new Replica([["t", "table", [["n", "u8"]]]]);
  const block = (n: number): Value => [1, Uint8Array.of(7), Uint8Array.of(n)];
  const apply = (tick: number, base: number, ...part: Value[]): Applied =>
    replica.apply({ tick, base, hidden: [], parts: [[0, 4, ...part]] });
  apply(1, 0, true, null, null, block(1), null, null);
  const agreed = replica.tables[0].digest(4);
  assert.deepEqual(apply(2, 1, false, null, null, null, null, agreed).differing, []);
  assert.deepEqual(apply(3, 2, false, null, null, null, null, 99).doubts, [[0, 4, 2]]);
  assert.deepEqual(apply(4, 3, false, null, null, null, null, 99).doubts, []);
  const { divergences } = apply(5, 4, true, null, null, block(2), null, null);
  assert.deepEqual(divergences, [{ table: "t", group: 4, paths: [["t[7].n", 1, 2]], agreedTick: 2, tick: 5 }]);
});
