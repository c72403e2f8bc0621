"""Chromium for the tests in a browser: skipped where there is none, unless PELTON_BROWSER_TESTS=1 asks for them."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.end_to_end.conftest import start_server

__all__ = ["chromium", "start_server"]

DEMANDED = "PELTON_BROWSER_TESTS"


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
