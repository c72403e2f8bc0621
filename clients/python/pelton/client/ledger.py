"""The actions of a seat that were sent and not answered yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pelton.protocol import Act
from pelton.protocol.messages import Refusal

__all__ = ["Ledger"]


class Ledger:
    """Numbers actions, and strikes them out when they are answered."""

    __slots__ = ("_last_seq", "_sent", "unanswered")

    def __init__(self) -> None:
        self.unanswered: dict[int, float] = {}
        """When each was sent, by number."""
        self._sent: dict[int, Act[list[Any]]] = {}
        self._last_seq = 0

    def __len__(self) -> int:
        return len(self.unanswered)

    def next_seq(self, now_s: float) -> int:
        """The number of an action that is sent now."""
        self._last_seq = seq = self._last_seq + 1
        self.unanswered[seq] = now_s
        return seq

    def keep(self, act: Act[list[Any]]) -> None:
        """Keep it until it is answered, as it may have to be sent again."""
        self._sent[act.seq] = act

    def forget(self, seq: int) -> None:
        """It is answered, or was never sent."""
        self.unanswered.pop(seq, None)
        self._sent.pop(seq, None)

    def after(self, seq: int) -> list[Act[list[Any]]]:
        """All that were sent after this one and are not answered."""
        return [act for number, act in self._sent.items() if number > seq]

    def settle(self, ack: int, refused: Sequence[Refusal], now_s: float) -> list[tuple[int, float]]:
        """Strike out what is answered. What comes back was taken: the number of each, and how long it took."""
        waiting = self.unanswered
        for seq, _ in refused:  # first, since an ack may pass them
            self.forget(seq)
        taken: list[tuple[int, float]] = []
        while waiting and (seq := next(iter(waiting))) <= ack:
            taken.append((seq, now_s - waiting.pop(seq)))
            self._sent.pop(seq, None)
        return taken

    def close(self) -> None:
        """Nobody will answer any more; what is unanswered stays so."""
        self._sent.clear()
