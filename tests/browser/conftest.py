"""Chromium for the tests in a browser: skipped where there is none, unless PELTON_BROWSER_TESTS=1 asks for them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.clients.browser.bundle import ROOT
from tests.clients.browser.nodejs import NODE
from tests.end_to_end.conftest import start_server

__all__ = ["Scenario", "chromium", "scenario", "start_server"]

DEMANDED = "PELTON_BROWSER_TESTS"
PLAYWRIGHT = ROOT / "clients/browser/node_modules/playwright-core/index.mjs"
TIMEOUT_S = 120

Scenario: TypeAlias = Callable[..., None]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs chromium")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where it is."""
    found = shutil.which("chromium")
    if found is None:
        reason = "no chromium here (on Debian: apt-get install chromium)"
        if os.environ.get(DEMANDED) == "1":
            pytest.fail(f"{DEMANDED}=1 asks for the tests in a browser, and there is {reason}")
        pytest.skip(reason)
    return found


@pytest.fixture
def scenario(chromium: str) -> Scenario:
    """`scenario(program, *words)` fails with what went wrong in the browser."""

    def run(program: str, *words: str) -> None:
        environment = os.environ | {"PELTON_CHROMIUM": chromium, "PELTON_PLAYWRIGHT": str(PLAYWRIGHT)}
        played = subprocess.run(
            [NODE, Path(__file__).with_name(program), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert played.returncode == 0, played.stderr

    return run
