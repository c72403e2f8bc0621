"""What a summary calls wrong, and how it says so."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from pelton.swarm.behaviours import wanderer
from pelton.swarm.invariants import Arrival
from pelton.swarm.mix import Mix
from pelton.swarm.outcome import Outcome
from pelton.swarm.plan import Plan
from pelton.swarm.report import figures, hints, problems, shown
from pelton.swarm.tally import COUNTS, HISTOGRAMS, Tally, Violation

PLAN = Plan("ws://127.0.0.1:7777/", "arena", Mix.of(wanderer), bots=200, seed=7, ramp_s=2.0, duration_s=10.0)


def good() -> Tally:
    tally = Tally(started=2, connected=2, seated=2, sent=100, taken=95, frames=100, frames_expected=100)
    tally.refusals["not_allowed"] = 5
    for _ in range(95):
        tally.input_to_ack.add(0.0251)
    return tally


def came_to(tally: Tally, plan: Plan = PLAN, *troubles: str) -> Outcome:
    return Outcome(plan, tally, 10.0, 4.0, troubles)


def printed(outcome: Outcome) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(shown(outcome), crop=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_refused_actions_and_a_few_missing_frames_are_not_wrong() -> None:
    tally = good()
    tally.frames = 95
    assert problems(came_to(tally)) == []


def test_a_state_that_was_not_the_servers_is_wrong() -> None:
    tally = good()
    tally.mismatches = 1
    assert problems(came_to(tally)) == ["1 group of rows not what the server had"]
    tally.mismatches = 2
    assert problems(came_to(tally)) == ["2 groups of rows not what the server had"]


def test_everything_that_is_wrong_is_said() -> None:
    tally = good()
    tally.sent += 1
    tally.frames = 94
    for number in reversed(range(7)):
        tally.failed(number, "closed with 1012 restart")
    tally.failed(3, "tick 20: the server's state has digest 00000001, the replica 00000002")
    assert problems(came_to(tally)) == [
        "bots 0, 1, 2, 3, 4 and 2 more: closed with 1012 restart",
        "bot 3: tick 20: the server's state has digest 00000001, the replica 00000002",
        "1 action neither taken nor refused",
        "94.0% of the expected frames came, fewer than 95%",
    ]


def test_figures_are_plain_json_that_repeats_the_tally() -> None:
    summary = json.loads(json.dumps(figures(came_to(good()))))
    assert summary["ok"]
    assert summary["actions"] == {"sent": 100, "taken": 95, "refused": {"not_allowed": 5}, "unanswered": 0}
    assert summary["input_to_ack_ms"] == {"p50": 25.1, "p90": 25.1, "p99": 25.1, "max": 25.1, "count": 95}
    assert (summary["seed"], summary["bots"], summary["behaviour"]) == (7, 200, "wanderer")


def test_a_good_summary_fits_a_terminal_and_ends_well() -> None:
    lines = printed(came_to(good())).splitlines()
    assert "200 bots in arena" in lines[0]
    assert lines[-1] == "everything was right"
    assert max(map(len, lines)) <= 80


def test_nothing_is_counted_where_nobody_was_reached() -> None:
    tally = Tally(started=1)
    tally.failed(0, "cannot connect")
    assert printed(came_to(tally)) == "wrong: bot 0: cannot connect\n"


def test_a_bad_summary_ends_with_what_was_wrong_and_not_with_all_of_it() -> None:
    tally = good()
    for number in range(30):
        tally.failed(number, f"[red]raised error {number}[/red]")
    lines = printed(came_to(tally)).splitlines()
    assert "wrong: bot 0: [red]raised error 0[/red]" in lines  # text of others is never markup
    assert lines[-2:] == ["... and 20 more, see --json", "again: pelton swarm --bot 0"]
    assert len(figures(came_to(tally))["errors"]) == 30


def test_a_broken_promise_is_told_with_what_came_before_it_and_how_to_see_it_again() -> None:
    tally = good()
    tally.broke(
        Violation(123, "hunter", 345, "an ack never goes back: it was 9 and is 8", (Arrival(345, 344, 8, 1, 99),))
    )
    plan = replace(PLAN, words=("pelton", "swarm", "--mix", "hunter=1,wanderer=2", "--storm", "30", "--seed", "7"))
    lines = printed(came_to(tally, plan)).splitlines()
    assert "wrong: 1 promise of the protocol broken" in lines
    assert "bot 123 (hunter, seed 7) at tick 345: an ack never goes back: it was 9 and is 8" in " ".join(lines)
    assert "    tick 345 on 344, ack 8, 1 refused, 99 bytes" in lines
    assert "again: pelton swarm --mix hunter=1,wanderer=2 --storm 30 --seed 7 --bot 123" in lines
    assert figures(came_to(tally, plan))["violations"][0]["replay"] == plan.replay(123)


def test_what_a_bad_network_does_is_not_wrong_and_what_a_server_does_still_is() -> None:
    tally = good()
    tally.lost, tally.gaps, tally.frames = 3, 5, 50
    tally.sent += 4
    assert len(problems(came_to(tally))) == 4
    bad = replace(PLAN, is_network_bad=True)
    assert problems(came_to(tally, bad)) == []
    tally.mismatches = 1
    assert problems(came_to(tally, bad)) == ["1 group of rows not what the server had"]


def test_a_process_that_died_is_wrong() -> None:
    assert problems(came_to(good(), PLAN, "worker 1 of 2 died of SIGKILL")) == ["worker 1 of 2 died of SIGKILL"]


def test_the_largest_summary_still_fits_a_terminal() -> None:
    tally = good()
    for name in COUNTS:
        setattr(tally, name, 123_456_789)
    for name in HISTOGRAMS:
        getattr(tally, name).add(123.4)
    tally.refusals.update(dict.fromkeys(("late", "overflow", "invalid", "rate"), 1_234_567))
    plan = replace(PLAN, mix=Mix(((wanderer, 80.0),) * 9), url="wss://play.example.org:7777/", bots_max=5)
    assert max(map(len, printed(came_to(tally, plan)).splitlines())) <= 80


def test_a_swarm_that_was_late_itself_says_so_and_blames_nobody() -> None:
    tally = good()
    tally.loop_late.add(0.020)
    assert hints(came_to(tally)) == []
    for _ in range(2):
        tally.loop_late.add(0.030)
    assert problems(came_to(tally)) == []
    [hint] = hints(came_to(tally))
    assert hint.startswith("the swarm itself was 30 ms late one time in ten")
    assert printed(came_to(tally)).splitlines()[-1] == "everything was right"
