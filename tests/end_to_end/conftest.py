"""Real servers for the tests: `python -m pelton.server` as processes of their own, on ports that the system chose."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

READY = re.compile(r"listening on (wss?://\S+:(\d+)/)")
ADMIN = re.compile(r"admin port: (http://[^\s\"]+/)")
LOG = ("--set", "log.format=console")  # where the log goes to a file, it is JSON unless somebody says so
STOP_TIMEOUT_S = 20
NO_DRAIN = ("--set", "server.drain_timeout_s=0")
"""A test that is over does not wait for those who play on."""
LOG_TIMEOUT_S = 10


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "load: needs a core for the server and one for the load, and takes its time")


class RunningServer:
    """A server that listens. `stop` it in the test itself if how it ends is part of the test."""

    def __init__(
        self,
        settings: tuple[str, ...],
        log_path: Path,
        files: tuple[Path, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._log_path = log_path
        options = [word for setting in settings for word in ("--set", setting)]
        with log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pelton.server", "--port", "0", *LOG, *NO_DRAIN, *options, *map(str, files)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=clean_environment() | dict(environ or {}),
            )
        self.url, self.port = self._address()
        """`ws://host:port/`, or wss with TLS, and the port."""

    @property
    def pid(self) -> int:
        """Of the one process that it is."""
        return self._process.pid

    @property
    def http_url(self) -> str:
        """`http://host:port/`."""
        return self.url.replace("ws://", "http://", 1)

    @property
    def admin_url(self) -> str:
        """`http://host:port/`, as the log names it before the server says that it listens."""
        found = ADMIN.search(self.log())
        assert found is not None, self.log()
        return found[1]

    def log(self) -> str:
        """What it has written to standard error so far."""
        return self._log_path.read_text(encoding="utf-8")

    def log_with(self, text: str) -> str:
        """The log, once this is in it: a thread of the server writes it, whenever it comes to that."""
        until_s = time.monotonic() + LOG_TIMEOUT_S
        while text not in (log := self.log()):
            assert time.monotonic() < until_s, f"no {text!r} in:\n{log}"
            time.sleep(0.01)
        return log

    def stop(self) -> None:
        """Ask it to stop and wait until it has; it must end with exit code 0. Nothing to do if it was killed."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            assert self._ended() == 0, f"the server ended with {self._process.returncode}:\n{self.log()}"

    def wait(self) -> None:
        """Wait until it has ended by itself, with exit code 0."""
        assert self._ended() == 0, f"the server ended with {self._process.returncode}:\n{self.log()}"

    def kill(self) -> None:
        """End it without a goodbye to anybody, as a power cut would."""
        self._process.kill()
        self._ended()

    def ended(self) -> int:
        """Wait until it has ended by itself. Its exit code."""
        return self._ended()

    def _address(self) -> tuple[str, int]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = READY.search(line)
        if found is None:
            self.kill()
            pytest.fail(f"the server does not listen; it said {line!r} and:\n{self.log()}")
        return found[1], int(found[2])

    def _ended(self) -> int:
        try:
            return self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            pytest.fail(f"the server did not end within {STOP_TIMEOUT_S} s:\n{self.log()}")
        finally:
            assert self._process.stdout is not None
            self._process.stdout.close()


StartServer: TypeAlias = Callable[..., RunningServer]


def clean_environment() -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PELTON_")}


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """`start_server("section.key=value", ..., files=(game,), environ={...})` starts one more.

    All are stopped in the end.
    """
    folder = tmp_path_factory.mktemp("servers")
    started: list[RunningServer] = []

    def start(*settings: str, files: tuple[Path, ...] = (), environ: Mapping[str, str] | None = None) -> RunningServer:
        started.append(RunningServer(settings, folder / f"server-{len(started)}.log", files, environ))
        return started[-1]

    yield start
    for server in started:
        server.stop()
