/** All rooms: how many play, and how long their ticks take of what they have. */

import { count, h, ms, Rows, show, us } from "./dom.js";
import { EventsTab } from "./events.js";

const COLUMNS = [
  ["room"],
  ["game"],
  ["players", "number"],
  ["tick", "number"],
  ["rate", "number"],
  ["p50", "number"],
  ["p99", "number"],
  ["max", "number"],
  ["p99 of its budget", "wide"],
  ["overruns", "number"],
  ["waiting", "number"],
  ["state"],
];

export class RoomsView {
  constructor(page) {
    this._rows = new Rows(COLUMNS, { key: (room) => room.room_id, fill, make, empty: "no room is open" });
    this._ended = new Rows([["room"], ["game"], ["ticks", "number"]], { key: (room) => room.room_id, fill: fillEnded, make });
    this._endedPart = h("section", { hidden: true }, h("h2", {}, "Gone, and still on record"), this._ended.element);
    this._more = h("p", { class: "note" });
    this._events = new EventsTab(page, null);
    const events = h("section", {}, h("h2", {}, "Events of the server"), this._events.element);
    this.element = h("div", { class: "rooms" }, h("h2", {}, "Rooms"), this._rows.element, this._more, events, this._endedPart);
  }

  async update({ rooms, ended, left_out: leftOut }) {
    this._rows.update(rooms);
    show(this._more, leftOut ? `and ${count(leftOut)} more` : "");
    this._ended.update(ended);
    this._endedPart.hidden = !ended.length;
    await this._events.update();
  }
}

function make(row, { room_id: id }) {
  row.cells[0].append(h("a", { href: `#/room/${encodeURIComponent(id)}` }, id));
}

function fill(cells, room) {
  const { duration_us: took, budget_ns: budgetNs } = room;
  const share = took ? (took.p99 * 1000) / budgetNs : 0;
  const texts = [
    room.game,
    `${room.players} of ${room.seats}`,
    count(room.tick),
    `${room.tick_hz} Hz`,
    took ? us(took.p50) : "–",
    took ? us(took.p99) : "–",
    took ? us(took.max) : "–",
  ];
  texts.forEach((text, index) => show(cells[index + 1], text));
  const bar = cells[8].firstChild ?? cells[8].appendChild(h("span", { class: "share" }, h("i")));
  bar.firstChild.style.width = `${Math.min(share, 1) * 100}%`;
  bar.classList.toggle("over", share > 1);
  bar.title = `p99 is ${(share * 100).toFixed(0)} % of ${ms(budgetNs)}`;
  show(cells[9], count(room.overruns));
  cells[9].classList.toggle("bad", room.overruns > 0);
  show(cells[10], count(room.actions_waiting));
  show(cells[11], [room.paused && "paused", room.locked && "locked"].filter(Boolean).join(", ") || "runs");
}

function fillEnded(cells, room) {
  show(cells[1], room.game);
  show(cells[2], count(room.tick));
}
