"""Runs the tests against wrong versions of the stream core: each must be found, by the test that its list names.

`python -m tests.streams.mutants.run [words]`, or `make mutants ARGS=words`: only those with one of the words in their
name or file. Exit code 1 if one is not killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.streams.mutants.mutant import ROOT, ListRotten, Mutant, copy_core, load
from tests.streams.mutants.plugin import REPORT

AT_ONCE = 2
TIMEOUT_S = 60
"""Of one test. A mutant that hangs is not killed: a test that only hangs says nothing of what is wrong."""

BASELINE_TIMEOUT_S = 300
TESTS_FAILED = 1
"""pytest's exit code; others say that it could not do its work."""


@dataclass(frozen=True)
class Run:
    """One run of pytest over a copy of the core."""

    code: int | None
    """None if it took too long."""
    report: dict[str, Any]
    output: str
    folder: str

    @property
    def strangers(self) -> list[str]:
        """Modules of the core that were not imported from the copy."""
        modules: dict[str, str | None] = self.report.get("modules", {})
        core = {name: file for name, file in modules.items() if name.startswith("pelton.streams")}
        if "pelton.streams" not in core:
            return ["pelton.streams was not imported"]
        return [str(file) for file in core.values() if not str(file).startswith(self.folder + os.sep)]


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: killed, SURVIVED, hung or broken; and why, if it was not killed."""

    word: str
    reason: str = ""


def run_tests(mutant: Mutant | None, tests: Sequence[str], timeout_s: float) -> Run:
    """Run some tests over a copy of the core; without a mutant over one that is as it should be."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name).resolve()
        copy_core(folder, mutant)
        report = folder / "report.json"
        paths = [str(folder), str(ROOT)]
        environment = {**os.environ, REPORT: str(report), "PYTHONPATH": os.pathsep.join(paths)}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        options = ["-q", "--tb=line", "-p", "no:cacheprovider", "-p", "tests.streams.mutants.plugin", "-o", "timeout=0"]
        options += ["--assert=plain"]  # rewriting assertions would take more time than the tests
        command = [sys.executable, "-m", "pytest", *options, *tests]
        code, output = _run(command, environment, timeout_s)
        found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        return Run(code, found, output, str(folder))


def _run(command: list[str], environment: dict[str, str], timeout_s: float) -> tuple[int | None, str]:
    try:
        ran = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            timeout=timeout_s,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return ran.returncode, ran.stdout


def judge(mutant: Mutant, run: Run) -> Verdict:
    """Killed is only what makes the test fail, by an assertion or by an error that was named."""
    if run.code is None:
        return Verdict("hung", f"no answer within {TIMEOUT_S} s")
    if run.strangers:
        return Verdict("broken", f"not the copy was tested: {run.strangers[0]}\n{run.output[-1000:]}")
    if run.code == 0:
        return Verdict("SURVIVED", "the test passed")
    failures: list[dict[str, Any]] = run.report["failures"]
    if run.code != TESTS_FAILED or not failures:
        return Verdict("broken", f"pytest ended with {run.code}\n{run.output[-1000:]}")
    for failure in failures:
        if failure["when"] == "call" and (failure["asserted"] or failure["error"] in mutant.raises):
            return Verdict("killed")
    return Verdict("broken", f"failed by another error in {failures[0]['when']}: {failures[0]['text']}")


def try_mutant(mutant: Mutant) -> Verdict:
    """Make the copy, run the test, judge."""
    try:
        return judge(mutant, run_tests(mutant, [mutant.test], TIMEOUT_S))
    except (ListRotten, SyntaxError) as problem:
        return Verdict("broken", str(problem))


def baseline(mutants: Sequence[Mutant]) -> str:
    """Run all tests that are named over a copy that is as it should be. What is wrong, or nothing."""
    tests = sorted({mutant.test for mutant in mutants})
    run = run_tests(None, tests, BASELINE_TIMEOUT_S)
    if run.code == 0 and not run.strangers:
        return ""
    return f"{run.output[-3000:]}\n{run.strangers[:1]}\nThe tests fail without a mutation: nothing can be said."


def main(words: Sequence[str]) -> int:
    """Try the mutants that were chosen, print a table, and answer the exit code."""
    began_s = time.monotonic()
    mutants = [m for m in load() if not words or any(word in f"{m.file} {m.name}" for word in words)]
    if not mutants:
        say("There is no such mutant.")
        return 1
    width = max(len(mutant.name) for mutant in mutants)
    bad = 0
    with ThreadPoolExecutor(AT_ONCE) as threads:
        problem = threads.submit(baseline, mutants)
        for mutant, verdict in zip(mutants, threads.map(try_mutant, mutants), strict=True):
            bad += verdict.word != "killed"
            say(f"{verdict.word:<8}  {mutant.file:<13}  {mutant.name:<{width}}  {mutant.wrong}")
            say(f"{'':<8}  {'by':>13}  {mutant.killed_by}")
            if verdict.reason:
                say(f"{'':<8}  {'but':>13}  {verdict.reason}")
        if problem.result():
            say(problem.result())
    say(f"{len(mutants) - bad} of {len(mutants)} mutants killed, {time.monotonic() - began_s:.0f} s")
    return 1 if bad or problem.result() else 0


def say(line: str) -> None:
    """Print, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
