"""A stage, seen from its admin port, with numbers that stand still."""

from __future__ import annotations

from pelton.server.admin.watched import Usage, Watched
from tests.server.stage import Stage


def watched(stage: Stage) -> Watched:
    return Watched(
        version="1.2.3",
        loop="uvloop",
        transport="swept",
        clock=stage.clock,
        started_ns=0,
        lobby=stage.lobby,
        metrics=stage.metrics,
        times=stage.beat.times,
        usage=lambda: Usage(1_500_000_000, 4096),
    )
