"""Counts of a whole swarm.

Every bot adds to the same tally, on one thread; nothing is printed and nothing judged here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pelton.swarm.histogram import Histogram

if TYPE_CHECKING:
    from pelton.client import Frame

__all__ = ["Failure", "Tally"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended a bot before its time."""

    bot: int
    text: str
    fault: Exception | None = None
    """Set if it is a fault in the bot's behaviour: then its traceback tells more than the text."""


@dataclass(slots=True)
class Tally:
    """All that is counted. Every action sent ends as taken, refused or unanswered."""

    started: int = 0
    connected: int = 0
    seated: int = 0
    sent: int = 0
    taken: int = 0
    refusals: Counter[str] = field(default_factory=Counter[str])
    """By reason."""
    frames: int = 0
    frames_expected: int = 0
    keyframes: int = 0
    digests: int = 0
    """Frames after which the replica was compared with the server's state."""
    mismatches: int = 0
    """Groups of rows that were not what the server had."""
    input_to_ack: Histogram = field(default_factory=Histogram)
    failures: list[Failure] = field(default_factory=list[Failure])

    @property
    def refused(self) -> int:
        """Actions refused, whatever the reason."""
        return self.refusals.total()

    @property
    def unanswered(self) -> int:
        """Actions that were neither taken nor refused; while bots play, those under way."""
        return self.sent - self.taken - self.refused

    def saw(self, frame: Frame) -> None:
        """A bot has taken in a frame. Runs for each frame of each bot: keep it short."""
        self.frames += 1
        if frame.is_keyframe:
            self.keyframes += 1
        if frame.is_checked:
            self.digests += 1
        if frame.divergences:
            self.mismatches += len(frame.divergences)
        if frame.taken:
            self.taken += len(frame.taken)
            for _, latency_s in frame.taken:
                self.input_to_ack.add(latency_s)
        if frame.refused:
            for _, reason in frame.refused:
                self.refusals[reason] += 1

    def stayed(self, seconds: float, tick_hz: float) -> None:
        """A bot has had a seat for so long; a frame was due every tick."""
        self.frames_expected += int(seconds * tick_hz)

    def failed(self, bot: int, text: str, fault: Exception | None = None) -> None:
        """A bot has ended before its time."""
        self.failures.append(Failure(bot, text, fault))

    def failures_by_text(self) -> Mapping[str, list[int]]:
        """The numbers of the bots that failed, by what they met."""
        bots: defaultdict[str, list[int]] = defaultdict(list)
        for failure in self.failures:
            bots[failure.text].append(failure.bot)
        return bots
