import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/backoff.js";
import { CannotConnect, Closed, JoinRejected, NotSeated, ServerFault, TooFast } from "../src/errors.js";
import { connect } from "../src/client.js";
import { FakeMachine, greeted, keyframe, moved, seated, settle, TOKEN } from "./fakes.js";

test("hello has the program's name, and a ticket only if there is one", async () => {
  const plain = await greeted({ name: "demo/1.0" });
  assert.deepEqual(plain.socket.take(), [[1, "demo/1.0"]]);
  assert.deepEqual(plain.socket.protocols, ["pelton.v1"]);
  const known = await greeted({ ticket: async () => "let me in" });
  assert.deepEqual(known.socket.take(), [[1, "pelton-js", "let me in"]]);
});

test("an address of a page is that of its WebSocket", async () => {
  const machine = new FakeMachine();
  const opening = connect("https://game.example/x", machine.surroundings);
  await settle();
  assert.equal(machine.socket.url, "wss://game.example/x");
  machine.socket.welcome();
  await opening;
});

test("a server that does not answer is given up in time", async () => {
  const machine = new FakeMachine();
  const opening = assert.rejects(connect("ws://here/", { ...machine.surroundings, timeoutS: 3 }), CannotConnect);
  await machine.pass(3);
  await opening;
});

test("a server that is full says to come back later", async () => {
  const machine = new FakeMachine();
  const opening = connect("ws://here/", machine.surroundings);
  await settle();
  machine.socket.end(1013, "full");
  await assert.rejects(opening, (error: CannotConnect) => error.closed?.comeback === "later");
});

test("a seat is there once its card is, and the server hears of it at once", async () => {
  const { socket, client } = await greeted();
  socket.take();
  const joining = client.joinOrCreate("dots", { name: "Ada" });
  assert.deepEqual(socket.take(), [[2, 0, "dots", { name: "Ada" }]]);
  await assert.rejects(client.create("dots"), /under way/);
  socket.deliver(17, "r00m", "dots", 3, 20, 1, [["move", ["dx"]]], []);
  socket.deliver(22, [["hit", ["by"]]], TOKEN, 30);
  const room = await joining;
  assert.deepEqual(socket.take(), [[8, 0]]);
  assert.deepEqual([room.playerId, [...room.events], room.graceS], [3, [["hit", ["by"]]], 30]);
});

test("who is rejected keeps the connection, and is told when to ask again", async () => {
  const { socket, client } = await greeted();
  const joining = client.join("gone");
  socket.deliver(18, "no_such_room", "it may have closed");
  await assert.rejects(joining, (error: JoinRejected) => error.reason === "no_such_room" && error.retryAfterS === null);
  const again = client.joinOrCreate("dots");
  socket.deliver(18, "busy", "too much to do", 7);
  await assert.rejects(again, (error: JoinRejected) => error.retryAfterS === 7);
});

test("frames are iterated; what is not taken comes as one", async () => {
  const { room, socket } = await seated();
  socket.deliver(24, 0, [], [["hit", 9]], 2, 1, [], [moved(11)]);
  const told: unknown[] = [];
  room.on("hit", (fields, tick) => told.push([fields, tick]));
  socket.deliver(24, 0, [], [["hit", 8], ["unknown", 1]], 3, 2, [], [moved(12)]);
  const seen = [];
  for await (const frame of room) {
    seen.push([frame.tick, frame.isKeyframe, frame.events]);
    if (frame.tick === 4) break;
    setImmediate(() => socket.deliver(20, 0, [], 4, 3, [], []));
  }
  const events = [9, 8].map((by) => ({ name: "hit", fields: { by } }));
  assert.deepEqual(seen, [
    [3, true, [...events, { name: "unknown", fields: { 0: 1 } }]],
    [4, false, []],
  ]);
  assert.deepEqual(told, [[{ by: 8 }, 3]]);
  assert.deepEqual(room.state.table("dots").get(3), { id: 3, x: 12 });
});

test("who never iterates keeps a bounded number of events", async () => {
  const { room, socket } = await seated();
  for (let tick = 2; tick < 2002; tick++) socket.deliver(24, 0, [], [["hit", tick]], tick, tick - 1, [], []);
  const { value } = await room[Symbol.asyncIterator]().next();
  assert.deepEqual([value?.events.length, value?.eventsMissed], [1024, 976]);
});

