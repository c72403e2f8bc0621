"""What the system says of a process: its memory, its highest memory, its open files; and on which core it runs."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["MB", "descriptors", "peak_mb", "pin", "reset_peak", "rss_mb"]

MB = 1_000_000
FORGET_PEAK = "5"
"""What `clear_refs` takes for "the highest memory is what it is now"; see proc(5)."""


def rss_mb(pid: int) -> float:
    """Memory in RAM, now."""
    return _status_kb(pid, "VmRSS") * 1024 / MB


def peak_mb(pid: int) -> float:
    """The most since it started, or since `reset_peak`."""
    return _status_kb(pid, "VmHWM") * 1024 / MB


def reset_peak(pid: int) -> None:
    """Let `peak_mb` begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text(FORGET_PEAK)


def descriptors(pid: int) -> int:
    """Open files, sockets among them."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names are all that is wanted


def pin(pid: int, core: int) -> None:
    """Keep it on this core, where that can be done and there is more than one."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(pid, {core})


def _status_kb(pid: int, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None, name
    return int(found[1])
