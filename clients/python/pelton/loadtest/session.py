"""One `pelton load` from a plan to an exit code: starts the players, shows the run, writes the results."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pelton.loadtest.admin import Poller
from pelton.loadtest.closing import ended, print_out
from pelton.loadtest.environment import environment
from pelton.loadtest.generator import Generator, GeneratorStuck
from pelton.loadtest.junit import written_junit
from pelton.loadtest.live import Moment, Screen, watched
from pelton.loadtest.plan import Plan
from pelton.loadtest.report import NO_CHARTS, Charts, find_charts, written_report
from pelton.loadtest.result import CapacityStep, Result
from pelton.loadtest.run import Run
from pelton.loadtest.schedule import Phase
from pelton.loadtest.summary import written_summary
from pelton.loadtest.thresholds import judged
from pelton.loadtest.troupe import mix_of
from pelton.loadtest.verdict import Code, Verdict, verdict
from pelton.swarm.behaviour import BadBehaviour
from pelton.swarm.loop import Interrupts, loop_factory

__all__ = ["Misuse", "Options", "load", "write_results"]

SIGNALLED = 128


class Misuse(Exception):
    """Something was asked for that cannot be done."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says besides the plan."""

    out: Path
    find_capacity: bool
    quiet: bool
    admin_token: str = field(default="", repr=False)
    """Of the server's admin port."""


def load(plan: Plan, options: Options) -> int:
    """Run it; the exit code. Raises Misuse."""
    _check(plan, options)
    charts = find_charts()
    if charts is None:
        sys.stderr.write(f"pelton load: {NO_CHARTS}\n")
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    interrupts = Interrupts()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            run = runner.run(_play(plan, options, interrupts))
    except asyncio.CancelledError:
        sys.stderr.write("pelton load: interrupted twice, ended without a result\n")
        return SIGNALLED + (interrupts.received or 0)
    except GeneratorStuck as error:
        sys.stderr.write(f"pelton load: {error}\n")
        return Code.MISSED
    result = _result(run, started_at)
    written = write_results(result, options.out, charts)
    sys.stderr.write(run.recorder.trace)
    print_out(ended(result, written))
    if interrupts.received is not None:
        return SIGNALLED + interrupts.received
    return result.verdict.code


def _check(plan: Plan, options: Options) -> None:
    """Find out now what would fail later."""
    if options.find_capacity and not plan.thresholds:
        raise Misuse(f"{plan.name} has no [thresholds]: --find-capacity looks for the most players that hold them")
    if not options.find_capacity and not plan.stages:
        raise Misuse(f"{plan.name} has no [[stage]]: add one, with bots = 100 and hold_s = 20")
    try:
        mix_of(plan)
    except BadBehaviour as error:
        raise Misuse(f"{plan.name} mix: {error}") from error
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misuse(f"--out {options.out}: {error.strerror}") from error


async def _play(plan: Plan, options: Options, interrupts: Interrupts) -> Run:
    poller = Poller(plan.admin, time.monotonic, options.admin_token)
    with watched() as screen:
        async with Generator(plan) as generator, asyncio.TaskGroup() as group:
            run = Run(plan, generator, poller, time.monotonic, _shower(screen, options), _noter(screen))
            interrupts.watch(run.stop)
            polling = group.create_task(poller.run(), name="poller")
            await (run.find_capacity() if options.find_capacity else run.play())
            await run.close()
            polling.cancel()
    return run


def _shower(screen: Screen, options: Options) -> Callable[[Run, Phase], None]:
    if options.quiet:
        return lambda _run, _phase: None

    def show(run: Run, phase: Phase) -> None:
        second = run.recorder.seconds[-1]
        moment = Moment(
            title=run.plan.name,
            stage=phase.name,
            stage_number=phase.number + 1,
            stages=0 if options.find_capacity else len(run.plan.stages),
            done_s=second.at_s - phase.began_s,
            total_s=phase.ended_s - phase.began_s,
            second=second,
            outcomes=judged(run.plan.thresholds, run.measured) if second.holds else (),
            errors=run.recorder.errors.total(),
        )
        screen.show(moment)

    return show


def _noter(screen: Screen) -> Callable[[CapacityStep], None]:
    """Steps are told also if nothing else is to be shown: there are few, and they take long."""

    def note(step: CapacityStep) -> None:
        screen.note(f"{step.bots:,} players: {'held' if step.held else '; '.join(step.reasons)}")

    return note


def _result(run: Run, started_at: str) -> Result:
    recorder, measured = run.recorder, run.measured
    outcomes = () if run.search is not None else judged(run.plan.thresholds, measured)
    return Result(
        plan=run.plan,
        started_at=started_at,
        environment=environment(),
        stages=tuple(recorder.stages),
        seconds=tuple(recorder.seconds),
        measured=measured,
        outcomes=outcomes,
        verdict=_verdict(run),
        errors=dict(recorder.errors.most_common()),
        capacity=None if run.search is None else run.search.result(),
    )


def _verdict(run: Run) -> Verdict:
    recorder, measured = run.recorder, run.measured
    if run.search is not None and (recorder.connected or not recorder.started):
        return Verdict(run.search.code, (run.search.result().sentence,) if run.search.code else ())
    if run.stuck:
        return Verdict(Code.SATURATED, (run.stuck,))
    outcomes = judged(run.plan.thresholds, measured)
    return verdict(measured, outcomes, connected=recorder.connected, started=recorder.started)


def write_results(result: Result, out: Path, charts: Charts | None) -> list[str]:
    """Every file; their names."""
    texts = {"summary.json": written_summary(result), "junit.xml": written_junit(result)}
    if charts is not None:
        texts["report.html"] = written_report(result, charts)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    return [str(out / name) for name in texts]
