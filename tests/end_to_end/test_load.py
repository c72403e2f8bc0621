"""Load tests against real servers, all of them processes: what they write, and with which exit code they end."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelton.loadtest.seconds import merged
from pelton.loadtest.summary import Recorded, read_summary
from tests.end_to_end.conftest import RunningServer, StartServer

TIMEOUT_S = 50
PLAN = """
url = "{url}"
[[stage]]
bots = 10
ramp_s = 0.5
hold_s = {hold_s}
[thresholds]
{thresholds}
"""
BOTS = '''
import time

from pelton.client import Action
from pelton.swarm import bot


@bot
async def beater(me):
    """Acts 20 times a second, whatever the server does."""
    async for _ in me.beat(20):
        yield Action("press")


@bot
async def follower(me):
    """Acts when the server has answered, and so says nothing while it does not."""
    async for _ in me.frames():
        yield Action("press")


@bot
async def burner(me):
    """Leaves its own process no time."""
    async for _ in me.beat(20):
        until_s = time.monotonic() + 0.006
        while time.monotonic() < until_s:
            pass
        yield Action("press")
'''
STALLING = '''
import time

from pelton.server import Action, Room


class Press(Action):
    pass


class Stalling(Room):
    """Stands still for half a second, once."""

    actions = Press

    def on_tick(self, tick, actions):
        for _ in actions:
            pass
        if tick.number == 60:
            time.sleep(0.5)
'''


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server()
    yield running
    running.stop()
    assert "Traceback" not in running.log()


def plan(folder: Path, url: str, *thresholds: str, hold_s: float = 2, more: str = "") -> Path:
    """A plan file, and beside it the bots of this test."""
    (folder / "bots.py").write_text(BOTS)
    lines = "\n".join(f'"{metric}" = "{limit}"' for metric, limit in (text.split(" ", 1) for text in thresholds))
    path = folder / "plan.toml"
    path.write_text(more + PLAN.format(url=url, hold_s=hold_s, thresholds=lines))
    return path


def load(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pelton.loadtest", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=cwd)


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "load-result" / "summary.json").read_text())
    return found


def test_a_server_that_holds_passes_and_everything_is_written(server: RunningServer, tmp_path: Path) -> None:
    path = plan(tmp_path, server.url, "ack.p99 < 5s", "errors == 0", "seen.count > 0")
    done = load(path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    found = summary(tmp_path)
    assert found["verdict"]["code"] == 0
    assert found["metrics"]["ack.count"] > 10 * 20
    assert 10 in found["seconds"]["bots"]
    assert sum(found["seconds"]["arrived"]) == 10
    assert {file.name for file in (tmp_path / "load-result").iterdir()} == {"summary.json", "junit.xml", "report.html"}
    assert "(hold): 10 players" in done.stderr, "no terminal: a line now and then"


def test_what_the_admin_port_tells_is_measured(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server("admin.port=0")
    more = f'admin = "{server.admin_url}"\n'
    path = plan(tmp_path, server.url, "server.cpu < 100%", "tick.overrun < 100%", "server.rss < 1024MiB", more=more)
    done = load(path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = summary(tmp_path)["metrics"]
    assert 0 < found["server.cpu"] < 1
    assert found["server.rss"] > 10 * 1024**2


def test_a_missed_threshold_ends_with_1_and_so_does_one_that_cannot_be_measured(
    server: RunningServer, tmp_path: Path
) -> None:
    done = load(plan(tmp_path, server.url, "ack.p50 < 1us", "server.cpu < 100%", hold_s=1), cwd=tmp_path)
    assert done.returncode == 1
    assert "missed  ack.p50 < 1us: was " in done.stdout
    assert "missed  server.cpu < 100%: could not be measured: the plan names no admin port" in done.stdout


def test_an_address_where_nobody_listens_ends_with_3(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        done = load(plan(tmp_path, f"ws://127.0.0.1:{taken.getsockname()[1]}/"), cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "none of 10 bots could connect" in done.stdout
    assert summary(tmp_path)["errors"][0]["text"].startswith("cannot connect to ws://127.0.0.1:")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["gone.toml"], "gone.toml: there is no such file"),
        (["bad.toml"], "bad.toml [[stage]] 1 bot: there is no such key; did you mean bots?"),
        (["empty.toml"], "empty.toml has no [[stage]]"),
        (["empty.toml", "--find-capacity"], "empty.toml has no [thresholds]"),
        (["mix.toml"], "mix.toml mix: 'nobody:here': cannot import 'nobody'"),
        (["a.toml", "b.toml"], "expected one plan, got 2"),
        (["compare", "a.json"], "compare takes two files, got 1"),
        (["compare", "a.json", "b.json"], "a.json: cannot be read"),
        (["compare", "a.json", "b.json", "--fail-if", "ack.p98 > 5%"], "^ there is no metric"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_why(tmp_path: Path, words: list[str], problem: str) -> None:
    (tmp_path / "bad.toml").write_text("[[stage]]\nbot = 5\nhold_s = 1\n")
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "mix.toml").write_text('mix = { "nobody:here" = 1 }\n[[stage]]\nbots = 5\nhold_s = 1\n')
    done = load(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr


def test_a_generator_that_is_the_bottleneck_ends_with_4_whatever_the_thresholds_say(
    server: RunningServer, start_server: StartServer, tmp_path: Path
) -> None:
    game = tmp_path / "stalling.py"
    game.write_text(STALLING)
    other = start_server(files=(game,))
    more = 'game = "stalling"\nmix = { "bots:burner" = 1 }\n'
    done = load(plan(tmp_path, other.url, "ack.p99 < 60s", more=more), cwd=tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "invalid: the load generator was saturated" in done.stdout
    assert "    the load generator sent late: p99 " in done.stdout


def acks_beyond(recorded: Recorded, limit_s: float) -> int:
    return sum(count for upper_s, count in recorded.histograms["ack"].buckets() if upper_s > limit_s)


def test_a_stall_is_felt_by_all_who_would_have_acted_meanwhile(start_server: StartServer, tmp_path: Path) -> None:
    """No coordinated omission: 10 bots that act 20 times a second meet half a second of silence a hundred times."""
    game = tmp_path / "stalling.py"
    game.write_text(STALLING)
    met = {}
    for name in ("beater", "follower"):
        server = start_server(files=(game,))
        more = f'game = "stalling"\nmix = {{ "bots:{name}" = 1 }}\n'
        done = load(plan(tmp_path, server.url, hold_s=4, more=more), cwd=tmp_path)
        assert done.returncode in (0, 4), done.stdout + done.stderr
        recorded = read_summary(tmp_path / "load-result" / "summary.json")
        met[name] = acks_beyond(recorded, 0.1)
        assert recorded.metrics["ack.max"] > 0.4
        if name == "beater":
            assert recorded.metrics["ack.p99.9"] > 0.4
            assert recorded.metrics["ack.p90"] > 0.05
    assert met["beater"] >= 60
    assert met["follower"] <= 20, "who waits for answers meets the stall once or twice"


def test_two_workers_share_the_bots_and_their_samples_are_merged(server: RunningServer, tmp_path: Path) -> None:
    done = load(plan(tmp_path, server.url, "errors == 0", hold_s=2, more="workers = 2\n"), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 10 in summary(tmp_path)["seconds"]["bots"]
    recorded = read_summary(tmp_path / "load-result" / "summary.json")
    assert recorded.histograms["ack"].count == recorded.metrics["ack.count"] > 10 * 20
    assert merged([recorded.histograms])["ack"].written() == recorded.histograms["ack"].written()


def test_over_a_bad_network_everything_takes_as_long_as_the_network_says(server: RunningServer, tmp_path: Path) -> None:
    file = plan(tmp_path, server.url, "bytes.out < 64KiB", "errors == 0")
    file.write_text(file.read_text() + '\n[net]\npreset = "lan"\nlatency_ms = 70\n')
    done = load(file, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    recorded = read_summary(tmp_path / "load-result" / "summary.json")
    least_s = recorded.histograms["ack"].percentile_s(0.1)
    assert least_s is not None
    assert least_s >= 0.14, "there and back"
    assert recorded.metrics["bytes.out"] > 100, "ten bots act twenty times a second"


def test_capacity_is_found_step_by_step(server: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        f'url = "{server.url}"\n[thresholds]\n"errors" = "== 0"\n'
        "[capacity]\nbots_min = 2\nbots_max = 4\nramp_s = 0.2\nhold_s = 1\n"
    )
    done = load(path, "--find-capacity", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "at least 4 players hold every threshold" in done.stdout
    assert [step["bots"] for step in summary(tmp_path)["capacity"]["steps"]] == [2, 4]
    assert "2 players: held" in done.stderr


def test_a_run_compares_with_itself_and_a_condition_can_fail(server: RunningServer, tmp_path: Path) -> None:
    assert load(plan(tmp_path, server.url, hold_s=1), cwd=tmp_path).returncode == 0
    file = tmp_path / "load-result" / "summary.json"
    same = load("compare", file, file, "--fail-if", "ack.p99 > +10%", cwd=tmp_path)
    assert (same.returncode, same.stderr) == (0, "")
    assert "ack.p99" in same.stdout
    unknown = load("compare", file, file, "--fail-if", "server.cpu > +10%", cwd=tmp_path)
    assert unknown.returncode == 1
    assert "cannot be told" in unknown.stdout


def test_ctrl_c_ends_a_run_with_its_results(server: RunningServer, tmp_path: Path) -> None:
    path = plan(tmp_path, server.url, hold_s=300)
    command = [sys.executable, "-m", "pelton.loadtest", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        assert "bots" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, out
    assert summary(tmp_path)["seconds"]["at_s"]


def test_the_picture_moves_on_a_terminal(server: RunningServer, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pelton.loadtest", str(plan(tmp_path, server.url, "errors == 0", hold_s=1))]
    with os.fdopen(ours, "rb", buffering=0) as screen:
        subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=TIMEOUT_S,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        )
        os.close(theirs)
        shown = screen.read(65_536).decode()
    assert "stage 1/1" in shown
    assert "held" in shown
