"""What a client asks about its state: whether it is right, and the whole of what is not."""

from __future__ import annotations

import logging

from pelton.protocol import Resync, Verify
from pelton.server.metrics import Metrics
from pelton.server.simulate.seat import Seat

__all__ = ["ask"]

log = logging.getLogger(__name__)


def ask(seat: Seat, asked: Verify | Resync, metrics: Metrics, session_id: str) -> None:
    """Note it with the seat: the next frame answers. What a client found wrong is logged, as it is a fault of ours."""
    questions = seat.ask()
    if isinstance(asked, Verify):
        questions.verify = True
        return
    metrics.resyncs += 1
    questions.everything |= not asked.groups
    for table, group, agreed in asked.groups:
        questions.groups.add((table, group))
        player_id = seat.player.id
        log.warning(
            "player %d: its group %d of table %d differs from ours, as of tick %d it did not",
            player_id,
            group,
            table,
            agreed,
            extra={"player_id": player_id, "session_id": session_id, "table": table, "group": group},
        )
