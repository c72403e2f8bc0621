/** The plot of a room's ticks, its slowest ones, and why one of them took so long, or why an action was refused. */

import { bytes, h, ms, Rows, show, some } from "./dom.js";
import { colour, OWN, PHASES } from "./phases.js";
import { Plot } from "./plot.js";

const BACK = 300;
const SLOWEST = 8;
const SLOWEST_EVERY_MS = 2000;

export class TicksTab {
  constructor(page, room) {
    this._api = page.api;
    this._room = room;
    this._tick = 0;
    this._slowestMs = -Infinity;
    this._plot = new Plot((tick) => (location.hash = room.address("ticks", tick)));
    this._why = h("section", { class: "why", "aria-live": "polite" });
    this._rows = new Rows([["tick", "number"], ["took", "number"], ["first of all"]], { key: (one) => one.tick, fill, empty: "no tick yet", make: (row, one) => this._link(row, one) });
    const side = h("section", { class: "slowest" }, h("h3", {}, "The slowest of the last minute"), this._rows.element, this._refusals());
    this.element = h("div", {}, this._plot.element, h("div", { class: "pair" }, this._why, side));
    this._hint();
  }

  choose(detail) {
    const tick = Number(detail) || 0;
    if (tick === this._tick) return;
    this._tick = tick;
    this._plot.select(tick);
    if (tick) void this._explain(tick);
    else this._hint();
  }

  async update() {
    const { roomId } = this._room;
    const since = this._plot.newest;
    let told = await this._api.get("rooms", roomId, "ticks", { since, limit: 400 });
    if (told.newest < since) {
      this._plot.forget(); // another server has this id now
      return;
    }
    if (!since && told.newest > BACK) told = await this._api.get("rooms", roomId, "ticks", { since: told.newest - BACK, limit: 400 });
    this._plot.add(told);
    if (performance.now() - this._slowestMs < SLOWEST_EVERY_MS) return;
    this._slowestMs = performance.now();
    const { ticks, sentences } = await this._api.get("rooms", roomId, "slowest", { limit: SLOWEST });
    this._rows.update(ticks.map((one, index) => ({ ...one, mostly: rest(sentences[index]) })));
  }

  missing(text) {
    this._why.replaceChildren(h("p", { class: "note" }, text));
  }

  close() {
    this._plot.close();
  }

  _hint() {
    this._why.replaceChildren(h("p", { class: "note" }, "Choose a tick, in the plot or in the list, to see why it took so long."));
  }

  async _explain(tick) {
    let told;
    try {
      told = await this._api.get("rooms", this._room.roomId, "why", { tick });
    } catch (error) {
      if (tick === this._tick) this.missing(error.message);
      return;
    }
    if (tick !== this._tick) return;
    const [one] = told.ticks;
    const over = one.took_ns - one.budget_ns;
    const title = h("h3", {}, `Tick ${tick} took ${ms(one.took_ns)}`, h("small", { class: over > 0 ? "bad" : "" }, over > 0 ? `${ms(over)} over its ${ms(one.budget_ns)}` : `of ${ms(one.budget_ns)}`));
    const parts = h("ul", { class: "parts" }, ...told.explanation.parts.map((part) => h("li", {}, part)));
    const facts = h("p", { class: "note" }, `${some(one.players, "player")}, ${some(one.actions, "action")} taken, ${some(one.frames, "frame")}, ${one.skipped} skipped, ${bytes(one.bytes_out)}`);
    const events = told.events.map((event) => h("li", {}, h("b", {}, event.kind), ` ${[event.player && `player ${event.player}`, event.name, event.reason, event.detail].filter(Boolean).join(", ")}`));
    this._why.replaceChildren(title, parts, bars(one), facts, h("ul", { class: "events" }, ...events));
  }

  _link(row, { tick }) {
    row.cells[0].append(h("a", { href: this._room.address("ticks", tick) }, String(tick)));
  }

  _refusals() {
    const [player, seq] = ["player", "action"].map((name) => h("input", { type: "number", min: 0, required: true, placeholder: name, "aria-label": name }));
    const answer = h("p", { class: "note", role: "status" });
    const ask = async (event) => {
      event.preventDefault();
      try {
        const told = await this._api.get("rooms", this._room.roomId, "why", { player: player.value, seq: seq.value });
        show(answer, told.sentence);
      } catch (error) {
        show(answer, error.message);
      }
    };
    return h("form", { class: "line", onsubmit: ask }, h("h3", {}, "Why was an action refused?"), player, seq, h("button", {}, "Ask"), answer);
  }
}

function fill(cells, one) {
  show(cells[1], ms(one.took_ns));
  cells[1].classList.toggle("bad", one.took_ns > one.budget_ns);
  show(cells[2], one.mostly);
}

/** The first of its reasons. */
function rest(sentence) {
  return sentence.slice(sentence.indexOf(": ") + 2).split("; ")[0];
}

/** The phases one after the other, as long as they took, under a mark where the budget ends. */
function bars(one) {
  const total = PHASES.reduce((sum, name) => sum + one[`${name}_ns`], 0);
  const scale = 100 / Math.max(total, one.budget_ns);
  const before = ["lag", "poll"];
  let at = 0;
  const lines = [...before, ...PHASES.filter((name) => OWN.has(name))].map((name) => {
    const ns = one[`${name}_ns`];
    const bar = h("i");
    bar.style.marginLeft = `${at * scale}%`;
    bar.style.width = `max(${ns * scale}%, ${ns ? 2 : 0}px)`;
    bar.style.background = colour(name);
    at += ns;
    return h("div", {}, h("dt", {}, name), h("dd", {}, h("span", {}, bar), h("b", {}, ms(ns))));
  });
  const list = h("dl", { class: "bars" }, ...lines);
  list.style.setProperty("--budget-at", `${one.budget_ns * scale}%`);
  return list;
}
