"""The list of mutants fits the source, and the runner calls killed only what was killed."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.streams.mutants.mutant import ROOT, ListRotten, Mutant, load
from tests.streams.mutants.run import TESTS_FAILED, Run, judge, main, try_mutant

MUTANTS = load()
MUTANTS_MIN = 40
FILES = {
    *("poll.py", "stage.py", "stream.py", "edge.py", "inbox.py", "sorter.py", "merge.py", "slot.py", "transform.py"),
    "row.py",
    *("limits.py", "several.py", "gather.py", "buffers.py", "timing.py", "decode.py", "sources.py", "scope.py"),
    *("pump.py", "concurrent.py", "pages.py"),
}

SOMETHING = Mutant(
    name="a waker is kept",
    file="inbox.py",
    old="            self._waker = None\n            waker()",
    new="            waker()",
    wrong="it is called for ever",
    killed_by="test_inbox.py::test_the_waker_is_called_once_for_many_offers_and_then_forgotten",
)


def test_there_are_mutants_of_every_part_of_the_core() -> None:
    assert len(MUTANTS) >= MUTANTS_MIN
    assert {mutant.file for mutant in MUTANTS} == FILES


def test_no_two_mutants_have_one_name_or_make_one_edit() -> None:
    assert max(Counter(mutant.name for mutant in MUTANTS).values()) == 1
    assert max(Counter((mutant.file, mutant.edited()) for mutant in MUTANTS).values()) == 1


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_text_of_a_mutant_stands_in_the_source_once(mutant: Mutant) -> None:
    assert mutant.edited()


@pytest.mark.parametrize("path", sorted({mutant.test.partition("::")[0] for mutant in MUTANTS}))
def test_the_tests_that_are_named_exist(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    there |= {target.id for node in tree.body if isinstance(node, ast.Assign) for target in _names(node)}
    named = {mutant.test.split("::")[1].partition("[")[0] for mutant in MUTANTS if mutant.test.startswith(path)}
    assert named <= there


def _names(node: ast.Assign) -> list[ast.Name]:
    return [target for target in node.targets if isinstance(target, ast.Name)]


def test_a_text_that_is_not_there_or_not_only_once_is_an_error() -> None:
    with pytest.raises(ListRotten, match="found 0 times"):
        replace(SOMETHING, old="no such line").edited()
    with pytest.raises(ListRotten, match=r"found \d+ times"):
        replace(SOMETHING, old="self").edited()
    with pytest.raises(ListRotten, match="changes nothing"):
        replace(SOMETHING, new=SOMETHING.old).edited()
    assert try_mutant(replace(SOMETHING, new="waker = (")).word == "broken"


def a_run(code: int | None, *failures: dict[str, Any], core: str = "/copy/pelton/streams/__init__.py") -> Run:
    return Run(code, {"modules": {"pelton.streams": core}, "failures": list(failures)}, "output", "/copy")


def a_failure(error: str = "AssertionError", *, asserted: bool = True, when: str = "call") -> dict[str, Any]:
    return {"test": "test_it", "when": when, "error": error, "asserted": asserted, "text": "it failed"}


LOOKUP = a_failure("LookupError", asserted=False)


@pytest.mark.parametrize(
    ("run", "word"),
    [
        (a_run(TESTS_FAILED, a_failure()), "killed"),
        (a_run(TESTS_FAILED, a_failure("OSError", asserted=False)), "killed"),
        (a_run(TESTS_FAILED, LOOKUP, a_failure()), "killed"),
        (a_run(0), "SURVIVED"),
        (a_run(None), "hung"),
        (a_run(TESTS_FAILED, LOOKUP), "broken"),
        (a_run(TESTS_FAILED, a_failure(when="setup")), "broken"),
        (a_run(TESTS_FAILED), "broken"),
        (a_run(2, a_failure()), "broken"),
        (a_run(4), "broken"),
        (a_run(TESTS_FAILED, a_failure(), core="/original/pelton/streams/__init__.py"), "broken"),
        (Run(TESTS_FAILED, {"modules": {}, "failures": [a_failure()]}, "output", "/copy"), "broken"),
        (Run(3, {}, "output", "/copy"), "broken"),
    ],
)
def test_only_a_test_that_failed_as_expected_over_the_copy_has_killed(run: Run, word: str) -> None:
    assert judge(replace(SOMETHING, raises=("OSError",)), run).word == word


def test_what_makes_the_named_test_fail_is_killed_and_what_does_not_has_survived() -> None:
    assert try_mutant(SOMETHING).word == "killed"
    elsewhere = replace(SOMETHING, killed_by="test_inbox.py::test_items_come_out_in_the_order_they_went_in")
    assert try_mutant(elsewhere).word == "SURVIVED"


def test_to_try_none_is_a_failure() -> None:
    assert main(["no mutant has this in its name"]) == 1
