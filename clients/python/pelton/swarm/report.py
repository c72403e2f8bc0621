"""What became of a swarm: what was wrong, as figures for a program, and as a table for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group
from rich.text import Text

from pelton.swarm.histogram import Histogram
from pelton.swarm.invariants import GAP_TICKS_MAX
from pelton.swarm.outcome import Outcome
from pelton.swarm.table import make_table
from pelton.swarm.tally import HISTOGRAMS, Violation

__all__ = ["figures", "frames_share", "hints", "problems", "shown"]

FRAMES_SHARE_MIN = 0.95
BOTS_NAMED_MAX = 5
PROBLEMS_SHOWN_MAX = 10
VIOLATIONS_SHOWN_MAX = 3
PERCENTS = (50, 90, 99)
LOOP_LATE_S = 0.025
"""Half a tick at 20 Hz."""


def problems(outcome: Outcome) -> list[str]:
    """All that was not right, a sentence each; empty if everything was.

    On a bad network connections are lost and frames go missing: that is what it is for.
    """
    plan, tally = outcome.plan, outcome.tally
    if plan.is_patient:
        return []
    found = list(outcome.troubles)
    for text, bots in tally.failures_by_text().items():
        found.append(f"{_bots(bots)}: {text}")
    if tally.violated:
        found.append(f"{_count(tally.violated, 'promise')} of the protocol broken")
    if tally.mismatches:
        found.append(f"{_count(tally.mismatches, 'group')} of rows not what the server had")
    if not plan.may_return and tally.unanswered:
        found.append(f"{_count(tally.unanswered, 'action')} neither taken nor refused")
    if plan.is_network_bad:
        return found
    if tally.lost:
        found.append(f"{_count(tally.lost, 'connection')} lost, and not by a storm")
    if tally.gaps:
        found.append(f"{_count(tally.gaps, 'gap')} of more than {GAP_TICKS_MAX} ticks without a frame")
    share = frames_share(outcome)
    if share is not None and share < FRAMES_SHARE_MIN:
        found.append(f"{share:.1%} of the expected frames came, fewer than {FRAMES_SHARE_MIN:.0%}")
    return found


def hints(outcome: Outcome) -> list[str]:
    """What makes the figures themselves doubtful; nothing of it is the server's fault."""
    late_s = outcome.tally.loop_late.percentile_s(90)
    if late_s is None or late_s <= LOOP_LATE_S:
        return []
    late = f"the swarm itself was {1000 * late_s:.0f} ms late one time in ten: latencies are too long by that"
    return [f"{late}; play with fewer bots, or with more --workers on free cores"]


def figures(outcome: Outcome) -> dict[str, Any]:
    """Everything, for `--json`."""
    plan, tally, found = outcome.plan, outcome.tally, problems(outcome)
    return {
        "ok": not found,
        "problems": found,
        "hints": hints(outcome),
        "url": plan.url,
        "game": plan.game,
        "behaviour": plan.mix.name,
        "seed": plan.seed,
        "bots": plan.bots,
        "started": tally.started,
        "connected": tally.connected,
        "seated": tally.seated,
        "ended": tally.ended,
        "turned_away": tally.turned_away,
        "failed": tally.failed_bots,
        "connections": {"cut": tally.cut, "lost": tally.lost, "returned": tally.returned},
        "played_s": round(outcome.played_s, 3),
        "actions": {
            "sent": tally.sent,
            "taken": tally.taken,
            "refused": dict(sorted(tally.refusals.items())),
            "unanswered": tally.unanswered,
        },
        "frames": {
            "received": tally.frames,
            "expected": tally.frames_expected,
            "keyframes": tally.keyframes,
            "gaps": tally.gaps,
        },
        "bytes_in": tally.bytes_in,
        "bytes_out": tally.bytes_out,
        "digests": {"compared": tally.digests, "mismatched": tally.mismatches},
        **{f"{name}_ms": _percentiles(getattr(tally, name)) for name in HISTOGRAMS},
        "cpu_s": round(outcome.cpu_s, 3),
        "errors": [
            {"text": text, "bots": sorted(bots), "replay": plan.replay(min(bots))}
            for text, bots in tally.failures_by_text().items()
        ],
        "violated": tally.violated,
        "violations": [_violation(violation, outcome) for violation in tally.violations],
    }


