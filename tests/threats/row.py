"""A row of the table of threats: what is done, how large, and what it may do to whom.

A test file has a `ROW` and a test that `check`s it at the size of continuous integration, on a server that it shares
with the rows that need no other settings; `soak.py` runs all of them at full size, each on a server of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tests.certificates import written
from tests.threats.figure import Figure
from tests.threats.harness import Scene

__all__ = ["LIMITED", "PLAYERS", "Row", "Scenes", "check"]

PLAYERS, PLAYERS_FULL = 8, 50
USUAL_FULL_S, WAIT_FULL_S = 3.0, 45.0
"""As long as a lost seat (grace_s) and then its room (room_empty_ttl_s) are kept, and some more."""
WAIT_S = 3.0
QUICK = (
    "receive.hello_timeout_s=2",
    "receive.message_timeout_s=1",
    "receive.close_timeout_s=0.5",
    "deliver.slow_after_s=1",
    "deliver.ack_lag_max_s=3",
    "deliver.stall_timeout_s=4",
    "simulate.room_empty_ttl_s=1",
)
"""For tests, where nobody wants to wait as long as the defaults do."""
LIMITED = (
    "admission.limit_loopback=yes",
    "admission.connections_per_address_max=200",
    "admission.connections_per_address_burst=100",
)
"""The limits of an address as they are by default, with room for honest players, who have the attacker's."""
Run: TypeAlias = Callable[[Scene, int], Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class Row:
    """`full` and `ci` are sizes, in whatever `run` counts by. `settings` are the server's, at both sizes."""

    name: str
    title: str
    run: Run
    full: int
    ci: int
    settings: tuple[str, ...] = ()
    players: bool = True
    """Whether honest ones play meanwhile."""
    tls: bool = False
    wall: bool = False
    """Whether the server's wall clock can be set."""

    def figures(self, folder: Path, size: int) -> Sequence[Figure]:
        """On a server of its own, as it is by default."""
        players = PLAYERS_FULL if self.players else 0
        settings = self.settings + (tls_settings(folder) if self.tls else ())
        with Scene(folder, players, settings, wall=self.wall, usual_s=USUAL_FULL_S, wait_s=WAIT_FULL_S) as scene:
            return self.run(scene, size)


class Scenes:
    """Those of the tests: one for each set of settings, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scenes: dict[tuple[object, ...], Scene] = {}

    def of(self, row: Row) -> Scene:
        """The scene for this row. A row with settings of its own has it for itself, and the players are shared."""
        key = _key(row)
        if key not in self._scenes:
            players = PLAYERS if row.players else 0
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            settings = QUICK + row.settings + (tls_settings(folder) if row.tls else ())
            self._scenes[key] = Scene(folder, players, settings, wall=row.wall, wait_s=WAIT_S)
        return self._scenes[key]

    def drop(self, row: Row) -> None:
        """Whoever comes next gets a new one."""
        scene = self._scenes.pop(_key(row), None)
        if scene is not None:
            scene.close()

    def close(self) -> None:
        """All of them."""
        while self._scenes:
            self._scenes.popitem()[1].close()


def _key(row: Row) -> tuple[object, ...]:
    return row.settings, row.players, row.tls, row.wall


def tls_settings(folder: Path) -> tuple[str, ...]:
    """With a certificate of this very moment."""
    certificate, key = written(folder)
    return f"server.tls_certificate={certificate}", f"server.tls_key={key}"


def check(row: Row, scenes: Scenes) -> None:
    """At the small size; what only says something on a quiet machine is not judged."""
    try:
        figures = row.run(scenes.of(row), row.ci)
        assert figures
        missed = [figure for figure in figures if not figure.ok]
        shown = [f"{figure.what}: {figure.shown}, target {figure.target}" for figure in missed]
        assert all(figure.is_timing for figure in missed), shown
    except BaseException:
        scenes.drop(row)
        raise
    if row.settings or row.tls or row.wall:
        scenes.drop(row)
