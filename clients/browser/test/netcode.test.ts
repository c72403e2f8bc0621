import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/backoff.js";
import { ServerClock, TickClock } from "../src/clock.js";
import { mayComeBack } from "../src/close_codes.js";
import { TooFast } from "../src/errors.js";
import { Interpolation, type Values } from "../src/interpolation.js";
import { Ledger, Sent } from "../src/ledger.js";
import { Predictor, type State } from "../src/predictor.js";
import { Wrap } from "../src/wrap.js";

const NONE: ReadonlySet<number> = new Set();

function near(actual: number | undefined | null, wanted: number): void {
  assert.ok(actual !== undefined && actual !== null && Math.abs(actual - wanted) < 1e-9, `${actual} is not ${wanted}`);
}

function take(backoff: Backoff, random: () => number, count: number): number[] {
  const pauses = backoff.pauses(random);
  return Array.from({ length: count }, () => pauses.next().value);
}

test("pauses are at random between nothing and a limit that doubles", () => {
  assert.deepEqual(take(new Backoff(0.5, 10), () => 1, 7), [0.5, 1, 2, 4, 8, 10, 10]);
  assert.deepEqual(take(new Backoff(0.5, 10), () => 0.5, 3), [0.25, 0.5, 1]);
  assert.deepEqual(take(new Backoff(0, 10), () => 1, 3), [0, 0.5, 1]);
});

test("the close code alone tells whether to come back", () => {
  const answers = [1000, 1006, 1012, 1013, 4400, 4477, 4500, 4504, 4529, 4530, 4999, 3000].map(mayComeBack);
  const wanted = ["no", "yes", "yes", "later", "no", "no", "yes", "yes", "later", "later", "later", "later"];
  assert.deepEqual(answers, wanted);
});

test("a ledger strikes out what is refused before what an ack passes", async () => {
  const ledger = new Ledger();
  const sent = [1, 2, 3, 4].map(() => new Sent(ledger.nextSeq(), 10));
  for (const one of sent) ledger.keep(one, Uint8Array.of(one.seq));
  const answers = ledger.settle(3, [[2, "late"]], 10.5);
  assert.deepEqual(
    answers.map(({ seq, taken, reason }) => [seq, taken, reason]),
    [[2, false, "late"], [1, true, ""], [3, true, ""]],
  );
  assert.deepEqual(ledger.after(0), [Uint8Array.of(4)]);
  assert.deepEqual(await sent[0].answer, { seq: 1, taken: true, reason: "", afterS: 0.5 });
  ledger.close(11);
  assert.deepEqual([ledger.size, (await sent[3].answer).reason], [0, "void"]);
});

test("the server's time lies within the narrowest bounds of all pongs", () => {
  const clock = new ServerClock();
  assert.deepEqual([clock.offsetS, clock.roundTripS, clock.timeS(1)], [null, null, null]);
  clock.pong(10, 10.5, 1_010_400_000); // held up on the way there
  clock.pong(20, 20.1, 1_020_050_000);
  near(clock.offsetS, 1000);
  near(clock.uncertaintyS, 0.05);
  near(clock.roundTripS, 20.1 - 20);
  near(clock.timeS(30), 1030);
});

test("the tick goes by the least-delayed frame, and pings add half a round trip", () => {
  const clock = new TickClock(20);
  assert.equal(clock.tick(5), 0);
  for (let tick = 1; tick <= 30; tick++) clock.arrived(tick, 100 + tick / 20 + (tick % 3) * 0.01);
  near(clock.arrivedTick(101.5), 30);
  near(clock.pace, 1);
  assert.ok(clock.jitterS > 0.003 && clock.jitterS < 0.02);
  clock.server.pong(0, 0.1, 0);
  near(clock.tick(101.5), 31);
});

test("a server whose game time runs slower is followed, and back", () => {
  const clock = new TickClock(20);
  let atS = 0;
  for (let tick = 1; tick <= 40; tick++) clock.arrived(tick, (atS += 0.05));
  for (let tick = 41; tick <= 80; tick++) clock.arrived(tick, (atS += 0.1));
  near(clock.pace, 0.5);
  near(clock.arrivedTick(atS), 80);
  for (let tick = 81; tick <= 120; tick++) clock.arrived(tick, (atS += 0.05));
  near(clock.pace, 1);
});

function rows(entries: Record<number, Values>): Map<number, Values> {
  return new Map(Object.entries(entries).map(([id, values]) => [Number(id), values]));
}

