/** Who plays in a room: how far away, how far behind, what waits for them, and what was refused them. */

import { h, Rows, count, show, some, us } from "./dom.js";

const COLUMNS = [
  ["id", "number"],
  ["name"],
  ["seat"],
  ["round trip", "number"],
  ["behind", "number"],
  ["inbox", "number"],
  ["actions", "number"],
  ["lanes"],
  ["refused"],
  [""],
];
const LIMIT = 100;

export class PlayersTab {
  constructor(page, room) {
    this._page = page;
    this._room = room;
    this._from = 0;
    this._rows = new Rows(COLUMNS, { key: (one) => one.player_id, fill, empty: "nobody plays", make: (row, one) => this._make(row, one) });
    this._note = h("p", { class: "note" });
    this._next = h("button", { type: "button", hidden: true, onclick: () => this._turn() }, "More");
    this.element = h("div", {}, this._rows.element, h("p", { class: "line" }, this._note, this._next));
  }

  async update(room) {
    if (!room) return this.missing("This room is gone, and its players with it.");
    const told = await this._page.api.get("rooms", this._room.roomId, "players", { from: this._from, limit: LIMIT });
    if (!told.players.length && this._from) this._from = 0;
    this._following = told.next;
    this._rows.update(told.players);
    this._next.hidden = told.next === null && !this._from;
    show(this._next, told.next === null ? "From the beginning" : "More");
    show(this._note, `${some(told.total, "player")}, ${some(told.reserved, "seat")} promised`);
  }

  missing(text) {
    this._rows.update([]);
    show(this._note, text);
  }

  _turn() {
    this._from = this._following ?? 0;
  }

  _make(row, { player_id: id, name }) {
    row.cells[0].append(h("a", { href: this._room.address("state", id), title: "what this player sees" }, String(id)));
    const kick = async () => {
      if (await this._page.isSure(`Kick player ${id}, ${name}? The seat is free with the next tick.`)) {
        await this._page.act("kick", { room: this._room.roomId, player: id });
      }
    };
    row.cells[9].append(h("button", { type: "button", class: "small", onclick: kick }, "Kick"));
  }
}

function fill(cells, one) {
  const { lanes, inbox, refusals } = one;
  const refused = Object.entries(refusals).map(([reason, times]) => `${reason.replaceAll("_", " ")} ${times}`);
  const texts = [
    one.name,
    one.connected ? one.standing : `${one.standing}, away`,
    one.round_trip_us === null ? "–" : us(one.round_trip_us),
    some(one.unheard_ticks, "tick"),
    `${inbox.waiting} of ${inbox.max}`,
    `${count(one.acked_seq)} of ${count(one.received_seq)}`,
    lanes ? lanesOf(lanes) : "no frame yet",
    refused.join(", ") || "–",
  ];
  texts.forEach((text, index) => show(cells[index + 1], text));
  cells[2].classList.toggle("bad", !one.connected);
}

function lanesOf({ events_waiting: events, owed, busy, skipped, paced }) {
  const said = [
    busy && "line is busy",
    owed && "more state waits",
    paced && "every second frame",
    events && `${events} events wait`,
    skipped && `${count(skipped)} frames skipped`,
  ].filter(Boolean);
  return said.join(", ") || "clear";
}
