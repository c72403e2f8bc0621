/** One room: its ticks, its players, its state, its events; and what can be done with it. */

import { Refused } from "./api.js";
import { count, h, show, some, us } from "./dom.js";
import { EventsTab } from "./events.js";
import { PlayersTab } from "./players.js";
import { StateTab } from "./state.js";
import { TicksTab } from "./ticks.js";

const TABS = { ticks: TicksTab, players: PlayersTab, state: StateTab, events: EventsTab };

export class RoomView {
  constructor(page, roomId) {
    this.roomId = roomId;
    this._page = page;
    this._room = null;
    this._tabs = new Map();
    this._tab = null;
    this._facts = h("span", { class: "note" });
    this._state = h("b", { class: "badge" });
    this._pause = h("button", { type: "button", onclick: () => this._act(this._room?.paused ? "resume" : "pause") }, "Pause");
    this._step = h("button", { type: "button", disabled: true, onclick: () => this._act("step") }, "Step one tick");
    this._dump = h("button", { type: "button", onclick: () => this._act("dump") }, "Dump the record");
    this._links = Object.keys(TABS).map((name) => h("a", { href: this.address(name) }, name[0].toUpperCase() + name.slice(1)));
    this._body = h("div", { class: "tab" });
    const title = h("h2", {}, h("a", { href: "#/" }, "Rooms"), " / ", roomId, " ", this._state);
    const actions = h("div", { class: "actions" }, this._pause, this._step, this._dump);
    this.element = h("div", { class: "room" }, h("div", { class: "title" }, title, this._facts, actions), h("nav", {}, ...this._links), this._body);
  }

  /** Where a tab of this room is, and something in it. */
  address(tab, detail = "") {
    return `#/room/${encodeURIComponent(this.roomId)}/${tab}${detail === "" ? "" : `/${encodeURIComponent(detail)}`}`;
  }

  choose(name, detail) {
    const kind = TABS[name] ?? TicksTab;
    if (!this._tabs.has(kind)) this._tabs.set(kind, new kind(this._page, this));
    this._tab = this._tabs.get(kind);
    this._links.forEach((link) => link.toggleAttribute("aria-current", link.hash === this.address(name)));
    this._body.replaceChildren(this._tab.element);
    this._tab.choose?.(detail);
  }

  async update({ rooms }) {
    const room = rooms.find((one) => one.room_id === this.roomId) ?? null;
    this._room = room;
    this._tell(room);
    try {
      await this._tab.update(room);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      this._tab.missing?.(error.message);
    }
  }

  close() {
    for (const tab of this._tabs.values()) tab.close?.();
  }

  _tell(room) {
    const state = !room ? "gone" : room.paused ? "paused" : "runs";
    show(this._state, state);
    this._state.dataset.state = state;
    for (const button of [this._pause, this._dump]) button.disabled = !room;
    this._step.disabled = !room?.paused;
    show(this._pause, room?.paused ? "Resume" : "Pause");
    if (!room) return show(this._facts, "its record is kept for a while");
    const took = room.duration_us;
    const p99 = took ? `, p99 ${us(took.p99)} of ${us(room.budget_ns / 1000)}` : "";
    show(this._facts, `${room.game}, ${room.players} of ${some(room.seats, "player")}, tick ${count(room.tick)} at ${room.tick_hz} Hz${p99}`);
  }

  _act(action) {
    return this._page.act(action, { room: this.roomId });
  }
}
