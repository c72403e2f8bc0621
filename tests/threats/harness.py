"""A server, honest players and attackers, each a process of its own, and what the attack did to the first two.

The server has a core for itself where there are two; attackers are nice to the players, with whom they share the other.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import urlopen

from tests.end_to_end.conftest import RunningServer, clean_environment
from tests.threats.attacker import Attacker
from tests.threats.figure import Figure
from tests.threats.process import descriptors, peak_mb, pin, reset_peak, rss_mb

__all__ = ["Scene"]

PATIENCE_S = 60
SERVER_CORE, OTHERS_CORE = 0, 1
ROOT = Path(__file__).parents[2]
GAMES = tuple(Path(__file__).with_name(name) for name in ("games.py", "faulty_games.py"))
WALL = Path(__file__).with_name("wall")
"""Its `sitecustomize` gives a process a wall clock that can be set."""
QUIET_MS = 5
"""The least by which a p99 must have grown to mean something."""


class Scene:
    """Runs until it is left. `settings` are the server's; `players` honest ones play the arena.

    `wall`: its wall clock can be set. `usual_s`: for how long it is watched what is usual; `wait_s`: how long after an
    attack all must be as before.
    """

    def __init__(
        self,
        folder: Path,
        players: int,
        settings: Sequence[str] = (),
        *,
        wall: bool = False,
        usual_s: float = 0.5,
        wait_s: float = 10,
    ) -> None:
        self._wall = folder / "wall"
        environ = {"PYTHONPATH": str(WALL), "WALL_OFF": str(self._wall)} if wall else {}
        self.server = RunningServer(("admin.port=0", *settings), folder / "server.log", GAMES, environ)
        self.pid = self.server.pid
        pin(self.pid, SERVER_CORE)
        self.port = self.server.port
        self.players = players
        self._usual_s, self._wait_s = usual_s, wait_s
        self._told: list[dict[str, Any]] = []
        self._lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._honest: subprocess.Popen[str] | None = None
        if players:
            self._honest = self._start_honest()
            self._hear_until(lambda told: told["frames"] >= 3 * players)

    def __enter__(self) -> Scene:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Send the players home and stop the server."""
        if self._honest is not None and self._honest.stdin is not None:
            self._honest.stdin.close()
            self._honest.wait(PATIENCE_S)
        self.server.stop()

    @property
    def admin_port(self) -> int:
        return int(self.server.admin_url.rstrip("/").rpartition(":")[2])

    def set_wall(self, off_s: float) -> None:
        """From now on the server's wall clock is wrong by so much, if it can be set."""
        self._wall.write_text(str(off_s))

    def stats(self) -> dict[str, Any]:
        """What the admin port says."""
        with urlopen(f"{self.server.admin_url}stats", timeout=PATIENCE_S) as answer:  # noqa: S310 - our own server
            found: dict[str, Any] = json.load(answer)
        return found

    def count(self, name: str) -> int:
        """One of its metrics."""
        found: int = self.stats()["metrics"][name]
        return found

    def strangers(self) -> int:
        """Connections beside those of the honest players."""
        found: int = self.stats()["connections"]
        return found - self.players

    def until(self, condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> float:
        """Wait for it to be so, and say how long it took; `patience_s` if it did not come to that."""
        begun_s = time.monotonic()
        while not condition() and time.monotonic() < begun_s + patience_s:
            time.sleep(0.05)
        return time.monotonic() - begun_s

    def attack(self, name: str, size: int = 1, **how: Any) -> dict[str, Any]:
        """Run an attack (`tests.threats.attacks`) to its end; what the attacker saw."""
        with self.attacking(name, size, **how) as attacker:
            return attacker.seen()

    @contextmanager
    def attacking(self, name: str, size: int = 1, **how: Any) -> Generator[Attacker]:
        """An attack that goes on meanwhile."""
        with Attacker(name, how.pop("port", self.port), size, **how) as attacker:
            pin(attacker.pid, OTHERS_CORE)
            yield attacker

    @contextmanager
    def hurting(
        self, figures: list[Figure], *, memory_mb: float = 10, peak_most_mb: float | None = None
    ) -> Generator[None]:
        """Add what an attack in here does to the others: "nobody hurt", in figures."""
        before = self._watch(self._usual_s)
        rss_before_mb, open_before = rss_mb(self.pid), descriptors(self.pid)
        reset_peak(self.pid)
        begun = len(self._told)
        yield
        highest_mb = peak_mb(self.pid) - rss_before_mb
        self._watch(self._usual_s)
        during = self._told[begun:]
        if self._honest is not None:
            figures += _hurt(before, during)
        self.until(lambda: descriptors(self.pid) <= open_before, self._wait_s)
        open_after = descriptors(self.pid)
        rss_most_mb = rss_before_mb + memory_mb
        self.until(lambda: rss_mb(self.pid) <= rss_most_mb, self._wait_s)
        if peak_most_mb is not None:
            figures.append(Figure("memory at its highest", highest_mb, most=peak_most_mb, unit="MB"))
        figures += [
            Figure("memory afterwards", rss_mb(self.pid) - rss_before_mb, most=memory_mb, unit="MB"),
            Figure("descriptors afterwards", open_after - open_before, most=0),
            Figure("errors that nobody answered for", self.count("unhandled_errors"), most=0),
        ]

    def _watch(self, seconds: float) -> list[dict[str, Any]]:
        """What the players tell from now on, for so long."""
        until_s, begun = time.monotonic() + seconds, len(self._told)
        self._hear_until(lambda told: told["t"] >= until_s)
        return self._told[begun:]

    def _hear_until(self, is_enough: Callable[[dict[str, Any]], bool]) -> None:
        if self._honest is None:
            return
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            told = self._lines.get(timeout=max(0.1, deadline_s - time.monotonic()))
            self._told.append(told)
            if is_enough(told):
                return

    def _start_honest(self) -> subprocess.Popen[str]:
        honest = subprocess.Popen(
            [sys.executable, "-m", "tests.threats.honest", self.server.url, str(self.players)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment(),
            cwd=ROOT,
        )
        pin(honest.pid, OTHERS_CORE)
        threading.Thread(target=self._listen, args=(honest,), daemon=True).start()
        return honest

    def _listen(self, honest: subprocess.Popen[str]) -> None:
        assert honest.stdout is not None
        for line in honest.stdout:
            self._lines.put(json.loads(line))
        honest.stdout.close()


def _hurt(before: list[dict[str, Any]], during: list[dict[str, Any]]) -> list[Figure]:
    usual_ms = _p99(before)
    return [
        Figure("honest players cut off", sum(told["lost"] + told["resumed"] for told in during), most=0),
        Figure("their groups that differed", sum(told["differ"] for told in during), most=0),
        Figure("their actions refused", sum(told["refused"] for told in during), most=0),
        Figure("ticks they missed in a row", max(0, *(told["gap"] - 1 for told in during)), most=2, is_timing=True),
        Figure("their p99", _p99(during), most=max(1.1 * usual_ms, usual_ms + QUIET_MS), unit="ms", is_timing=True),
    ]


def _p99(told: list[dict[str, Any]]) -> float:
    waits = sorted(ms for line in told for ms in line["ms"])
    return waits[int(len(waits) * 0.99)] if waits else 0.0
