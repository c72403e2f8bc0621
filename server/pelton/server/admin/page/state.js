/** The state of a room, table by table; and what one player sees of it. */

import { count, h, Rows, show, some } from "./dom.js";

const LIMIT = 50;

export class StateTab {
  constructor(page, room) {
    this._api = page.api;
    this._room = room;
    this._player = "";
    this._table = "";
    this._from = 0;
    this._shape = "";
    this._field = h("input", { type: "number", min: 1, placeholder: "everybody", "aria-label": "as seen by player" });
    this._field.addEventListener("change", () => (location.hash = room.address("state", this._field.value)));
    this._list = h("ul", { class: "tables" });
    this._rows = null;
    this._place = h("div", { class: "rows" });
    this._note = h("span", { class: "note" });
    this._back = h("button", { type: "button", onclick: () => (this._from = 0) }, "First page");
    this._more = h("button", { type: "button", onclick: () => (this._from = this._next ?? 0) }, "Next page");
    const asked = h("label", { class: "line" }, "As seen by player ", this._field);
    const pager = h("p", { class: "line" }, this._note, this._back, this._more);
    this.element = h("div", { class: "state" }, h("aside", {}, asked, this._list), h("div", {}, pager, this._place));
  }

  choose(player) {
    if (player === this._player) return;
    this._player = player;
    this._field.value = player;
    this._from = 0;
  }

  async update(room) {
    if (!room) return this.missing("This room is gone, and its state with it.");
    const seen = this._player ? { player: this._player } : {};
    const { tables } = await this._api.get("rooms", this._room.roomId, "state", seen);
    if (!tables.some(({ table }) => table === this._table)) this._table = tables[0]?.table ?? "";
    this._tell(tables);
    if (!this._table) return show(this._note, "this game has no tables");
    const told = await this._api.get("rooms", this._room.roomId, "state", this._table, { from: this._from, limit: LIMIT, ...seen });
    this._next = told.next;
    this._show(tables.find(({ table }) => table === this._table), told);
  }

  missing(text) {
    show(this._note, text);
    this._place.replaceChildren();
    this._shape = "";
  }

  _tell(tables) {
    const items = tables.map((one) => {
      const seen = one.rows_seen === undefined ? "" : `${count(one.rows_seen)} seen of `;
      const by = one.rules.length ? ` by ${one.rules.join(", ")}` : "";
      const choose = () => ((this._table = one.table), (this._from = 0));
      const current = one.table === this._table;
      const button = h("button", { type: "button", onclick: choose, "aria-pressed": String(current) }, one.table);
      return h("li", {}, button, h("span", { class: "note" }, `${seen}${some(one.rows, "row")}, ${some(one.groups, "group")}${by}`));
    });
    if (this._list.textContent !== items.map((item) => item.textContent).join("") || this._chosen !== this._table) {
      this._chosen = this._table;
      this._list.replaceChildren(...items);
    }
  }

  _show(table, told) {
    const names = table.columns.map(({ name }) => name);
    const shape = `${table.table} ${names.join(" ")}`;
    if (shape !== this._shape) {
      this._shape = shape;
      const columns = [["id", "number"], ...table.columns.map(({ name, kind }) => [name, /str|bytes|bool/.test(kind) ? "" : "number"]), ["changed in", "number"]];
      const fill = (cells, row) => {
        [row.id, ...names.map((name) => shown(row.values[name])), row.changed].forEach((value, index) => show(cells[index], String(value)));
      };
      this._rows = new Rows(columns, { key: (row) => row.id, fill, empty: this._player ? "this player sees none" : "no rows" });
      this._place.replaceChildren(this._rows.element);
    }
    this._rows.update(told.rows);
    const who = this._player ? ` that player ${this._player} sees` : "";
    const last = told.from + told.rows.length;
    show(this._note, `${count(told.total)} rows of ${told.table}${who} in tick ${count(told.tick)}${told.rows.length ? `, ${told.from + 1} to ${last}` : ""}`);
    this._back.hidden = !this._from;
    this._more.hidden = told.next === null;
  }
}

function shown(value) {
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(3) : typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
