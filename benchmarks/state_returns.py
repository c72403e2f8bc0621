"""What a stall cost the others, and whether those who came back from it were right. Looks at frames that were kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.state_client import Recorder
from benchmarks.state_replica import Replica

__all__ = ["Cycle", "Return", "Span", "Stall", "judge"]

HZ = 20


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, by `time.monotonic`."""

    began_s: float
    ended_s: float
    offset_s: float
    """To the time of day, with which the kernel stamps packets."""

    def holds(self, came_s: float) -> bool:
        """Whether that time of day is in it."""
        return self.began_s <= came_s - self.offset_s < self.ended_s


@dataclass(frozen=True, slots=True)
class Cycle:
    """As usual, some stalled, all back."""

    before: Span
    during: Span
    after: Span


@dataclass(frozen=True, slots=True)
class Return:
    """One client that came back once."""

    backlog: int
    """Frames that had been on their way; each was held against its companion as of its tick, too."""
    frames: int
    """From the first that was made after its return until it held the same as its companion; all, if it never did."""
    after_ms: float
    """From its first look until the last of them had come."""


@dataclass(slots=True)
class Stall:
    """What the load found out."""

    clients: int
    stalled: int
    closed: int = 0
    load_cpu_share: float = 0.0
    before_kib: list[int] = field(default_factory=list)
    """Resident memory of the server right before each stall."""
    stalled_kib: list[int] = field(default_factory=list)
    """At the end of it."""
    cycles: list[Cycle] = field(default_factory=list)
    late_before_ms: list[float] = field(default_factory=list)
    """Of each tick at each companion: how much later than on an ideal beat, the earliest one at 0."""
    late_during_ms: list[float] = field(default_factory=list)
    compared: int = 0
    """Frames of those who stalled, each beside what its companion held at that tick."""
    wrong: int = 0
    returns: list[Return] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a client held after a frame."""

    tick: int
    base: int
    came_s: float
    fingerprint: int


def judge(found: Stall, stallers: Sequence[Recorder], companions: Sequence[Recorder]) -> None:
    """Fill in how late the others were told, and whether those who came back were right."""
    for companion in companions:
        _lateness(found, companion)
    for staller, companion in zip(stallers, companions, strict=True):
        truth = {held.tick: held.fingerprint for held in _held(companion)}
        began = found.cycles[0].before
        frames = [held for held in _held(staller) if held.came_s >= began.began_s + began.offset_s]
        both = [held for held in frames if held.tick in truth]
        found.compared += len(both)
        found.wrong += sum(truth[held.tick] != held.fingerprint for held in both)
        if found.stalled:
            found.returns += [one for cycle in found.cycles for one in _returns(frames, truth, cycle.after)]


def _lateness(found: Stall, companion: Recorder) -> None:
    off_beat = [(came_s, came_s - tick / HZ) for tick, came_s in companion.arrivals]
    earliest = min(off for _, off in off_beat)
    for came_s, off in off_beat:
        if any(cycle.before.holds(came_s) for cycle in found.cycles):
            found.late_before_ms.append((off - earliest) * 1000)
        elif any(cycle.during.holds(came_s) for cycle in found.cycles):
            found.late_during_ms.append((off - earliest) * 1000)


def _held(client: Recorder) -> list[_Held]:
    """Of every frame from the first keyframe on."""
    replica = Replica(client.tables)
    return [
        _Held(replica.tick, replica.base, came_s, replica.fingerprint())
        for payload, (_, came_s) in zip(client.frames, client.arrivals, strict=True)
        if replica.apply(payload)
    ]


def _returns(frames: Sequence[_Held], truth: Mapping[int, int], after: Span) -> Iterator[Return]:
    """A frame that does not build on the tick before is the first one made after the backlog.

    There is none if the client's buffers had not filled; then it was told everything, and did not return.
    """
    began_s = after.began_s + after.offset_s
    back = [held for held in frames if held.came_s >= began_s]
    backlog = next((at for at, held in enumerate(back) if held.base != held.tick - 1), len(back))
    fresh = back[backlog:]
    for number, held in enumerate(fresh, 1):
        if truth.get(held.tick) == held.fingerprint or number == len(fresh):
            yield Return(backlog, number, (held.came_s - began_s) * 1000)
            return
