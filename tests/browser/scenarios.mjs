// What has to work in a browser: `scenarios.mjs NAME URL` plays one, and exits with 1 and the reason if it fails.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connected, DESK, ownScore, PHONE, play, seesMoving, withBrowser } from "./pages.mjs";

async function together(open, url) {
  const [ada, bob] = [await open(url, DESK), await open(url, DESK)];
  const [adaId, bobId] = [await play(ada, "Ada"), await play(bob, "Bob")];
  await ada.keyboard.down("KeyW");
  await seesMoving(bob, adaId);
  await bob.keyboard.down("ArrowUp");
  await seesMoving(ada, bobId);
  for (const page of [ada, bob]) {
    await page.locator("#scores b", { hasText: "Ada" }).waitFor();
    await page.locator("#scores b", { hasText: "Bob" }).waitFor();
  }
}

/** Ada's ship looks at Bob's. */
async function cut(open, url) {
  const [ada, bob] = [await open(url, DESK), await open(url, DESK)];
  const [adaId, bobId] = [await play(ada, "Ada"), await play(bob, "Bob")];
  await ada.waitForFunction((id) => [...arena.flight.others()].some((ship) => ship.id === id), bobId);
  await ada.keyboard.down("Space");
  await ada.waitForFunction(() => Number(document.querySelector("#scores .own em")?.textContent) > 0);
  await ada.keyboard.up("Space");
  await ada.waitForFunction(() => arena.flight.room.unanswered === 0);

  await ada.click("#line summary");
  const score = await ownScore(ada);
  await ada.click("#cut");
  await ada.locator("#banner", { hasText: "Reconnecting" }).waitFor();
  assert.equal(await connected(ada), false);
  assert.equal(await bob.evaluate((id) => arena.flight.name(id), adaId), "Ada", "the seat is kept");
  await ada.locator("#toast", { hasText: "Back again" }).waitFor();
  await ada.locator("#banner").waitFor({ state: "hidden" });

  assert.equal(await ada.evaluate(() => arena.flight.room.playerId), adaId);
  assert.ok((await ownScore(ada)) >= score);
  await bob.evaluate(() => globalThis.places?.clear());
  await ada.keyboard.down("KeyW");
  await seesMoving(bob, adaId);
}

/** The own ship turns at once; the server's word on it is still on its way. */
async function slow(open, url) {
  const page = await open(url, DESK);
  await play(page, "Ada");
  await page.click("#line summary");
  await page.locator("#latencyMs").fill("400");
  await page.waitForFunction(() => parseInt(document.querySelector("#ping").textContent) >= 400);
  await page.keyboard.down("KeyD");
  await page.waitForFunction(() => Math.abs(arena.flight.own().angle) > 0.01);
  const [own, told] = await page.evaluate(() => {
    const { room } = arena.flight;
    return [arena.flight.own().angle, room.state.table("ships").value(room.playerId, "angle")];
  });
  assert.ok(own > 0);
  assert.ok(Math.abs(told) < 0.01, `the server has told already: ${told}`);
  await page.waitForFunction(() => {
    const { room } = arena.flight;
    return room.state.table("ships").value(room.playerId, "angle") > 0.1;
  });
}

async function phone(open, url) {
  const page = await open(url, PHONE);
  await play(page, "Ada");
  for (const id of ["stick", "fire", "figures", "board", "map", "line"]) {
    const box = await page.locator(`#${id}`).boundingBox();
    const { width, height } = PHONE.viewport;
    assert.ok(box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, id);
  }
  const fingers = await page.context().newCDPSession(page);
  const [stick, fire] = [await middle(page, "#stick"), await middle(page, "#fire")];
  const touchPoints = [{ x: stick.x, y: stick.y - 40, id: 1 }, { ...fire, id: 2 }];
  await fingers.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await page.waitForFunction(() => arena.flight.own().thrust > 0.5 && arena.flight.own().vy < -5);
  await page.waitForFunction(() => [...arena.flight.shots.flying(0, arena.flight.room.nowS())].length > 0);
  await fingers.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await page.waitForFunction(() => arena.flight.own().thrust === 0);
}

/** The client that the page itself plays with refuses what no server of ours would send, and says so in its own words. */
async function hostile(open, url) {
  const page = await open(url, DESK);
  const vectors = JSON.parse(readFileSync(new URL("../../protocol/vectors/hostile.json", import.meta.url), "utf8"));
  assert.ok(vectors.length > 300);
  const taken = await page.evaluate(async (vectors) => {
    const { BadMessage, decodeServer } = await import("/pelton.js");
    const counted = ([first, count, width]) =>
      Array.from({ length: count }, (_, index) =>
        Array.from({ length: width }, (_, byte) => (Math.floor((first + index) / 256 ** byte) % 256).toString(16).padStart(2, "0")).join(""),
      ).join("");
    const hexOf = ({ hex, repeat }) =>
      repeat
        ? repeat.prefix + repeat.unit.repeat(repeat.times) + repeat.suffix
        : [hex].flat().map((piece) => (typeof piece === "string" ? piece : counted(piece.count))).join("");
    return vectors.flatMap((vector) => {
      const bytes = Uint8Array.from(hexOf(vector).match(/../g) ?? [], (pair) => parseInt(pair, 16));
      try {
        decodeServer(bytes);
        return [`${vector.name} was taken`];
      } catch (error) {
        return error instanceof BadMessage ? [] : [`${vector.name}: ${error}`];
      }
    });
  }, vectors);
  assert.deepEqual(taken, []);
}

async function middle(page, selector) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  return { x: x + width / 2, y: y + height / 2 };
}

const [name, url] = process.argv.slice(2);
await withBrowser((open) => ({ together, cut, slow, phone, hostile })[name](open, url));