test("an action is answered: taken, refused, or void when the seat ends", async () => {
  const { room, socket } = await seated();
  const [taken, refused, open] = [room.act("move", { dx: 0.5 }), room.act("shoot"), room.act("shoot")];
  assert.deepEqual(socket.take(), [
    [4, 1, ["move", 0.5], 1],
    [4, 2, ["shoot"], 1],
    [4, 3, ["shoot"], 1],
  ]);
  socket.deliver(20, 2, [[2, "not_allowed"]], 2, 1, [], []);
  assert.equal(room.unanswered, 1);
  socket.deliver(19, "kicked");
  assert.equal((await taken.answer).taken, true);
  assert.equal((await refused.answer).reason, "not_allowed");
  assert.equal((await open.answer).reason, "void");
  assert.throws(() => room.act("shoot"), NotSeated);
});

test("an action that the room does not have is not sent", async () => {
  const { room, socket } = await seated();
  assert.throws(() => room.act("fly"), /no action fly \(known: move, shoot\)/);
  assert.throws(() => room.act("move", { dy: 1 }), /no field dy \(known: dx\)/);
  assert.throws(() => room.act("move", { dx: Number.NaN }), /NaN/);
  assert.throws(() => room.act("move", { dx: "x".repeat(5000) }), /bytes, over 4096/);
  assert.deepEqual([socket.take(), room.unanswered], [[], 0]);
});

test("while the line is congested the newest input counts, the others wait in order", async () => {
  const { room, socket } = await seated();
  socket.bufferedAmount = 100_000;
  const first = room.act("move", { dx: 1 }, { latest: true });
  room.act("shoot");
  room.act("move", { dx: 2 }, { latest: true });
  assert.equal((await first.answer).reason, "superseded");
  assert.deepEqual(socket.take(), []);
  socket.bufferedAmount = 0;
  socket.deliver(20, 0, [], 2, 1, [], []);
  const acts = socket.take().filter((message) => (message as number[])[0] === 4);
  assert.deepEqual(acts, [
    [4, 2, ["shoot"], 1],
    [4, 3, ["move", 2], 1],
  ]);
});

test("only so many actions wait for the network", async () => {
  const { room, socket } = await seated();
  socket.bufferedAmount = 100_000;
  for (let count = 0; count < 64; count++) room.act("shoot");
  assert.throws(() => room.act("shoot"), TooFast);
});

test("the server hears twice a second that frames arrive", async () => {
  const { machine, socket } = await seated();
  for (let tick = 2; tick <= 41; tick++) {
    machine.timeS += 0.05;
    socket.deliver(20, 0, [], tick, tick - 1, [], []);
  }
  const heard = socket.take().filter((message) => (message as number[])[0] === 8);
  assert.equal(heard.length, 4);
});

test("a group that is not what the server has is asked for", async () => {
  const { socket } = await seated();
  socket.deliver(20, 0, [], 2, 1, [], [moved(11, 1234)]);
  assert.deepEqual(socket.take(), [[7, [[0, 0, 0]]]]);
});

test("a lost connection is taken up again: the token, the last tick, what was lost", async () => {
  const { machine, client, room, socket } = await seated();
  const [arrived, lost] = [room.act("move", { dx: 1 }), room.act("shoot")];
  const calls: string[] = [];
  room.onDrop = () => calls.push("drop");
  room.onResume = () => calls.push("resume");
  socket.end(1006);
  assert.equal(room.connected, false);
  const away = room.act("move", { dx: 3 });
  await machine.pass(0.25);
  const next = machine.socket;
  assert.notEqual(next, socket);
  next.welcome();
  await settle();
  assert.deepEqual(next.take(), [[1, "pelton-js"], [9, "r00m", 3, TOKEN, 1]]);
  next.deliver(23, 40, 1, 5, TOKEN.map(() => 9));
  assert.deepEqual(next.take(), [[8, 1], [4, 2, ["shoot"], 1], [4, 3, ["move", 3], 1]]);
  next.deliver(20, 3, [], 41, 1, [], [moved(50)]);
  const { value: frame } = await room[Symbol.asyncIterator]().next();
  assert.deepEqual(frame?.resumed, { awayS: 0.25, sentAgain: 2, eventsLost: 5 });
  for (const sent of [arrived, lost, away]) assert.equal((await sent.answer).taken, true);
  assert.deepEqual([calls, client.room, room.connected], [["drop", "resume"], room, true]);
  next.end(1006);
  await machine.pass(0.25);
  machine.socket.welcome();
  await settle();
  assert.deepEqual(machine.socket.take()[1], [9, "r00m", 3, TOKEN.map(() => 9), 41]);
});

