"""What became of a swarm: what was wrong, as figures for a program, and as a table for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pelton.swarm.crowd import Crowd
from pelton.swarm.tally import Tally

__all__ = ["figures", "problems", "shown"]

FRAMES_SHARE_MIN = 0.95
BOTS_NAMED_MAX = 5
PROBLEMS_SHOWN_MAX = 10
PERCENTS = (50, 90, 99)


def problems(tally: Tally) -> list[str]:
    """All that was not right, a sentence each; empty if everything was."""
    found: list[str] = []
    for text, bots in tally.failures_by_text().items():
        found.append(f"{_bots(bots)}: {text}")
    if tally.mismatches:
        found.append(f"{_count(tally.mismatches, 'group')} of rows not what the server had")
    if tally.unanswered:
        found.append(f"{_count(tally.unanswered, 'action')} neither taken nor refused")
    share = _frames_share(tally)
    if share is not None and share < FRAMES_SHARE_MIN:
        found.append(f"{share:.1%} of the expected frames came, fewer than {FRAMES_SHARE_MIN:.0%}")
    return found


def figures(crowd: Crowd) -> dict[str, Any]:
    """Everything, for `--json`."""
    plan, tally = crowd.plan, crowd.tally
    latencies = {f"p{percent}": _ms(tally.input_to_ack.percentile_s(percent)) for percent in PERCENTS}
    found = problems(tally)
    return {
        "ok": not found,
        "problems": found,
        "url": plan.url,
        "game": plan.game,
        "behaviour": plan.mix.name,
        "seed": plan.seed,
        "bots": plan.bots,
        "started": tally.started,
        "connected": tally.connected,
        "seated": tally.seated,
        "played_s": round(crowd.played_s, 3),
        "actions": {
            "sent": tally.sent,
            "taken": tally.taken,
            "refused": dict(sorted(tally.refusals.items())),
            "unanswered": tally.unanswered,
        },
        "frames": {"received": tally.frames, "expected": tally.frames_expected, "keyframes": tally.keyframes},
        "digests": {"compared": tally.digests, "mismatched": tally.mismatches},
        "input_to_ack_ms": {**latencies, "max": _ms(tally.input_to_ack.max_s if tally.input_to_ack.count else None)},
        "cpu_s": round(crowd.cpu_s, 3),
        "errors": [{"text": text, "bots": sorted(bots)} for text, bots in tally.failures_by_text().items()],
    }


def shown(crowd: Crowd) -> Group:
    """The same for a person: a table, unless there was nothing to count, and below it what was wrong."""
    found = problems(crowd.tally)
    lines = [Text(f"wrong: {problem}", "bold red") for problem in found[:PROBLEMS_SHOWN_MAX]]
    if len(found) > PROBLEMS_SHOWN_MAX:
        lines.append(Text(f"... and {len(found) - PROBLEMS_SHOWN_MAX} more, see --json", "red"))
    if crowd.tally.started and not crowd.tally.connected:
        return Group(*lines)
    return Group(_table(crowd), *(lines or [Text("everything was right", "bold green")]))


def _table(crowd: Crowd) -> Table:
    plan = crowd.plan
    title = f"{_count(plan.bots, 'bot')} in {plan.game} for {crowd.played_s:.1f} s, seed {plan.seed}"
    table = Table(title=title, title_style="bold", box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column("what")
    table.add_column("how many", justify="right", style="bold")
    table.add_column("note", style="dim")
    for section in (_bot_rows, _action_rows, _frame_rows, _latency_rows):
        for row in section(crowd):
            table.add_row(*row)
        table.add_section()
    return table


def _bot_rows(crowd: Crowd) -> Iterator[Sequence[str]]:
    tally = crowd.tally
    share = f"{crowd.cpu_s / crowd.played_s:.0%}" if crowd.played_s else "-"
    yield ("connected", _warned(tally.connected, tally.connected < tally.started), crowd.plan.url)
    yield ("seated", _warned(tally.seated, tally.seated < tally.started), "")
    yield ("failed", _warned(tally.failed_bots, bool(tally.failed_bots)), "")
    yield ("cpu", share, "of one core, for all bots")


def _action_rows(crowd: Crowd) -> Iterator[Sequence[str]]:
    tally = crowd.tally
    yield ("actions sent", f"{tally.sent:,}", _rate(tally.sent, crowd))
    yield ("  taken", f"{tally.taken:,}", "")
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in tally.refusals.most_common())
    yield ("  refused", f"{tally.refused:,}", reasons)
    yield ("  unanswered", _warned(tally.unanswered, bool(tally.unanswered)), "")


def _frame_rows(crowd: Crowd) -> Iterator[Sequence[str]]:
    tally = crowd.tally
    share = _frames_share(tally)
    too_few = share is not None and share < FRAMES_SHARE_MIN
    note = f"{tally.frames_expected:,} expected"
    if share is not None and share < 1:
        note = f"{share:.1%} of the {note}"
    yield ("frames received", _warned(tally.frames, too_few), note)
    yield ("  keyframes", f"{tally.keyframes:,}", "")
    yield ("digests compared", f"{tally.digests:,}", "")
    yield ("  mismatched", _warned(tally.mismatches, bool(tally.mismatches)), "")


def _latency_rows(crowd: Crowd) -> Iterator[Sequence[str]]:
    latencies = crowd.tally.input_to_ack
    what = "input to ack"
    for percent in PERCENTS:
        latency_ms = _ms(latencies.percentile_s(percent))
        yield (what, "-" if latency_ms is None else f"{latency_ms:.1f} ms", f"p{percent}")
        what = ""
    yield ("", f"{1000 * latencies.max_s:.1f} ms" if latencies.count else "-", "max")


def _frames_share(tally: Tally) -> float | None:
    return tally.frames / tally.frames_expected if tally.frames_expected else None


def _rate(count: int, crowd: Crowd) -> str:
    return f"{count / crowd.played_s:,.0f} a second" if crowd.played_s else ""


def _warned(count: int, wrong: bool) -> str:
    return f"[red]{count:,}[/red]" if wrong else f"{count:,}"


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("s" if count != 1 else "")


def _bots(bots: Sequence[int]) -> str:
    named = ", ".join(str(bot) for bot in sorted(bots)[:BOTS_NAMED_MAX])
    more = len(bots) - BOTS_NAMED_MAX
    return f"bot{'s' if len(bots) > 1 else ''} {named}" + (f" and {more} more" if more > 0 else "")
