// What the inspector has to do in a browser: `inspector.mjs NAME URL INSPECTOR [TOKEN]` plays one, and exits with 1 and the reason if it fails.
import assert from "node:assert/strict";
import { DESK, PHONE, play, withBrowser } from "./pages.mjs";

const [name, url, inspectorUrl, token] = process.argv.slice(2);
const WIDE = { viewport: { width: 1280, height: 800 } };

/** Somebody plays, and somebody looks into the room. */
async function lookedInto(open, options = WIDE) {
  const player = await open(url, DESK);
  const id = await play(player, "Ada");
  const page = await open(inspectorUrl, options);
  await page.click("td a");
  await page.locator(".badge", { hasText: "runs" }).waitFor();
  return { page, player, id };
}

const facts = (page) => page.locator(".title .note").textContent();
const tickOf = async (page) => Number(/tick ([\d,]+)/.exec(await facts(page))[1].replaceAll(",", ""));

/** The planted tick is in the plot and in the list; a click on either says what took so long. */
async function slow(open) {
  const { page } = await lookedInto(open);
  await page.locator(".slowest td.bad").first().waitFor();
  const tick = Number(await page.locator(".slowest tr", { has: page.locator("td.bad") }).locator("a").first().textContent());
  await page.click("text=Pause");
  await page.locator(".badge", { hasText: "paused" }).waitFor();
  await page.waitForTimeout(600); // the last ticks are drawn with the next answer
  await clickTick(page, tick);
  await page.locator(".why h3", { hasText: `Tick ${tick} took` }).waitFor();
  const first = await page.locator(".why .parts li").first().textContent();
  assert.match(first, /^\d+(\.\d+)? ms in game, on_tick/);
  assert.match(await page.locator(".why small.bad").textContent(), /over its 50\.0 ms/);
  const game = page.locator(".bars div", { has: page.locator("dt", { hasText: "game" }) });
  assert.ok(parseFloat(await game.locator("b").textContent()) > 50);
  await page.locator(".events li", { hasText: "overrun" }).waitFor();
  await page.click("text=Resume");
}

async function clickTick(page, tick) {
  const id = decodeURIComponent(new URL(page.url()).hash.split("/")[2]);
  const { oldest, newest } = await page.evaluate(async (id) => (await fetch(`api/rooms/${id}/ticks?limit=1`)).json(), id);
  const from = Math.max(oldest, newest - 299);
  const box = await page.locator(".u-over").boundingBox();
  const [low, high] = [from - 1, Math.max(newest, from + 40) + 1];
  await page.mouse.click(box.x + ((tick - low) / (high - low)) * box.width, box.y + box.height - 5);
}

async function paused(open) {
  const { page } = await lookedInto(open);
  assert.ok(await page.locator("text=Step one tick").isDisabled());
  await page.click("text=Pause");
  await page.locator(".badge", { hasText: "paused" }).waitFor();
  const before = await tickOf(page);
  await page.click("text=Step one tick");
  await page.locator("#said", { hasText: `ran tick ${before + 1}` }).waitFor();
  await page.waitForFunction((tick) => document.querySelector(".title .note").textContent.includes(`tick ${tick} `), before + 1);
  await page.click("text=Resume");
  await page.locator(".badge", { hasText: "runs" }).waitFor();
  await page.waitForFunction((text) => document.querySelector(".title .note").textContent !== text, await facts(page));
  await page.click("text=Events");
  await page.locator(".log td", { hasText: "admin" }).first().waitFor();
  await page.fill(".log input", "paused after");
  await page.locator(".log .note", { hasText: /^[1-9]\d* of / }).waitFor();
}

/** Players, what one of them sees, and his end. */
async function players(open) {
  const { page, player, id } = await lookedInto(open);
  await page.click("nav >> text=Players");
  const row = page.locator("tr", { has: page.locator(`a[href$="/state/${id}"]`) });
  await row.locator("td", { hasText: "Ada" }).waitFor();
  await row.locator("a").click();
  await page.locator(".state .note", { hasText: `that player ${id} sees` }).waitFor();
  await page.click(".tables >> text=ships");
  await page.locator(".state td", { hasText: new RegExp(`^${id}$`) }).first().waitFor();
  await page.click("nav >> text=Players");
  await row.locator("text=Kick").click();
  await page.click("#sure >> text=Cancel");
  assert.equal(await player.evaluate(() => document.body.dataset.state), "playing");
  await row.locator("text=Kick").click();
  await page.click("#sure >> text=Yes");
  await player.locator("body[data-state=over]").waitFor();
  await row.waitFor({ state: "detached" });
}

async function locked(open) {
  const page = await open(inspectorUrl, { ...WIDE, allowed: [401] });
  await page.locator("#token").waitFor();
  assert.equal(await page.locator("#refused").textContent(), "");
  await page.fill("#shown", "not the token, surely");
  await page.click("text=Show");
  await page.locator("#refused", { hasText: "this is not the token" }).waitFor();
  await page.fill("#shown", token);
  await page.click("text=Show");
  await page.locator("h2", { hasText: "Rooms" }).waitFor();
  await page.locator("td", { hasText: "no room is open" }).waitFor();
  await page.reload();
  await page.locator("td", { hasText: "no room is open" }).waitFor();
  assert.ok(!page.url().includes(token));
}

async function narrow(open) {
  const { page } = await lookedInto(open, PHONE);
  await page.locator(".u-over").waitFor();
  for (const tab of ["Ticks", "Players", "State", "Events"]) {
    await page.click(`nav >> text=${tab}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${tab} is ${wide} px too wide`);
  }
}

await withBrowser((open) => ({ slow, paused, players, locked, narrow })[name](open));