for (const code of [4400, 4401, 4405, 4409, 4499, 1002, 1009]) {
  test(`after ${code} nobody comes back`, async () => {
    const { machine, client, room, socket } = await seated();
    const ends: unknown[] = [];
    room.onEnd = (reason, error) => ends.push([reason, (error as Closed).code]);
    socket.end(code);
    await machine.pass(60);
    assert.deepEqual([machine.sockets.length, client.room, ends], [1, null, [["closed", code]]]);
    const frames = room[Symbol.asyncIterator]();
    await frames.next();
    await assert.rejects(frames.next(), Closed);
    assert.throws(() => room.act("shoot"), Closed);
  });
}

test("after a code that says later, the first try waits for seconds", async () => {
  const { machine, socket } = await seated();
  socket.end(4529);
  await machine.pass(5);
  assert.equal(machine.sockets.length, 1);
  await machine.pass(5.5);
  assert.equal(machine.sockets.length, 2);
});

test("pauses grow, and the seat is given up when it cannot be there any more", async () => {
  const { machine, client, room, socket } = await seated({ comeback: new Backoff(1, 8) });
  socket.end(1006);
  for (let count = 0; count < 40; count++) {
    await machine.pass(1);
    if (machine.sockets.length > 1) machine.socket.end(1006);
  }
  assert.ok(machine.sockets.length > 5 && machine.sockets.length < 15, `${machine.sockets.length} tries`);
  assert.deepEqual([room.leftReason, client.closed?.code, machine.watching], ["closed", 1006, 0]);
});

test("a network that is there again is tried at once", async () => {
  const { machine, socket } = await seated({ comeback: new Backoff(1000, 1000) });
  socket.end(1006);
  await settle();
  machine.goOnline();
  await settle();
  assert.equal(machine.sockets.length, 2);
});

test("a ticket that cannot be had now is asked for again", async () => {
  let asked = 0;
  const ticket = async (): Promise<string> => {
    asked += 1;
    if (asked === 2) throw new TypeError("failed to fetch");
    return `ticket ${asked}`;
  };
  const { machine, socket } = await seated({ ticket });
  socket.end(1006);
  await machine.pass(0.25);
  await machine.pass(1);
  machine.socket.welcome();
  assert.deepEqual([asked, machine.socket.take()[0]], [3, [1, "pelton-js", "ticket 3"]]);
});

test("a seat that is busy is asked for when the server says so", async () => {
  const { machine, socket } = await seated();
  socket.end(1006);
  await machine.pass(0.25);
  machine.socket.welcome();
  await settle();
  machine.socket.deliver(18, "resume_busy", "a moment", 4);
  await machine.pass(3.9);
  assert.equal(machine.sockets.length, 2);
  await machine.pass(1);
  assert.equal(machine.sockets.length, 3);
});

test("a seat that somebody else has now is not asked for again", async () => {
  const { machine, room, socket } = await seated();
  socket.end(1006);
  await machine.pass(0.25);
  machine.socket.welcome();
  await settle();
  machine.socket.end(4401);
  await machine.pass(20);
  assert.deepEqual([machine.sockets.length, room.leftReason], [2, "closed"]);
});

test("a room that is gone is not asked for again", async () => {
  const { machine, room, socket } = await seated();
  socket.end(1006);
  await machine.pass(0.25);
  machine.socket.welcome();
  await settle();
  machine.socket.deliver(18, "no_such_room", "gone");
  await machine.pass(20);
  assert.deepEqual([machine.sockets.length, room.leftReason], [2, "closed"]);
});

test("a room that stands still is left alone, as long as pings are answered", async () => {
  const { machine, room, socket } = await seated();
  for (let count = 0; count < 20; count++) {
    await machine.pass(1);
    for (const message of socket.take() as number[][]) if (message[0] === 5) socket.deliver(21, message[1], 1_000_000);
  }
  assert.deepEqual([room.connected, machine.sockets.length], [true, 1]);
});

test("a connection on which nothing comes is dead, though nobody closed it", async () => {
  const { machine, room } = await seated();
  await machine.pass(4.5);
  assert.equal(room.connected, false);
  await machine.pass(0.5);
  assert.equal(machine.sockets.length, 2);
});

