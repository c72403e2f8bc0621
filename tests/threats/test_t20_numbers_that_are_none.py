"""T20: a number that is none, or out of its bounds, is no action; the game never sees it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import pack
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

BAD: tuple[object, ...] = (
    float("nan"),
    float("inf"),
    float("-inf"),
    1.5,
    1e300,
    2**63,
    -(2**63),
    "1",
    None,
    True,
    [],
    {},
)
SAID = tuple(pack(["steer", value, 0.0]) for value in BAD) + tuple(pack(["steer", 0.0, value]) for value in BAD)


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("bad_acts", size, said=SAID)
    return [
        Figure("refused as invalid", seen["refused"].get("invalid", 0), least=len(SAID) * size),
        Figure("given to the game", seen["taken"], most=0),
        *figures,
    ]


ROW = Row("T20", "NaN, infinities and huge numbers in actions", run, full=50, ci=2)


def test_numbers_that_are_none(scenes: Scenes) -> None:
    check(ROW, scenes)
