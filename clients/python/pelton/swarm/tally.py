"""Counts of a whole swarm.

Every bot adds to the same tally, on one thread; nothing is printed and nothing judged here. Those of several processes
are merged, and two snapshots of one tell what happened between them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pelton.swarm.histogram import Histogram

if TYPE_CHECKING:
    from pelton.client import Frame
    from pelton.swarm.invariants import Arrival

__all__ = ["COUNTS", "FAILURES_KEPT", "HISTOGRAMS", "Failure", "Snapshot", "Tally", "Violation"]

FAILURES_KEPT = 10_000
VIOLATIONS_KEPT = 100
"""Of both, what is beyond is only counted."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended a bot before its time."""

    bot: int
    text: str
    trace: str = ""
    """Set if it is a fault in the bot's behaviour: then it tells more than the text."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that the protocol promises was not so."""

    bot: int
    behaviour: str
    tick: int
    text: str
    """The invariant that does not hold, in one sentence."""
    arrivals: tuple[Arrival, ...] = ()
    """The last frames that this bot was sent, the newest last."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A tally's figures at one moment, or between two."""

    counts: Mapping[str, int]
    refusals: Mapping[str, int]
    histograms: Mapping[str, Histogram]

    def since(self, earlier: Snapshot) -> Snapshot:
        """What was counted after `earlier`, a snapshot of the same tally."""
        return Snapshot(
            {name: count - earlier.counts[name] for name, count in self.counts.items()},
            {reason: count - earlier.refusals.get(reason, 0) for reason, count in self.refusals.items()},
            {name: mine.since(earlier.histograms[name]) for name, mine in self.histograms.items()},
        )


@dataclass(slots=True)
class Tally:
    """All that is counted. Every action sent ends as taken, refused or unanswered. All latencies are in seconds."""

    started: int = 0
    """Bots, from here to `failed`."""
    connected: int = 0
    seated: int = 0
    ended: int = 0
    """Had enough, or their session was over, while the others played on."""
    turned_away: int = 0
    """Came while as many played as may: they were not even started."""
    failed_bots: int = 0
    cut: int = 0
    """Connections, from here to `returned`: ended by a storm."""
    lost: int = 0
    """Ended by anything else, of bots that may come back."""
    returned: int = 0
    """Times that a bot had a seat again, after either."""
    sent: int = 0
    """Actions, here and in the next line."""
    taken: int = 0
    refusals: Counter[str] = field(default_factory=Counter[str])
    """By reason."""
    frames: int = 0
    frames_expected: int = 0
    keyframes: int = 0
    gaps: int = 0
    """Times that a bot was sent nothing for more ticks than a live room should ever skip."""
    bytes_in: int = 0
    """Of messages, without the few bytes that WebSocket and TCP add."""
    bytes_out: int = 0
    digests: int = 0
    """Frames after which the replica was compared with the server's state."""
    mismatches: int = 0
    """Groups of rows that were not what the server had."""
    violated: int = 0
    input_to_ack: Histogram = field(default_factory=Histogram)
    """From the moment an action was meant to be sent to the frame that acknowledges it."""
    input_to_seen: Histogram = field(default_factory=Histogram)
    """From the same moment until another bot of the room had the frame of that tick, or a later one. A sample."""
    state_age: Histogram = field(default_factory=Histogram)
    """How far the newest state is behind the server, at random moments. A sample."""
    stalls: Histogram = field(default_factory=Histogram)
    """Waits for the next frame that were longer than two ticks."""
    send_late: Histogram = field(default_factory=Histogram)
    """By how much actions of a beat were sent later than they should have been: the swarm's own lateness."""
    loop_late: Histogram = field(default_factory=Histogram)
    """By how much the event loop woke its observer too late: the swarm's own lateness, whatever bots do."""
    failures: list[Failure] = field(default_factory=list[Failure])
    violations: list[Violation] = field(default_factory=list[Violation])

    @property
    def refused(self) -> int:
        """Actions refused, whatever the reason."""
        return self.refusals.total()

    @property
    def unanswered(self) -> int:
        """Actions that were neither taken nor refused; while bots play, those under way."""
        return self.sent - self.taken - self.refused

    def saw(self, frame: Frame, late: dict[int, float] | None = None) -> None:
        """A bot has taken in a frame. Runs for each frame of each bot: keep it short.

        `late` has for actions by number how much later they were sent than meant; those answered are taken out.
        """
        self.frames += 1
        if frame.is_keyframe:
            self.keyframes += 1
        if frame.is_checked:
            self.digests += 1
        if frame.divergences:
            self.mismatches += len(frame.divergences)
        taken = frame.taken
        if taken:
            self.taken += len(taken)
            add = self.input_to_ack.add
            for seq, latency_s in taken:
                add(latency_s + late.pop(seq, 0.0) if late else latency_s)
        if frame.refused:
            for seq, reason in frame.refused:
                self.refusals[reason] += 1
                if late:
                    late.pop(seq, None)

    def stayed(self, seconds: float, tick_hz: float) -> None:
        """A bot has had a seat for so long; a frame was due every tick."""
        self.frames_expected += int(seconds * tick_hz)

    def failed(self, bot: int, text: str, trace: str = "") -> None:
        """A bot has ended before its time."""
        self.failed_bots += 1
        if len(self.failures) < FAILURES_KEPT:
            self.failures.append(Failure(bot, text, trace))

    def broke(self, violation: Violation) -> None:
        """A bot was sent something that must not be."""
        self.violated += 1
        if len(self.violations) < VIOLATIONS_KEPT:
            self.violations.append(violation)

    def failures_by_text(self) -> Mapping[str, list[int]]:
        """The numbers of the bots that failed, by what they met."""
        bots: defaultdict[str, list[int]] = defaultdict(list)
        for failure in self.failures:
            bots[failure.text].append(failure.bot)
        return bots

    def merge(self, other: Tally) -> None:
        """Count everything that the other has counted."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in HISTOGRAMS:
            getattr(self, name).merge(getattr(other, name))
        self.refusals.update(other.refusals)
        self.failures += other.failures[: FAILURES_KEPT - len(self.failures)]
        self.violations += other.violations[: VIOLATIONS_KEPT - len(self.violations)]

    def snapshot(self) -> Snapshot:
        """The figures as they are now."""
        return Snapshot(
            {name: getattr(self, name) for name in COUNTS},
            dict(self.refusals),
            {name: getattr(self, name).copy() for name in HISTOGRAMS},
        )


COUNTS: tuple[str, ...] = (
    *("started", "connected", "seated", "ended", "turned_away", "failed_bots", "cut", "lost", "returned"),
    *("sent", "taken", "frames", "frames_expected", "keyframes", "gaps", "bytes_in", "bytes_out"),
    *("digests", "mismatches", "violated"),
)
HISTOGRAMS: tuple[str, ...] = ("input_to_ack", "input_to_seen", "state_age", "stalls", "send_late", "loop_late")
