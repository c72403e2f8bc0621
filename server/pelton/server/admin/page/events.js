/** What happened in a room, or in the server, the newest first, by kind or by a word; it goes on while one looks. */

import { h, Rows, show } from "./dom.js";

const KEPT = 500;
const SHOWN = 200;

export class EventsTab {
  /** Without a room: those of the whole process. */
  constructor(page, room) {
    this._api = page.api;
    this._room = room;
    this._since = 0;
    this._events = [];
    this._kind = h("select", { "aria-label": "kind" }, h("option", { value: "" }, "every kind"));
    this._word = h("input", { type: "search", placeholder: "filter", "aria-label": "filter" });
    this._note = h("span", { class: "note" });
    this._rows = new Rows([["tick", "number"], ["kind"], ["player", "number"], ["what"]], { key: (one) => one.number, fill, empty: "nothing yet", make: (row, one) => this._link(row, one) });
    for (const field of [this._kind, this._word]) field.addEventListener("input", () => this._draw());
    this.element = h("div", { class: "log" }, h("p", { class: "line" }, this._kind, this._word, this._note), this._rows.element);
  }

  async update() {
    const told = await this._api.get(...(this._room ? ["rooms", this._room.roomId] : []), "events", { since: this._since, limit: 400 });
    if (told.newest < this._since) {
      [this._since, this._events] = [0, []]; // another server has this id now
      return;
    }
    if (told.events.length) this._since = told.events.at(-1).number;
    this._events = [...this._events, ...told.events].slice(-KEPT);
    for (const kind of new Set(told.events.map((event) => event.kind))) {
      if (![...this._kind.options].some((option) => option.value === kind)) this._kind.append(h("option", { value: kind }, kind));
    }
    this._draw();
  }

  missing(text) {
    show(this._note, text);
  }

  _draw() {
    const word = this._word.value.trim().toLowerCase();
    const found = this._events.filter((one) => (!this._kind.value || one.kind === this._kind.value) && text(one).toLowerCase().includes(word));
    this._rows.update(found.slice(-SHOWN).reverse());
    show(this._note, `${found.length} of ${this._events.length}`);
  }

  _link(row, { tick }) {
    if (tick && this._room) row.cells[0].append(h("a", { href: this._room.address("ticks", tick) }, String(tick)));
  }
}

function text({ kind, player, seq, name, reason, detail }) {
  return [kind, player && `player ${player}`, name, seq && `action ${seq}`, reason, detail].filter(Boolean).join(" ");
}

function fill(cells, one) {
  show(cells[1], one.kind);
  cells[1].dataset.kind = one.kind;
  show(cells[2], one.player ? String(one.player) : "");
  show(cells[3], [one.name, one.seq && `action ${one.seq}`, one.reason, one.detail].filter(Boolean).join(", "));
}
