"""Imports point one way: the contracts of [tool.importlinter] in pyproject.toml hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.contract.tree import ROOT

# The command that is installed beside this interpreter; its Python interface is not a public one.
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def test_imports_point_one_way() -> None:
    found = subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--no-logo"],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout, found.stdout
