"""A pytest plugin for one run over a copy of the core: repeatable, and it reports what was imported and what failed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

REPORT = "PELTON_MUTANTS_REPORT"
"""The environment variable that says where to write the report."""

# Examples must be the same in every run, and nobody reads how small a failure can be made.
settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
settings.load_profile("mutants")

_failures: list[dict[str, Any]] = []
_passed: list[str] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Note which test failed, by which error."""
    report: pytest.TestReport = yield
    if report.failed and call.excinfo is not None:
        _failures.append(
            {
                "test": item.nodeid,
                "when": call.when,
                "error": call.excinfo.typename,
                "asserted": call.excinfo.errisinstance((AssertionError, pytest.fail.Exception)),
                "text": call.excinfo.exconly()[:300],
            }
        )
    elif report.passed and call.when == "call":
        _passed.append(item.nodeid)
    return report


def pytest_sessionfinish() -> None:
    """Write the report."""
    modules = {
        name: module.__file__ for name, module in list(sys.modules.items()) if name.partition(".")[0] == "pelton"
    }
    report = {"modules": modules, "failures": _failures, "passed": _passed}
    Path(os.environ[REPORT]).write_text(json.dumps(report), encoding="utf-8")
