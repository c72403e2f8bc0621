"""The servers that are measured beside each other: how each is started, and what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "ARENA",
    "HERE",
    "PEERS",
    "ROOT",
    "SINK",
    "Peer",
    "PeerMissing",
    "Workload",
    "build_floor",
    "pelton_environment",
]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
COMPILERS = ("cc", "gcc", "clang")
_SOURCES = ("streams", "protocol", "server", "clients/python")


class PeerMissing(Exception):
    """What the peer needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Every player acts 20 times a second; the server tells all of them this often."""

    name: str
    tick_hz: int
    settings: tuple[str, ...]
    """For Pelton; besides these it runs as it is delivered."""


ARENA = Workload("arena", 20, ("games.bench=bench_game:Bench",))
SINK = Workload(  # a tick takes 20 actions of each
    "sink",
    1,
    (
        "games.bench=bench_game:Sink",
        "simulate.actions_per_player_per_tick_max=64",
        "simulate.actions_per_tick_max=100000",
    ),
)


@dataclass(frozen=True, slots=True)
class Peer:
    """One row of the table."""

    name: str
    about: str
    dialect: str
    kind: str
    """Of the three servers: floor, naive or pelton."""
    options: tuple[str, ...] = field(default=())

    def command(self, workload: Workload, floor: Path) -> list[str]:
        """The command line that serves this workload on a free port."""
        hz = str(workload.tick_hz)
        if self.kind == "floor":
            return [str(floor), "-t", hz, *self.options, "0"]
        if self.kind == "naive":
            return [sys.executable, str(HERE / "naive_server.py"), "--hz", hz]
        settings = (*workload.settings, *self.options)
        sets = [word for setting in settings for word in ("--set", setting)]
        return [sys.executable, "-m", "pelton.server", "--port", "0", *sets]

    def environment(self) -> dict[str, str]:
        """What the server's environment has besides ours."""
        if self.kind != "pelton":
            return {}
        return pelton_environment()


def pelton_environment() -> dict[str, str]:
    """What has this folder's games and this working copy's Pelton found."""
    folders = [str(ROOT / path) for path in ("benchmarks", *_SOURCES)]
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": ":".join([*folders, inherited] if inherited else folders)}


PEERS = (
    Peer("floor", "C, epoll, wakes at every arrival", "plain", "floor"),
    Peer("floor-polled", "the same, looks at its sockets once a tick", "plain", "floor", ("-p", "50")),
    Peer("naive", "websockets' asyncio server and broadcast", "plain", "naive"),
    Peer("pelton", "sockets swept", "pelton", "pelton", ("server.transport=swept",)),
    Peer("pelton-aio", "asyncio transports", "pelton", "pelton", ("server.transport=asyncio",)),
)


def build_floor(folder: Path) -> Path:
    """Compile floor.c into the folder."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise PeerMissing(f"no C compiler (looked for {', '.join(COMPILERS)})")
    command = [compiler, "-O2", "-std=gnu11", "-o", str(folder / "floor"), str(HERE / "floor.c")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerMissing(f"{compiler} failed: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "floor"