def shown(outcome: Outcome) -> Group:
    """The same for a person: a table, unless there was nothing to count, and below it what was wrong."""
    found, tally = problems(outcome), outcome.tally
    lines = [Text(f"wrong: {problem}", "bold red") for problem in found[:PROBLEMS_SHOWN_MAX]]
    if len(found) > PROBLEMS_SHOWN_MAX:
        lines.append(Text(f"... and {len(found) - PROBLEMS_SHOWN_MAX} more, see --json", "red"))
    for violation in tally.violations[:VIOLATIONS_SHOWN_MAX]:
        lines += [*map(Text, _told(violation, outcome)), _again(outcome.plan.replay(violation.bot))]
    if not outcome.plan.is_patient and tally.failures and tally.connected:
        lines.append(_again(outcome.plan.replay(tally.failures[0].bot)))
    lines += [Text(f"note: {hint}", "yellow") for hint in hints(outcome)]
    if tally.started and not tally.connected:
        return Group(*lines)
    return Group(
        make_table(outcome, frames_share(outcome), FRAMES_SHARE_MIN), *lines, *([] if found else [_praise(outcome)])
    )


def frames_share(outcome: Outcome) -> float | None:
    """Of the frames that were due, how many came; None if none was."""
    tally = outcome.tally
    return tally.frames / tally.frames_expected if tally.frames_expected else None


def _praise(outcome: Outcome) -> Text:
    if outcome.plan.is_patient:
        return Text("goodbye", "bold green")
    return Text("everything was right", "bold green")


def _told(violation: Violation, outcome: Outcome) -> Iterator[str]:
    """What was promised, and the frames before it."""
    plan = outcome.plan
    yield f"bot {violation.bot} ({violation.behaviour}, seed {plan.seed}) at tick {violation.tick}: {violation.text}"
    for arrival in violation.arrivals:
        yield (
            f"    tick {arrival.tick} on {arrival.base}, ack {arrival.ack}, "
            f"{arrival.refused} refused, {arrival.size_bytes} bytes"
        )


def _again(command: str) -> Text:
    """To be copied, so it stays one line however narrow the terminal is. Print it with `crop=False`."""
    return Text(f"again: {command}", no_wrap=True, overflow="ignore")


def _violation(violation: Violation, outcome: Outcome) -> dict[str, Any]:
    return {
        "bot": violation.bot,
        "behaviour": violation.behaviour,
        "tick": violation.tick,
        "text": violation.text,
        "frames": [
            {
                "tick": arrival.tick,
                "base": arrival.base,
                "ack": arrival.ack,
                "refused": arrival.refused,
                "bytes": arrival.size_bytes,
            }
            for arrival in violation.arrivals
        ],
        "replay": outcome.plan.replay(violation.bot),
    }


def _percentiles(latencies: Histogram) -> dict[str, float | int | None]:
    found: dict[str, float | int | None] = {f"p{each}": _ms(latencies.percentile_s(each)) for each in PERCENTS}
    return {**found, "max": _ms(latencies.max_s if latencies.count else None), "count": latencies.count}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("s" if count != 1 else "")


def _bots(bots: Sequence[int]) -> str:
    named = ", ".join(str(bot) for bot in sorted(bots)[:BOTS_NAMED_MAX])
    more = len(bots) - BOTS_NAMED_MAX
    return f"bot{'s' if len(bots) > 1 else ''} {named}" + (f" and {more} more" if more > 0 else "")
