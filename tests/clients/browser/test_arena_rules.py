"""The page predicts the own ship by rules of its own: they have to be the game's."""

from __future__ import annotations

import json
import math
import subprocess
from random import Random

from pelton.games.arena import Arena
from tests.clients.browser.bundle import ROOT
from tests.clients.browser.nodejs import NODE
from tests.server.fakes import new_room

TICKS = 2000
DT_S = 0.05
PROGRAM = f"""
import {{ step }} from "{ROOT / "clients/browser/arena/game.ts"}";
import {{ readFileSync }} from "node:fs";
const {{ begin, steers }} = JSON.parse(readFileSync(0, "utf8"));
let ship = {{ id: 1, respawn: 0, ...begin }};
console.log(JSON.stringify(steers.map(([turn, thrust]) => {{
  ship = step(ship, {{ name: "steer", fields: {{ turn, thrust }} }}, 0);
  ship = step(ship, null, {DT_S});
  return [ship.x, ship.y, ship.angle];
}})));
"""


def test_the_page_flies_a_ship_as_the_game_does() -> None:
    dice = Random(7)
    steers = [(dice.uniform(-1, 1), dice.uniform(0, 1)) for _ in range(TICKS)]
    room = new_room(Arena)
    ship = room.ships.add(1, x=4000.0, y=50.0, angle=3.0)
    begin = {"x": ship.x, "y": ship.y, "angle": ship.angle}
    expected: list[tuple[float, float, float]] = []
    for ship.turn, ship.thrust in steers:
        room.fly(ship, DT_S)
        expected.append((ship.x, ship.y, ship.angle))
    run = subprocess.run(
        [NODE, "--no-warnings", "--input-type=module", "--eval", PROGRAM],
        input=json.dumps({"begin": begin, "steers": steers}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    flown = json.loads(run.stdout)
    assert len({x for x, _, _ in expected}) > TICKS / 4, "it hardly moves: this would pass on nothing"
    differing = [tick for tick, (one, other) in enumerate(zip(flown, expected, strict=True)) if not _same(one, other)]
    assert differing == []


def _same(one: list[float], other: tuple[float, float, float]) -> bool:
    return all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(one, other, strict=True))
