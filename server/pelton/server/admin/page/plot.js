/** The last ticks of a room as bars of their phases, under the line of its budget. A click, or arrow keys, choose one. */

import { h, ms } from "./dom.js";
import { colour, PHASES } from "./phases.js";

const KEPT = 300;
const HEIGHT = 250;
/** A tick that took longer is drawn to the edge: one of a second would flatten all others. */
const BUDGETS_MAX = 4;
const FIT_MS_MIN = 0.2;

export class Plot {
  /** `chosen(tick)` is called with the tick that somebody wants to know about. */
  constructor(chosen) {
    this._chosen = chosen;
    this._ticks = [];
    this._plot = null;
    this._selected = 0;
    this._fits = false;
    this._canvas = h("div", { class: "plot", tabIndex: 0, role: "application", "aria-label": "Ticks; arrow keys choose one" });
    this._button = h("button", { type: "button", onclick: () => this._toggle() }, "Fit to the ticks");
    const legend = PHASES.map((name) => h("li", { data: { phase: name } }, name));
    this._under = h("span", { class: "under" });
    const bar = h("div", { class: "legend" }, h("ul", {}, ...legend, h("li", { data: { phase: "budget" } }, "budget")), this._under, this._button);
    this.element = h("div", {}, bar, this._canvas);
    this._canvas.addEventListener("keydown", (event) => this._key(event));
    this._observer = new ResizeObserver(() => this._plot?.setSize({ width: this._width(), height: HEIGHT }));
    this._observer.observe(this._canvas);
  }

  /** Ticks after those that it has, as the API tells them. */
  add({ columns }) {
    const sums = columns.tick.map((tick, index) => {
      let sum = 0;
      const tops = PHASES.map((name) => (sum += (columns[`${name}_ns`]?.[index] ?? 0) / 1e6));
      return { tick, tops, tookNs: columns.took_ns[index], budget: columns.budget_ns[index] / 1e6 };
    });
    this._ticks = [...this._ticks, ...sums].slice(-KEPT);
    this._draw();
  }

  /** The last one that is shown; 0 without any. */
  get newest() {
    return this._ticks.at(-1)?.tick ?? 0;
  }

  forget() {
    this._ticks = [];
  }

  select(tick) {
    this._selected = tick;
    this._plot?.redraw(false);
  }

  close() {
    this._observer.disconnect();
    this._plot?.destroy();
  }

  _draw() {
    if (!this._ticks.length) return;
    if (typeof uPlot === "undefined") {
      this._under.textContent = "uPlot was not installed: make install";
      return;
    }
    this._plot ??= new uPlot(this._options(), this._data(), this._canvas);
    this._plot.setData(this._data());
  }

  /** The highest sums first: each lower one is painted over them. */
  _data() {
    const tops = PHASES.map((_, phase) => this._ticks.map((one) => one.tops[phase])).reverse();
    return [this._ticks.map((one) => one.tick), ...tops, this._ticks.map((one) => one.budget)];
  }

  _options() {
    const bars = uPlot.paths.bars({ size: [0.9, 14, 1], gap: 0 });
    const series = PHASES.map((name) => ({ label: name, paths: bars, fill: colour(name), width: 0, points: { show: false } })).reverse();
    const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    return {
      width: this._width(),
      height: HEIGHT,
      legend: { show: false },
      padding: [10, 8, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: { x: { time: false, range: (_, low, high) => [low - 1, Math.max(high, low + 40) + 1] }, y: { range: () => [0, this._top()] } },
      axes: [{ ...axis, size: 30 }, { ...axis, size: 56, values: (_, values) => values.map((value) => `${value} ms`) }],
      series: [{}, ...series, { label: "budget", stroke: colour("budget"), dash: [6, 4], width: 1.5, points: { show: false } }],
      hooks: { ready: [(plot) => this._listen(plot)], draw: [(plot) => this._mark(plot)], setCursor: [(plot) => this._tell(plot)] },
    };
  }

  _top() {
    const highest = Math.max(...this._ticks.map((one) => one.tops.at(-1)));
    if (this._fits) return Math.max(highest * 1.1, FIT_MS_MIN);
    const budget = this._ticks.at(-1).budget;
    return Math.max(budget * 1.25, Math.min(highest * 1.05, budget * BUDGETS_MAX));
  }

  _listen(plot) {
    plot.over.addEventListener("click", () => {
      const one = this._ticks[plot.cursor.idx ?? -1];
      if (one) this._chosen(one.tick);
    });
  }

  _tell(plot) {
    const one = this._ticks[plot.cursor.idx ?? -1];
    this._under.textContent = one ? `tick ${one.tick}: ${ms(one.tookNs)}` : "";
  }

  _mark(plot) {
    if (!this._ticks.some((one) => one.tick === this._selected)) return;
    const { ctx: context, bbox: box } = plot;
    const x = Math.round(plot.valToPos(this._selected, "x", true));
    context.save();
    context.fillStyle = colour("ink");
    context.beginPath();
    context.moveTo(x - 6, box.top - 8);
    context.lineTo(x + 6, box.top - 8);
    context.lineTo(x, box.top + 2);
    context.fill();
    context.globalAlpha = 0.35;
    context.fillRect(x, box.top, 1, box.height);
    context.restore();
  }

  _key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !this._ticks.length) return;
    event.preventDefault();
    const at = this._ticks.findIndex((one) => one.tick === this._selected);
    const next = at < 0 ? this._ticks.length - 1 : Math.min(Math.max(at + by, 0), this._ticks.length - 1);
    this._chosen(this._ticks[next].tick);
  }

  _toggle() {
    this._fits = !this._fits;
    this._button.textContent = this._fits ? "Show the budget" : "Fit to the ticks";
    this._draw();
  }

  _width() {
    return Math.max(this._canvas.clientWidth, 240);
  }
}