test("a server that stops says when to come back", async () => {
  const { client, socket } = await seated();
  const heard: number[] = [];
  client.onDrain = (endsInS) => heard.push(endsInS);
  socket.deliver(25, 10, 2.5);
  assert.deepEqual([heard, client.retryAfterS], [[10], 2.5]);
});

test("the answer to leave ends the room, the frames before it still come", async () => {
  const { client, room, socket } = await seated();
  room.leave();
  assert.deepEqual(socket.take(), [[3]]);
  socket.deliver(20, 0, [], 2, 1, [], [moved(11)]);
  socket.deliver(19, "you_left");
  const ticks = [];
  for await (const frame of room) ticks.push(frame.tick);
  assert.deepEqual([ticks, client.room, room.leftReason], [[2], null, "you_left"]);
});

test("what is no message ends the connection, not the program", async () => {
  const { client, room, socket } = await seated();
  socket.deliverBytes(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff));
  assert.deepEqual([socket.closedWith, client.closed?.code, room.leftReason], [1002, 1002, "closed"]);
});

test("a message that has no place is refused", async () => {
  const { client, socket } = await seated();
  socket.deliver(17, "r00m", "dots", 3, 20, 1, [], []);
  assert.match(client.closed?.reason ?? "", /joined has no place in seated/);
});

test("a frame that does not fit ends the room with an error", async () => {
  const { room, socket } = await seated();
  socket.deliver(20, 0, [], 5, 4, [], []);
  const frames = room[Symbol.asyncIterator]();
  assert.equal((await frames.next()).value?.tick, 1);
  await assert.rejects(frames.next(), ServerFault);
  assert.equal((await frames.next()).done, true);
});

test("a prediction acts at once and is put right by frames", async () => {
  const { machine, room, socket } = await seated();
  interface Dot {
    id: number;
    x: number;
  }
  const own = room.predict<Dot>("dots", (dot, action) => ({ ...dot, x: dot.x + Number(action?.fields["dx"] ?? 0) }));
  own.act("move", { dx: 5 });
  assert.deepEqual([own.state?.x, own.pending, room.state.table<Dot>("dots").get(3)?.x], [15, 1, 10]);
  machine.timeS += 0.05;
  socket.deliver(20, 1, [], 2, 1, [], [moved(15)]);
  assert.deepEqual([own.state?.x, own.pending, own.stats.matched], [15, 0, 1]);
  socket.bufferedAmount = 100_000;
  own.act("move", { dx: 1 }, { latest: true });
  own.act("move", { dx: 2 }, { latest: true });
  assert.deepEqual([own.state?.x, own.pending], [17, 1], "what was superseded has no effect");
});

test("what is shown between frames goes with the next action", async () => {
  const { machine, room, socket } = await seated();
  const view = room.interpolate("dots", ["x"], { delayTicks: 0.5 });
  machine.timeS += 0.05;
  socket.deliver(20, 0, [], 2, 1, [], [moved(20)]);
  assert.ok(Math.abs(room.show(view) - 1.5) < 1e-9);
  assert.deepEqual([...view.at(1.5)], [[3, [15]]]);
  room.act("shoot");
  assert.deepEqual(socket.take().at(-1), [4, 1, ["shoot"], 1]);
  assert.throws(() => room.interpolate("dots", ["y"]), /no column y/);
});

test("a keyframe in the middle is taken like any other", async () => {
  const { room, socket } = await seated();
  socket.deliver(20, 0, [], 90, 0, [], [keyframe(77)]);
  assert.deepEqual([room.state.tick, [...room.state.table("dots")]], [90, [{ id: 3, x: 77 }]]);
});

test("pings are measured while frames come", async () => {
  const { machine, client, socket } = await seated({ pingEveryS: 2 });
  machine.timeS += 0.3;
  socket.deliver(20, 0, [], 2, 1, [], []);
  const [ping] = socket.take().filter((message) => (message as number[])[0] === 5);
  machine.timeS += 0.08;
  socket.deliver(21, (ping as number[])[1], 50_000_000);
  assert.ok(Math.abs((client.clock.roundTripS ?? 0) - 0.08) < 1e-9);
});

test("saying goodbye ends the way back as well", async () => {
  const { machine, client, room, socket } = await seated();
  socket.end(1006);
  await client.close();
  await machine.pass(60);
  assert.deepEqual([machine.sockets.length, room.leftReason], [1, "closed"]);
});
