// Chromium and the arena's pages in it, for the scenarios. Whatever a page complains of is an error of the scenario.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const [playwright, executablePath] = [process.env.PELTON_PLAYWRIGHT, process.env.PELTON_CHROMIUM];
const { chromium } = await import(pathToFileURL(playwright).href);

export const DESK = { viewport: { width: 800, height: 600 } };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const TIMEOUT_MS = 30_000;

/** A browser that ends with the scenario. No sandbox: it only sees our own page, and root has no other. */
export async function withBrowser(scenario) {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const complaints = [];
  try {
    await scenario((url, options) => open(browser, url, options, complaints));
    assert.deepEqual(complaints, []);
  } catch (error) {
    throw complaints.length ? new Error(`the page complains: ${complaints.join("; ")}`, { cause: error }) : error;
  } finally {
    await browser.close();
  }
}

/** `allowed`: statuses that are no complaint. */
async function open(browser, url, { allowed = [], ...options }, complaints) {
  const isAllowed = (text) => allowed.some((status) => text.includes(`status of ${status}`));
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !isAllowed(message.text())) complaints.push(message.text());
  });
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("response", (answer) => answer.status() >= 400 && !allowed.includes(answer.status()) && complaints.push(`${answer.url()}: ${answer.status()}`));
  await page.goto(url);
  return page;
}

/** Take a seat under this name. The player's id. */
export async function play(page, name) {
  await page.fill("#name", name);
  await page.click("#play");
  await page.waitForFunction(() => document.body.dataset.state === "playing" && arena.flight.own() !== null);
  return page.evaluate(() => arena.flight.room.playerId);
}

/** Wait until this page draws that ship in several places, one after the other. */
export async function seesMoving(page, id) {
  await page.waitForFunction((id) => {
    const ship = [...arena.flight.others()].find((one) => one.id === id);
    const places = (globalThis.places ??= new Map());
    const seen = places.get(id) ?? new Set();
    places.set(id, ship ? seen.add(Math.round(ship.x)) : seen);
    return seen.size > 10;
  }, id);
}

export const connected = (page) => page.evaluate(() => arena.flight.room.connected);
export const ownScore = (page) => page.evaluate(() => Number(document.querySelector("#scores .own em").textContent));
