// How long the TypeScript client takes for a frame in which 200 rows have moved: reading its bytes and taking it into
// the replica. `decode.mjs [--json]`. The goal is 0.15 ms at the median; a fifth of a screen's frame at 60 Hz is 3.3.
import { encode } from "../../clients/browser/node_modules/@msgpack/msgpack/dist.esm/index.mjs";
import { decodeServer, Replica } from "../../server/pelton/server/browser/pelton.js";

const ROWS = 200;
const WARM_UP = 2000;
const FRAMES = 5000;
const GOAL_MS = 0.15;
const COLUMNS = [
  ["x", "quant", 0, 0.125, 2],
  ["y", "quant", 0, 0.125, 2],
  ["angle", "quant", -3.2, 0.01, 2],
  ["respawn", "u16"],
  ["name", "str"],
];
const CASES = [
  ["dense: x, y and angle of all rows", dense, false],
  ["sparse: x of every second row, some names", sparse, false],
  ["dense, and somebody listens to what changed", dense, true],
];

const ids = new Uint8Array(Uint16Array.from({ length: ROWS }, (_, index) => index + 1000).buffer);
const results = CASES.map(([name, changed, listens]) => ({ name, ...measure(changed, listens) }));
if (process.argv.includes("--json")) console.log(JSON.stringify(results));
else report();

function measure(changed, listens) {
  const replica = new Replica([["ships", "table", COLUMNS]]);
  let told = 0;
  if (listens) replica.table("ships").events(() => (told += 1));
  replica.apply(decodeServer(frame(1, 0, true, entered(), null)));
  const next = (_, index) => frame(index + 2, index + 1, false, null, changed(index));
  const frames = Array.from({ length: WARM_UP + FRAMES }, next);
  const times = frames.map((bytes) => {
    const began = performance.now();
    replica.apply(decodeServer(bytes));
    return performance.now() - began;
  });
  if (replica.table("ships").size !== ROWS || (listens && told < FRAMES)) throw new Error("the replica is not right");
  const sorted = times.slice(WARM_UP).sort((one, other) => one - other);
  return { bytes: frames[0].length, medianMs: sorted[FRAMES / 2], p99Ms: sorted[Math.floor(FRAMES * 0.99)] };
}

function frame(tick, base, whole, entered, changed) {
  return encode([20, 0, [], tick, base, [], [[0, 4, whole, null, null, entered, changed, null]]]);
}

function entered() {
  const names = Array.from({ length: ROWS }, (_, index) => `player ${index}`);
  return [ROWS, ids, numbers(0), numbers(1), numbers(2), numbers(3), names];
}

function dense(seed) {
  return [ROWS, ids, numbers(seed), numbers(seed + 1), numbers(seed + 2), null, null];
}

function sparse(seed) {
  const positions = Uint8Array.from({ length: ROWS / 2 }, (_, index) => 2 * index);
  const names = [Uint8Array.of(3, 7), [`new ${seed}`, "other"]];
  return [ROWS, ids, [positions, numbers(seed).subarray(0, ROWS)], null, null, null, names];
}

function numbers(seed) {
  return new Uint8Array(Uint16Array.from({ length: ROWS }, (_, index) => (index * 131 + seed * 7) % 640).buffer);
}

function report() {
  console.log(`A frame with ${ROWS} rows, read and taken in; Node ${process.version}, ${FRAMES} frames each\n`);
  for (const { name, bytes, medianMs, p99Ms } of results) {
    console.log(`  ${name.padEnd(46)} ${bytes} bytes   median ${medianMs.toFixed(4)} ms   p99 ${p99Ms.toFixed(4)} ms`);
  }
  const worst = Math.max(...results.slice(0, 2).map(({ medianMs }) => medianMs));
  console.log(`\n  goal ${GOAL_MS} ms: ${worst <= GOAL_MS ? "met" : "MISSED"}`);
  process.exitCode = worst <= GOAL_MS ? 0 : 1;
}