test("rows are shown between two frames, also over one that was skipped", () => {
  const view = new Interpolation(["x", "y"]);
  assert.equal(view.at(1).size, 0);
  view.record(4, rows({ 7: [0, 10] }), NONE);
  view.record(5, rows({ 7: [10, 20] }), NONE);
  view.record(7, rows({ 7: [30, 0], 8: [1, 1] }), NONE);
  assert.deepEqual([...view.at(4.5)], [[7, [5, 15]]]);
  assert.deepEqual(view.row(7, 6), [20, 10]);
  assert.deepEqual(view.row(7, 1), [0, 10], "before the oldest as in it");
  assert.deepEqual(view.row(7, 8), [40, -10], "after the newest as they went on");
  assert.deepEqual(view.row(7, 99), view.row(7, 8), "but not for long");
  assert.equal(view.row(8, 6), undefined, "a new row is there from the frame that brought it");
});

test("rows go round, jump over what is too far, and are not glided into by others of their id", () => {
  const view = new Interpolation(["x"], { wrap: { x: 100 }, snap: 20 });
  view.record(1, rows({ 1: [95], 2: [10], 3: [0] }), NONE);
  view.record(2, rows({ 1: [5], 2: [60], 3: [8] }), new Set([3]));
  near(view.row(1, 1.5)?.[0], 0);
  assert.deepEqual(view.row(2, 1.5), [10]);
  assert.deepEqual(view.row(3, 1.5), [0]);
});

test("the delay follows how uneven frames come, unless it was given", () => {
  const [steady, uneven] = [new Interpolation(["x"]), new Interpolation(["x"])];
  const given = new Interpolation(["x"], { delayTicks: 3 });
  for (let tick = 1; tick < 200; tick++) {
    steady.record(tick, rows({}), NONE, 0.01);
    uneven.record(tick * 2, rows({}), NONE, 1);
    given.record(tick, rows({}), NONE, 1);
  }
  near(steady.delayTicks, 1.03);
  near(uneven.delayTicks, 5);
  assert.equal(given.tick(10), 7);
});

test("a wrap knows the shortest way and its own range", () => {
  const wrap = new Wrap(-Math.PI, Math.PI);
  near(wrap.shortest(3, -3), 2 * Math.PI - 6);
  near(wrap.within(4), 4 - 2 * Math.PI);
  assert.equal(new Wrap(0, 10).within(-1e-18), 0);
  assert.throws(() => new Wrap(1, 1));
});

const step = (state: State, action: { fields: Record<string, unknown> } | null, dtS: number): State => {
  return { ...state, x: Number(state["x"]) + (action ? Number(action.fields["speed"]) : 1) * dtS };
};
const answer = (seq: number, taken: boolean) => ({ seq, taken, reason: taken ? "" : "late", afterS: 0 });

function predictor(options = {}): Predictor {
  const made = new Predictor(step as never, ["x"], 0.1, options);
  made.correct({ id: 1, x: 0 }, 0, [], 0);
  return made;
}

test("actions that are in no frame are replayed on the server's row", () => {
  const own = predictor();
  for (const seq of [1, 2, 3]) own.act(seq, { name: "go", fields: { speed: 10 } }, 0.1);
  near(own.state?.["x"] as number, 3);
  own.correct({ id: 1, x: 1 }, 1, [answer(1, true)], 0.1);
  near(own.state?.["x"] as number, 3);
  assert.deepEqual([own.size, own.stats.matched], [2, 1]);
  own.correct({ id: 1, x: 1 }, 1, [answer(2, false)], 0.2);
  near(own.state?.["x"] as number, 2);
  assert.deepEqual([own.stats.refused, own.stats.corrected], [1, 1]);
});

test("an error fades, half of it in a half-life, and jumps beyond the snap", () => {
  const own = predictor({ halfLifeS: 0.1, snap: 50 });
  own.correct({ id: 1, x: 8 }, 1, [], 1);
  near(own.shown(1)?.["x"] as number, 0);
  near(own.shown(1.1)?.["x"] as number, 4);
  near(own.shown(1.2)?.["x"] as number, 6);
  own.correct({ id: 1, x: 500 }, 1, [], 2);
  near(own.shown(2)?.["x"] as number, 500);
  assert.equal(own.stats.snapped, 1);
});

test("idle ticks are in the time that went by", () => {
  const own = predictor();
  own.idle();
  own.idle();
  own.correct({ id: 1, x: 0.1 }, 1, [], 0.1);
  assert.equal(own.size, 1);
  near(own.state?.["x"] as number, 0.2);
  own.correct(null, 1, [], 0.2);
  assert.equal(own.shown(0.2), null);
});

test("only so many steps are kept", () => {
  const own = predictor({ pendingMax: 2 });
  assert.deepEqual([own.idle(), own.idle(), own.idle()], [true, true, false]);
  assert.throws(() => own.checkRoom(), TooFast);
});
