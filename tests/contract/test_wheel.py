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
    "pelton/server/admin/page/inspector.html",
    "pelton/server/admin/page/main.js",
    "pelton/server/admin/page/uPlot.iife.js",
    "pelton/server/admin/page/uPlot.min.css",
    "pelton/loadtest/assets/uPlot.min.css",
]
BROWSER = [
    "pelton/server/browser/pelton.js",
    "pelton/server/browser/pelton.iife.js",
    "pelton/server/browser/pelton.d.ts",
    "pelton/server/browser/arena.html",
    "pelton/server/browser/arena.css",
    "pelton/server/browser/arena.js",
]
"""Not in a checkout that was made where no npm packages were to be had."""


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
    needed = NEEDED + (BROWSER if (ROOT / "clients/browser/node_modules").is_dir() else [])
    assert [name for name in needed if name not in names] == []
