/** What stands around the picture: figures, score board, the line's sliders, and what has to be said. */

import type { Flight } from "./flight.js";
import type { Conditions, Line } from "./line.js";
import { colour, OWN } from "./painter.js";

const CUT_S = 5;
const TOAST_S = 1.6;
/** A silence shorter than this is not worth a word. */
const SILENCE_S = 0.7;
const PING_EVERY_S = 0.5;
/** Servers answer when they look at what has come, so one ping says little. */
const PINGS = 4;

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

export class Panel {
  private _said = "";
  private _saidUntilS = 0;
  private _drainUntilS = 0;
  private _pingedS = -Infinity;
  private _isPinging = false;
  private _pings: number[] = [];

  constructor(private readonly _line: Line) {
    for (const key of ["latencyMs", "jitterMs", "lossPercent"] as const) this._slider(key);
    element("cut").addEventListener("click", () => _line.cut(CUT_S * 1000));
    // Whoever points at it goes on to play, and his keys are for the ship.
    element("line").addEventListener("click", ({ detail }) => detail && (document.activeElement as HTMLElement).blur());
  }

  /** Say something for a moment. */
  say(text: string, nowS: number): void {
    this._said = text;
    this._saidUntilS = nowS + TOAST_S;
  }

  /** The server will stop. */
  drain(endsInS: number, nowS: number): void {
    this._drainUntilS = nowS + endsInS;
  }

  /** Several times a second. */
  update(flight: Flight): void {
    const { room } = flight;
    this._ping(flight);
    text("ping", this._pings.length ? `${Math.round(Math.min(...this._pings) * 1000)} ms` : "–");
    text("tick", room.state.tick.toLocaleString("en"));
    text("jitter", `${Math.round(room.clock.jitterS * 1000)} ms`);
    text("missed", `${flight.missed} %`);
    this._updateScores(flight);
    const nowS = room.nowS();
    text("toast", nowS < this._saidUntilS ? this._said : "");
    const warning = this._warning(flight, nowS);
    text("banner", warning);
    element("banner").hidden = !warning;
  }

  /** `client.clock.roundTripS` is the best of a minute; what a slider does should show at once. */
  private _ping({ client, room }: Flight): void {
    const nowS = room.nowS();
    if (this._isPinging || !room.connected || nowS - this._pingedS < PING_EVERY_S) return;
    this._pingedS = nowS;
    this._isPinging = true;
    client
      .ping()
      .then((tripS) => (this._pings = [...this._pings, tripS].slice(-PINGS)))
      .catch(() => undefined) // the line is lost, and the banner says so
      .finally(() => (this._isPinging = false));
  }

  private _warning({ room, silenceS }: Flight, nowS: number): string {
    const cutS = this._line.cutMs / 1000;
    const cut = cutS ? ` · cut off for ${cutS.toFixed(1)} s` : "";
    if (room.leftReason !== null) return "";
    if (!room.connected) return `Reconnecting; your ship is kept${cut}`;
    if (silenceS > SILENCE_S) return `Nothing heard for ${silenceS.toFixed(1)} s${cut}`;
    if (nowS < this._drainUntilS) return `The server stops in ${Math.ceil(this._drainUntilS - nowS)} s`;
    return "";
  }

  private _updateScores(flight: Flight): void {
    const pilots = flight.pilots();
    const own = flight.room.playerId;
    const place = pilots.findIndex(({ id }) => id === own);
    const most = Math.min(innerWidth, innerHeight) < 600 ? 4 : 8;
    const shown = pilots.slice(0, most);
    if (place >= most) shown.splice(-1, 1, pilots[place]);
    const lines = shown.map((pilot) => {
      const line = document.createElement("li");
      line.classList.toggle("own", pilot.id === own);
      const [rank, mark, name, score] = ["span", "i", "b", "em"].map((tag) => document.createElement(tag));
      rank.textContent = String(pilots.indexOf(pilot) + 1);
      mark.style.background = pilot.id === own ? OWN : colour(pilot.id);
      name.textContent = pilot.name;
      score.textContent = String(pilot.score);
      line.append(rank, mark, name, score);
      return line;
    });
    element("scores").replaceChildren(...lines);
    text("count", `${pilots.length}`);
  }

  private _slider(key: keyof Conditions): void {
    const slider = element<HTMLInputElement>(key);
    const unit = key === "lossPercent" ? "%" : "ms";
    const follow = () => {
      this._line.conditions[key] = slider.valueAsNumber;
      text(`${key}Shown`, `${slider.value} ${unit}`);
    };
    slider.addEventListener("input", follow);
    slider.value = "0";
    follow();
  }
}

function text(id: string, shown: string): void {
  const found = element(id);
  if (found.textContent !== shown) found.textContent = shown;
}
