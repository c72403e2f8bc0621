"""What the process has used, told by the system."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pelton.server.admin.process import process_usage

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def test_cpu_time_is_that_of_the_process() -> None:
    before_ns = time.process_time_ns()
    assert before_ns <= process_usage().cpu_ns <= time.process_time_ns()


def test_memory_is_what_is_resident(tmp_path: Path) -> None:
    statm = tmp_path / "statm"
    statm.write_text("9000 250 30 1 0 800 0\n")
    assert process_usage(statm).rss_bytes == 250 * PAGE_BYTES


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux itself")
def test_on_linux_it_grows_with_what_is_held() -> None:
    before_bytes = process_usage().rss_bytes
    held = bytearray(os.urandom(1 << 25))
    assert process_usage().rss_bytes - before_bytes > len(held) // 2


@pytest.mark.parametrize("text", [None, "", "x y", "1"])
def test_without_proc_memory_is_the_most_that_it_was(tmp_path: Path, text: str | None) -> None:
    statm = tmp_path / "statm"
    if text is not None:
        statm.write_text(text)
    assert process_usage(statm).rss_bytes > 1 << 20
