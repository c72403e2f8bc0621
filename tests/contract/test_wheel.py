"""What is installed with pip has everything that a checkout has: the configuration, and what the report draws with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from tests.contract.tree import ROOT

NEEDED = [
    "pelton/server/config.toml",
    "pelton/loadtest/page/report.css",
    "pelton/loadtest/page/report.js",
    "pelton/loadtest/assets/uPlot.iife.js",
    "pelton/loadtest/assets/uPlot.min.css",
    "pelton/server/browser/pelton.js",
    "pelton/server/browser/pelton.iife.js",
    "pelton/server/browser/pelton.d.ts",
    "pelton/server/browser/arena.html",
    "pelton/server/browser/arena.css",
    "pelton/server/browser/arena.js",
]


def test_the_wheel_has_every_file_that_is_read_when_it_runs(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = ZipFile(wheel).namelist()
    assert [name for name in NEEDED if name not in names] == []
