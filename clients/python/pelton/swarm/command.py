"""The command `pelton swarm`: exit codes, and where the output goes. Parsing imports nothing but argparse.

Exit codes: 0 everything was right, 1 something was wrong, 2 wrong usage, 3 nothing could be reached,
130 (SIGTERM: 143) interrupted before the duration was over.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pelton.swarm.options import add_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from pelton.client.dial import Dial
    from pelton.swarm.crew import Crew
    from pelton.swarm.crowd import Crowd
    from pelton.swarm.loop import Interrupts
    from pelton.swarm.outcome import Outcome
    from pelton.swarm.plan import Plan

__all__ = ["add_arguments", "run"]

WRONG, MISUSE, UNREACHABLE, SIGNALLED = 1, 2, 3, 128
SOCKETS_OPEN = 4096
"""To be had for those who come by themselves, if nobody says how many may."""


def run(args: argparse.Namespace) -> int:
    """Play; the exit code."""
    from pelton.swarm.behaviour import BadBehaviour
    from pelton.swarm.planning import Misuse, plan_from

    try:
        plan = plan_from(args)
        dial_for = _dials(args, plan)
    except (BadBehaviour, Misuse) as error:
        sys.stderr.write(f"pelton swarm: {error}\n")
        return MISUSE
    if args.worker is not None:
        return _run_part(plan, dial_for)
    return _run(args, plan, dial_for)


def _run(args: argparse.Namespace, plan: Plan, dial_for: Callable[[int], Dial] | None) -> int:
    import asyncio

    from pelton.swarm.loop import Interrupts, loop_factory, prepare

    prepare(_sockets(plan))
    interrupts = Interrupts()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            outcome = runner.run(_play(args, plan, dial_for, interrupts))
    except asyncio.CancelledError:
        sys.stderr.write("pelton swarm: interrupted twice, ended without a summary\n")
        return SIGNALLED + (interrupts.received or 0)
    code = _exit_code(outcome, interrupts)
    if args.json or not args.quiet or code:
        _print_summary(outcome, as_json=args.json)
    return code


def _run_part(plan: Plan, dial_for: Callable[[int], Dial] | None) -> int:
    """As one process of several: whatever bots meet is for the other end of the pipe to judge."""
    import asyncio

    from pelton.swarm.loop import Interrupts, loop_factory, prepare
    from pelton.swarm.worker import play_part

    async def play() -> None:
        crowd = _crowd(plan, dial_for)
        Interrupts().watch(crowd.dismiss)
        await play_part(crowd)

    prepare(_sockets(plan))
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(play())
    return 0


async def _play(
    args: argparse.Namespace, plan: Plan, dial_for: Callable[[int], Dial] | None, interrupts: Interrupts
) -> Outcome:
    from pelton.swarm.outcome import outcome_of
    from pelton.swarm.progress import shown_live

    workers = _workers(args.workers)
    crowd = _crew(args, plan, workers) if workers > 1 else None
    if crowd is None and args.fill:
        return await _keep_company(args, plan, dial_for, interrupts)
    playing: Crowd | Crew = crowd or _crowd(plan, dial_for)
    interrupts.watch(playing.dismiss)
    async with shown_live(playing, wanted=not args.quiet):
        await playing.play()
    return outcome_of(playing)


async def _keep_company(
    args: argparse.Namespace, plan: Plan, dial_for: Callable[[int], Dial] | None, interrupts: Interrupts
) -> Outcome:
    import asyncio

    from pelton.swarm.company import Company
    from pelton.swarm.fill import fetch_page, keep_company
    from pelton.swarm.outcome import outcome_of
    from pelton.swarm.progress import shown_live

    company = Company(plan.game, args.fill)
    crowd = _crowd(plan, dial_for, lambda: company.room_id)
    interrupts.watch(crowd.dismiss)
    async with shown_live(crowd, wanted=not args.quiet), asyncio.TaskGroup() as beside:
        looking = beside.create_task(keep_company(crowd, company, lambda: fetch_page(plan.url)))
        await crowd.play()
        looking.cancel()
    return outcome_of(crowd)


def _crowd(
    plan: Plan, dial_for: Callable[[int], Dial] | None, room_id: Callable[[], str | None] | None = None
) -> Crowd:
    import time

    from pelton.swarm.crowd import Crowd
    from pelton.swarm.swept import SweptLines
    from pelton.swarm.tally import Tally
    from pelton.swarm.turns import Turns

    turns = Turns()
    if dial_for is None:
        swept = SweptLines(turns).dial
        dial_for = lambda _: swept  # noqa: E731 - the same for every number
    return Crowd(
        plan,
        Tally(),
        dial_for=dial_for,
        cpu_s=time.process_time,
        room_id=room_id or (lambda: None),
        sleep=turns.sleep,
    )


def _crew(args: argparse.Namespace, plan: Plan, workers: int) -> Crew:
    from pelton.swarm.crew import Crew
    from pelton.swarm.planning import part_words

    return Crew(plan, list(part_words(args)), workers)


def _dials(args: argparse.Namespace, plan: Plan) -> Callable[[int], Dial] | None:
    if not args.net:
        return None
    from pelton.netsim import Uplink
    from pelton.swarm.networks import dials_through, parse_networks

    networks = parse_networks(args.net)
    shared = None if args.shared_uplink is None else Uplink(args.shared_uplink / plan.parts)
    return dials_through(networks, plan.seed, shared)


def _workers(asked: int) -> int:
    import os

    return asked or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))


def _sockets(plan: Plan) -> int:
    return plan.bots + (plan.bots_max or (SOCKETS_OPEN if plan.arrivals_per_s else 0))


def _exit_code(outcome: Outcome, interrupts: Interrupts) -> int:
    from pelton.swarm.report import problems

    tally = outcome.tally
    if tally.started and not tally.connected and not outcome.plan.is_patient:
        return UNREACHABLE
    if problems(outcome):
        return WRONG
    if interrupts.received is not None and outcome.plan.duration_s:
        return SIGNALLED + interrupts.received
    return 0


def _print_summary(outcome: Outcome, *, as_json: bool) -> None:
    """The summary on standard output; the first traceback out of a behaviour, if there is one, on standard error."""
    import json

    from rich.console import Console

    from pelton.swarm.report import figures, shown

    trace = next((failure.trace for failure in outcome.tally.failures if failure.trace), "")
    sys.stderr.write(trace)
    if as_json:
        sys.stdout.write(json.dumps(figures(outcome), indent=2) + "\n")
    else:
        Console().print(shown(outcome), crop=False)
