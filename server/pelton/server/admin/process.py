"""CPU time and memory of this process, as the system counts them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from pelton.server.admin.watched import Usage

__all__ = ["process_usage"]

STATM = Path("/proc/self/statm")


def process_usage(statm: Path = STATM) -> Usage:
    """What has been used. Where there is no /proc, memory is the most that it ever was."""
    return Usage(time.process_time_ns(), _resident_bytes(statm))


def _resident_bytes(statm: Path) -> int:
    try:
        pages = int(statm.read_bytes().split()[1])
    except (OSError, ValueError, IndexError):
        return _peak_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    import resource  # only where it is needed: not every system has it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, all others KiB
