"""What the rows have in common in which something is said that must end the connection with the right code."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene

__all__ = ["spoken"]

ANSWER_MS = 50


def spoken(
    scene: Scene, size: int, said: Sequence[bytes], codes: Collection[int], *, game: str = ""
) -> Sequence[Figure]:
    """Say each of them so often on a connection of its own, in this game if there is one; only `codes` may end it."""
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=10):
        seen = scene.attack("says", size, said=tuple(said), what=game)
    found: dict[str, int] = seen["codes"]
    other = sum(count for code, count in found.items() if int(code) not in codes)
    names = " or ".join(map(str, sorted(codes)))
    return [
        Figure("said", sum(found.values()), least=len(said) * size),
        Figure(f"closed with another code than {names}", other, most=0),
        Figure("slowest answer", 1000 * seen["slowest_s"], most=ANSWER_MS, unit="ms", is_timing=True),
        *figures,
    ]
