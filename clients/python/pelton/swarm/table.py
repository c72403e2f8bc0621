"""The summary's table, for a terminal of 80 columns. What did not happen at all has no line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from pelton.swarm.histogram import Histogram
from pelton.swarm.outcome import Outcome

__all__ = ["make_table"]


def make_table(outcome: Outcome, frames_share: float | None, frames_share_min: float) -> Table:
    """`frames_share` of the frames that were due came, and should not be below the least."""
    plan = outcome.plan
    bots = f"{plan.bots:,} bot{'s' if plan.bots != 1 else ''}" if plan.bots else "bots"
    who = f"bot {plan.only}" if plan.only is not None else bots
    table = Table(
        title=f"{who} in {plan.game} for {outcome.played_s:.1f} s, seed {plan.seed}",
        title_style="bold",
        box=box.SIMPLE,
        show_header=False,
        pad_edge=False,
    )
    table.add_column("what", no_wrap=True)
    table.add_column("how many", justify="right", style="bold", no_wrap=True)
    table.add_column("note", style="dim", overflow="fold")
    too_few = frames_share is not None and frames_share < frames_share_min and not plan.is_network_bad
    for section in (
        _bot_rows(outcome),
        _connection_rows(outcome),
        _action_rows(outcome),
        _frame_rows(outcome, frames_share, too_few=too_few),
        _latency_rows(outcome),
    ):
        for row in section:
            table.add_row(*row)
        table.add_section()
    return table


def _bot_rows(outcome: Outcome) -> Iterator[Sequence[str]]:
    tally = outcome.tally
    share = f"{outcome.cpu_s / outcome.played_s:.0%}" if outcome.played_s else "-"
    yield ("connected", _warned(tally.connected, tally.connected < tally.started), outcome.plan.url)
    yield ("seated", _warned(tally.seated, tally.seated < tally.started), _shortened(outcome.plan.mix.name))
    if tally.ended:
        yield ("  ended", f"{tally.ended:,}", "by themselves, and were replaced" if outcome.plan.bots else "")
    if tally.turned_away:
        yield ("turned away", f"{tally.turned_away:,}", f"while {outcome.plan.bots_max:,} played")
    yield ("failed", _warned(tally.failed_bots, bool(tally.failed_bots)), "")
    yield ("cpu", share, "of one core, for all bots")


def _connection_rows(outcome: Outcome) -> Iterator[Sequence[str]]:
    tally = outcome.tally
    if tally.cut or tally.lost or tally.returned:
        yield ("connections cut", f"{tally.cut:,}", "by storms")
        yield ("  lost", _warned(tally.lost, bool(tally.lost) and not outcome.plan.is_network_bad), "otherwise")
        yield ("  back again", f"{tally.returned:,}", "")


def _action_rows(outcome: Outcome) -> Iterator[Sequence[str]]:
    tally = outcome.tally
    yield ("actions sent", f"{tally.sent:,}", _rate(tally.sent, outcome))
    yield ("  taken", f"{tally.taken:,}", "")
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in tally.refusals.most_common())
    yield ("  refused", f"{tally.refused:,}", reasons)
    wrong = bool(tally.unanswered) and not outcome.plan.may_return
    yield ("  unanswered", _warned(tally.unanswered, wrong), "")


def _frame_rows(outcome: Outcome, share: float | None, *, too_few: bool) -> Iterator[Sequence[str]]:
    tally = outcome.tally
    note = f"{tally.frames_expected:,} expected"
    if share is not None and share < 1:
        note = f"{share:.1%} of the {note}"
    yield ("frames received", _warned(tally.frames, too_few), note)
    yield ("  keyframes", f"{tally.keyframes:,}", "")
    if tally.stalls.count:
        yield ("  stalls", f"{tally.stalls.count:,}", f"of more than 2 ticks, the longest {_shown(tally.stalls.max_s)}")
    if tally.gaps:
        yield ("  gaps", _warned(tally.gaps, not outcome.plan.is_network_bad), "of many ticks left out")
    yield ("digests compared", f"{tally.digests:,}", "")
    yield ("  mismatched", _warned(tally.mismatches, bool(tally.mismatches)), "")
    if tally.violated:
        yield ("promises broken", _warned(tally.violated, wrong=True), "of the protocol")


def _latency_rows(outcome: Outcome) -> Iterator[Sequence[str]]:
    tally = outcome.tally
    yield ("", "p50", "    p90      p99      max")
    yield from _latency_row("input to ack", tally.input_to_ack)
    for what, latencies in (("input to seen", tally.input_to_seen), ("state age", tally.state_age)):
        if latencies.count:
            yield from _latency_row(what, latencies)
    if tally.send_late.count:
        yield from _latency_row("sent late", tally.send_late)


def _latency_row(what: str, latencies: Histogram) -> Iterator[Sequence[str]]:
    if not latencies.count:
        yield (what, "-", "")
        return
    rest = [_shown(latencies.percentile_s(90)), _shown(latencies.percentile_s(99)), _shown(latencies.max_s)]
    yield (what, _shown(latencies.percentile_s(50)), " ".join(f"{each:>8}" for each in rest).removeprefix(" "))


def _shown(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{1000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _shortened(text: str) -> str:
    return text if len(text) <= 44 else text[:43] + "…"


def _rate(count: int, outcome: Outcome) -> str:
    return f"{count / outcome.played_s:,.0f} a second" if outcome.played_s else ""


def _warned(count: int, wrong: bool) -> str:
    return f"[red]{count:,}[/red]" if wrong else f"{count:,}"
