"""`pelton top`, as it is typed, with an admin port that answers what the test wants."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pelton.cli.main import main
from tests.cli.top_stats import AdminPort, a_server
from tests.end_to_end.conftest import clean_environment

TIMEOUT_S = 20
PROGRAM = "import sys; from pelton.cli.main import main; sys.exit(main())"
QUICK = ("--interval", "0.1")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELTON_ADMIN__TOKEN", raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def test_once_prints_a_table_with_rates_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with AdminPort(a_server(100), a_server(101)).serving() as port:
        assert main(["top", port.url, "--once", *QUICK]) == 0
    told = capsys.readouterr()
    assert "cpu 37 % of a core" in told.out
    assert "zzykj3yx" in told.out
    assert max(map(len, told.out.splitlines())) <= 80
    assert "\x1b" not in told.out
    assert (told.err, port.asked) == ("", 2)


def test_json_is_the_answer_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with AdminPort(a_server(100)).serving() as port:
        assert main(["top", port.url.removeprefix("http://"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == a_server(100)
    assert port.asked == 1


@pytest.mark.parametrize("mode", ["--once", "--json"])
def test_a_server_that_is_not_there_is_said(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert main(["top", f"http://127.0.0.1:{port}", mode, *QUICK]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"pelton top: http://127.0.0.1:{port}: ")
    assert "Connect" in told.err


def test_a_token_is_sent_from_the_option_and_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with AdminPort(a_server(100), token="secret").serving() as port:
        assert main(["top", port.url, "--json", "--token", "secret"]) == 0
        monkeypatch.setenv("PELTON_ADMIN__TOKEN", "secret")
        assert main(["top", port.url, "--json"]) == 0
        assert main(["top", port.url, "--json", "--token", "wrong"]) == 1
        monkeypatch.setenv("PELTON_ADMIN__TOKEN", "a\r\nb")
        assert main(["top", port.url, "--json"]) == 2
    assert "PELTON_ADMIN__TOKEN: a token is printable ASCII" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, "no token"), "401 Unauthorized (no token): it wants a token, as --token or in PELTON_ADMIN__TOKEN"),
        ((404, "nope"), "404 Not Found (nope): there is no admin port of Pelton"),
        ((403, "the Host header\x1b[2J"), "403 Forbidden (the Host header[2J)"),
        ((200, "{}"), "the answer is not that of a Pelton server"),
        ((200, "no json"), "is not what was expected"),
        ((503, "busy"), "503 Service Unavailable (busy)"),
    ],
)
def test_an_answer_that_helps_nobody_is_said(
    answer: tuple[int, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with AdminPort(answer).serving() as port:
        assert main(["top", port.url, "--once", *QUICK]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("https://127.0.0.1:7778",),
        ("http://",),
        ("http://host:x",),
        ("http://a b",),
        ("http://h\u00f6st",),
        ("--interval", "0"),
        ("--interval", "x"),
        ("--rows", "0"),
        ("--sort", "name"),
        ("--token", "a b"),
    ],
)
def test_a_wrong_argument_is_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["top", *words])
    assert ended.value.code == 2
    assert "expected" in (said := capsys.readouterr().err) or "invalid choice" in said or "token" in said


class Watching:
    """`pelton top` as a process, in a pseudo-terminal or writing lines into a pipe."""

    def __init__(self, *words: str, terminal: bool) -> None:
        command = [sys.executable, "-c", PROGRAM, "top", *words]
        environment = {**clean_environment(), "TERM": "xterm-256color"}
        environment.pop("COLUMNS", None)
        self.text = ""
        if terminal:
            self._reading, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        else:
            self._reading, theirs = os.pipe()
        self.process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment)
        os.close(theirs)

    def read_until(self, found: Callable[[str], object]) -> None:
        """Until the text so far is as expected."""
        end_s = time.monotonic() + TIMEOUT_S
        while not found(self.text):
            ready, _, _ = select.select([self._reading], [], [], end_s - time.monotonic())
            assert ready, self.text
            assert self._more(), self.text

    def interrupt(self) -> int:
        """As Ctrl-C does; the exit code, and the rest of the text is read."""
        self.process.send_signal(signal.SIGINT)
        while self._more():
            """To the end."""
        return self.process.wait(TIMEOUT_S)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._reading)

    def _more(self) -> bool:
        try:
            data = os.read(self._reading, 65_536)
        except OSError:  # the other end of a pseudo-terminal is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)


Start = Callable[..., Watching]


@pytest.fixture
def watching() -> Iterator[Start]:
    started: list[Watching] = []

    def start(*words: str, terminal: bool) -> Watching:
        started.append(Watching(*words, *QUICK, terminal=terminal))
        return started[-1]

    yield start
    for one in started:
        one.close()


def growing(first_s: int = 100, count: int = 1000) -> list[dict[str, Any]]:
    """The answers of a server that goes on."""
    return [a_server(second) for second in range(first_s, first_s + count)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def last_picture(text: str) -> str:
    """What is left on the screen: all that came after the terminal was last told to go up."""
    return re.split(r"\x1b\[1A\x1b\[2K", text)[-1]


def test_on_a_terminal_a_picture_stays_in_its_place_and_is_left_there(watching: Start) -> None:
    with AdminPort(*growing()).serving() as port:
        top = watching(port.url, terminal=True)
        top.read_until(lambda text: text.count("cpu \x1b[1;32m37 %") >= 3)
        assert top.interrupt() == 0
    left = last_picture(top.text)
    assert "zzykj3yx" in left
    assert left.index("Pelton 1.2.3") < left.index("zzykj3yx")
    assert "\x1b[?25h" in left, "the cursor is there again"
    assert "Traceback" not in top.text


def test_without_a_terminal_there_is_a_line_for_each_look(watching: Start) -> None:
    with AdminPort(*growing()).serving() as port:
        top = watching(port.url, terminal=False)
        top.read_until(lambda text: text.count("\n") >= 3)
        assert top.interrupt() == 0
    assert {text[:38] for text in top.text.splitlines()} == {"200 players, 1 rooms; cpu 37 %, 64 MiB"}


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_a_server_that_is_not_there_is_waited_for(watching: Start, terminal: bool) -> None:
    number = free_port()
    top = watching(f"http://127.0.0.1:{number}", terminal=terminal)
    top.read_until(lambda text: "trying again" in text)
    with AdminPort(*growing(), port=number).serving():
        top.read_until(lambda text: "200 players" in re.sub(r"\x1b\[[\d;]*m", "", text))
        assert top.interrupt() == 0


def test_a_server_that_goes_away_leaves_what_was_seen_last(watching: Start) -> None:
    with AdminPort(*growing()).serving() as port:
        top = watching(port.url, terminal=True)
        top.read_until(lambda text: "37 %" in text)
    top.read_until(lambda text: "trying again" in text)
    assert top.interrupt() == 0
    left = last_picture(top.text)
    assert "zzykj3yx" in left
    assert "trying again" in left


def test_a_server_that_is_started_anew_is_said_and_watched_on(watching: Start) -> None:
    with AdminPort(*growing(100, 3), *growing(1)).serving() as port:
        top = watching(port.url, terminal=False)
        top.read_until(lambda text: "restarted; 200 players" in text and text.endswith("waiting\n"))
        top.read_until(lambda text: "cpu 37 %" in text.partition("restarted")[2])
        assert top.interrupt() == 0


def test_what_is_wrong_is_said_once_where_there_is_no_terminal(watching: Start) -> None:
    with AdminPort(*[(503, "busy")] * 5, *growing()).serving() as port:
        top = watching(port.url, terminal=False)
        top.read_until(lambda text: "players" in text)
        assert top.interrupt() == 0
    assert top.text.count("503 Service Unavailable (busy); trying again") == 1


def test_a_token_that_is_not_right_ends_it(watching: Start) -> None:
    with AdminPort(*growing(), token="secret").serving() as port:
        top = watching(port.url, terminal=True)
        top.read_until(lambda text: "it wants a token" in text)
        assert top.process.wait(TIMEOUT_S) == 1
