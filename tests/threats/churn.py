"""What is left of those who came and went: memory by the cycle, and everything that is counted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.process import MB, descriptors, rss_mb

__all__ = ["SETTINGS", "churned", "slope"]

SETTINGS = (
    "simulate.grace_s=1",
    "simulate.room_empty_ttl_s=0",
    "simulate.room_faults_per_minute_max=10000",
    "deliver.slow_after_s=0.5",
    "deliver.ack_lag_max_s=1",
)
"""Who is away is gone soon, so that a cycle ends."""
SLOPE_SIZE = 10_000
"""Cycles from which a slope says more than the noise."""
WARM_SHARE = 0.2
GROWN_MB = 20
"""Of a small run, most of which is warming up; only a leak of some 10 kB a cycle shows in it."""
PATIENCE_S = 60


def churned(scene: Scene, kind: str, size: int, bytes_a_cycle: float) -> Sequence[Figure]:
    """Let so many cycles of this kind pass (see `attack_churn`) and look at what the server has kept of them."""
    before, open_before = _left(scene), descriptors(scene.pid)
    samples: list[tuple[float, float]] = []
    with scene.attacking("churn", size, what=kind) as attacker:
        while "over" not in (seen := attacker.seen()):
            if seen["cycles"] >= size * WARM_SHARE:
                samples.append((seen["cycles"], rss_mb(scene.pid) * MB))
    scene.until(lambda: _left(scene) == before, PATIENCE_S)
    after = _left(scene)
    scene.until(lambda: descriptors(scene.pid) <= open_before, PATIENCE_S)
    open_after = descriptors(scene.pid)
    memory = (
        Figure("memory kept of a cycle", slope(samples), most=bytes_a_cycle, unit="bytes")
        if size >= SLOPE_SIZE
        else Figure("memory kept", rss_mb(scene.pid) - samples[0][1] / MB, most=GROWN_MB, unit="MB")
    )
    return [
        Figure("cycles", seen["cycles"], least=size),
        Figure("kinds of endings", len(seen["ends"]), least=2),
        memory,
        *(Figure(f"{name} left over", after[name] - before[name], most=0) for name in before),
        Figure("descriptors left over", open_after - open_before, most=0),
        Figure("errors that nobody answered for", scene.count("unhandled_errors"), most=0),
    ]


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """After Theil and Sen: the median of the slopes between any two; a few that lie far off do not move it."""
    return median((y - x) / (b - a) for (a, x), (b, y) in combinations(samples, 2) if b > a)


def _left(scene: Scene) -> dict[str, int]:
    stats = scene.stats()
    return {
        "connections": stats["connections"],
        "players": stats["players"],
        "rooms": stats["rooms_open"],
        "seated connections": stats["metrics"]["seated"],
        "actions waiting": stats["actions_waiting"],
    }
