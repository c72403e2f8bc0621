"""What a summary calls wrong, and how it says so."""

from __future__ import annotations

import io
import json

from rich.console import Console

from pelton.swarm.behaviours import wanderer
from pelton.swarm.crowd import Crowd
from pelton.swarm.mix import Mix
from pelton.swarm.plan import Plan
from pelton.swarm.report import figures, problems, shown
from pelton.swarm.tally import Tally

PLAN = Plan("ws://127.0.0.1:7777/", "arena", Mix.of(wanderer), bots=200, seed=7, ramp_s=2.0, duration_s=10.0)


def good() -> Tally:
    tally = Tally(started=2, connected=2, seated=2, sent=100, taken=95, frames=100, frames_expected=100)
    tally.refusals["not_allowed"] = 5
    for _ in range(95):
        tally.input_to_ack.add(0.0251)
    return tally


def printed(crowd: Crowd) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(shown(crowd))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_refused_actions_and_a_few_missing_frames_are_not_wrong() -> None:
    tally = good()
    tally.frames = 95
    assert problems(tally) == []


def test_a_state_that_was_not_the_servers_is_wrong() -> None:
    tally = good()
    tally.mismatches = 1
    assert problems(tally) == ["1 group of rows not what the server had"]
    tally.mismatches = 2
    assert problems(tally) == ["2 groups of rows not what the server had"]


def test_everything_that_is_wrong_is_said() -> None:
    tally = good()
    tally.sent += 1
    tally.frames = 94
    for number in reversed(range(7)):
        tally.failed(number, "closed with 1012 restart")
    tally.failed(3, "tick 20: the server's state has digest 00000001, the replica 00000002")
    assert problems(tally) == [
        "bots 0, 1, 2, 3, 4 and 2 more: closed with 1012 restart",
        "bot 3: tick 20: the server's state has digest 00000001, the replica 00000002",
        "1 action neither taken nor refused",
        "94.0% of the expected frames came, fewer than 95%",
    ]


async def test_figures_are_plain_json_that_repeats_the_tally() -> None:
    summary = json.loads(json.dumps(figures(Crowd(PLAN, good()))))
    assert summary["ok"]
    assert summary["actions"] == {"sent": 100, "taken": 95, "refused": {"not_allowed": 5}, "unanswered": 0}
    assert summary["input_to_ack_ms"] == {"p50": 25.1, "p90": 25.1, "p99": 25.1, "max": 25.1}
    assert (summary["seed"], summary["bots"], summary["behaviour"]) == (7, 200, "wanderer")


async def test_a_good_summary_fits_a_terminal_and_ends_well() -> None:
    lines = printed(Crowd(PLAN, good())).splitlines()
    assert "200 bots in arena" in lines[0]
    assert lines[-1] == "everything was right"
    assert max(map(len, lines)) <= 80


async def test_nothing_is_counted_where_nobody_was_reached() -> None:
    tally = Tally(started=1)
    tally.failed(0, "cannot connect")
    assert printed(Crowd(PLAN, tally)) == "wrong: bot 0: cannot connect\n"


async def test_a_bad_summary_ends_with_what_was_wrong_and_not_with_all_of_it() -> None:
    tally = good()
    for number in range(30):
        tally.failed(number, f"[red]raised error {number}[/red]")
    lines = printed(Crowd(PLAN, tally)).splitlines()
    assert "wrong: bot 0: [red]raised error 0[/red]" in lines  # text of others is never markup
    assert lines[-1] == "... and 20 more, see --json"
    assert len(figures(Crowd(PLAN, tally))["errors"]) == 30
