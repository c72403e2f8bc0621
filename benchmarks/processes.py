"""Processes as the operating system sees them: where they run, what CPU time and memory they take.

Linux only: everything is read from /proc. Ends nothing but what it started, by its own handle.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

__all__ = ["CpuTime", "Server", "ServerError", "cpu_time", "on_cpu", "output_of", "preferred", "rss_kib", "tree"]

PROC = Path("/proc")
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0
LOG_TAIL_BYTES = 1500
_READY = re.compile(rb"listening on ws://\S+:(\d+)/")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """What the scheduler gave and what it withheld."""

    ran_ns: int
    waited_ns: int
    """Ready to run, but somebody else had the core. Much of it spoils a measurement."""


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    parents = dict(_parents())
    found = [root]
    for pid in found:  # grows while it is walked
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it ended in between
                after_name = (entry / "stat").read_text().rpartition(")")[2]
                yield int(entry.name), int(after_name.split()[1])


def cpu_time(pids: Iterable[int]) -> CpuTime:
    """What all threads of the processes had so far."""
    ran = waited = 0
    for pid in pids:
        for task in (PROC / str(pid) / "task").iterdir():
            with suppress(OSError):
                fields = (task / "schedstat").read_text().split()
                ran += int(fields[0])
                waited += int(fields[1])
    return CpuTime(ran, waited)


def rss_kib(pids: Iterable[int]) -> int:
    """Resident memory of the processes together."""
    return sum(
        int(line.split()[1])
        for pid in pids
        for line in (PROC / str(pid) / "status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )


@contextmanager
def on_cpu(cpu: int) -> Generator[None]:
    """What is started inside inherits the core, so that not even its first thread ran elsewhere."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def preferred(pid: int) -> bool:
    """Ask that the process goes before others; False where we may not (only root may)."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, -20)
    except PermissionError:
        return False
    return True


class ServerError(Exception):
    """A server did not start, or is gone. Carries what it wrote last."""


def output_of(module: str, options: Mapping[str, object], folder: Path, cpu: int, timeout_s: float) -> str:
    """What `python -m module --option=value ...` printed, run on this core. ServerError if it failed or hung."""
    words = [f"--{name}={value}" for name, value in options.items()]
    try:
        with on_cpu(cpu):
            done = subprocess.run(
                [sys.executable, "-m", module, *words],
                cwd=folder,
                capture_output=True,
                text=True,
                check=True,
                timeout=timeout_s,
            )
    except subprocess.CalledProcessError as error:
        raise ServerError(" ".join(error.stderr.strip().splitlines()[-1:])) from None
    except subprocess.TimeoutExpired:
        raise ServerError(f"the load was not through after {timeout_s:.0f} s") from None
    return done.stdout


class Server:
    """A server as a child process: ready when the `with` block begins, gone when it ends."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], cpu: int) -> None:
        self.port = 0
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        with on_cpu(cpu):
            self._process = subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=self._log
            )
        preferred(self._process.pid)

    @property
    def pid(self) -> int:
        """Of the process started, the root of its tree."""
        return self._process.pid

    def __enter__(self) -> Self:
        try:
            self.port = self._ready_port()
        except BaseException:  # also Ctrl-C: `__exit__` does not run for it
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _ready_port(self) -> int:
        output = self._process.stdout
        assert output is not None
        deadline, text = time.monotonic() + START_TIMEOUT_S, b""
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0 and selector.select(left):
                chunk = os.read(output.fileno(), 4096)
                text += chunk
                if found := _READY.search(text):
                    return int(found[1])
                if not chunk:
                    break
        raise ServerError(f"did not say where it listens: {self.last_words()}")

    def last_words(self) -> str:
        """The end of what the server wrote to its log, on one line."""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - LOG_TAIL_BYTES))
        lines = self._log.read().decode(errors="replace").split("\n")
        return " | ".join(line.strip() for line in lines[-4:] if line.strip()) or "(nothing)"

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()
