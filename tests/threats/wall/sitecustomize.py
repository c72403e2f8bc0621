"""Python imports this at its start: `time.time` is wrong by what is written in the file that WALL_OFF names."""

from __future__ import annotations

import os
import time
from pathlib import Path

_file = Path(os.environ["WALL_OFF"])
_time, _time_ns = time.time, time.time_ns


def _off_s() -> float:
    try:
        return float(_file.read_text())
    except (OSError, ValueError):  # it is being written
        return 0.0


time.time = lambda: _time() + _off_s()
time.time_ns = lambda: _time_ns() + int(_off_s() * 1e9)
