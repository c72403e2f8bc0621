"""Types infer through whole pipelines, and misuse is a type error.

What must be inferred stands in typed/*.py, which `make check` gives to mypy and pyright like any file; here it is run,
so that what the types promise is also what comes. What must be refused is given to mypy in a process of its own.
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import pytest

from pelton.streams import Stream
from tests.streams.typed import errors, stages

ROOT = Path(__file__).parents[2]


def asserting(module: ModuleType) -> list[Callable[[], Awaitable[None]]]:
    """The functions that say what is inferred."""
    functions = inspect.getmembers(module, inspect.iscoroutinefunction)
    return [function for _, function in functions if function.__module__ == module.__name__]


@pytest.mark.parametrize("function", [*asserting(stages), *asserting(errors)], ids=lambda function: function.__name__)
async def test_what_type_checkers_infer_can_be_run(function: Callable[[], Awaitable[None]]) -> None:
    await function()


def test_every_stage_and_terminal_has_its_types_asserted() -> None:
    driving = {"at_hand", "backlog", "close", "park", "forget", "fused", "finished", "reason"}
    methods = {name for name in vars(Stream) if not name.startswith("_")} - driving
    text = "".join(inspect.getsource(module) for module in (stages, errors))
    assert {name for name in methods if f".{name}(" not in text} == set()


HEAD = """
from collections.abc import AsyncGenerator
from pelton.streams import CLOSED, PENDING, Err, Inbox, Merge, Page, Poll, Scope, Stream, from_iter, pages, source

async def text(number: int) -> str:
    return str(number)

@source
async def counting(start: int) -> AsyncGenerator[int, None]:
    yield start

async def page(cursor: int) -> Page[str, int]:
    return Page([], None)

async def check(scope: Scope, numbers: Stream[int], results: Stream[int | Err], merge: Merge[str, int]) -> None:
"""

REFUSED = {
    "flatten of no streams": "numbers.flatten()",
    "a function of another type": "numbers.map(len)",
    "a predicate of another type": "numbers.filter(str.isdigit)",
    "zip with no stream": "numbers.zip([1, 2])",
    "chain with no stream": "numbers.chain(5)",
    "an overflow that there is not": "numbers.buffer(3, 'drop_all')",
    "a state of another type": "await numbers.fold('', lambda state, number: state + number)",
    "a sink of another type": "await numbers.forward(Inbox[str](0, 1, 1))",
    "items taken for another type": "texts: list[str] = await numbers.collect()",
    "results taken for items": "items: list[int] = await results.collect()",
    "a poll taken for an item": "number: int = numbers.poll()",
    "what is next taken for an item": "number: int = await numbers.next()",
    "a synchronous function where one is awaited": "numbers.then(scope, str)",
    "work without a size": "numbers.buffered(scope, text)",
    "a source of another type in a merge": "merge.add('a', from_iter(['a']))",
    "a key of another type in a merge": "merge.add(1, numbers)",
    "an item of a merge taken for a bare one": "number: int = (await merge.first())[1]",
    "a source called wrongly": "counting('1')",
    "a source driven without a pump": "numbers.chain(counting(1))",
    "a cursor of another type": "pages(scope, page, 'first')",
    "pages taken for another type": "stream: Stream[int] = pages(scope, page, 0)",
}


def test_misuse_is_a_type_error(tmp_path: Path) -> None:
    """One process for all lines: mypy takes long to start."""
    snippet = tmp_path / "misuse.py"
    snippet.write_text(HEAD + "".join(f"    {line}\n" for line in REFUSED.values()), encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", str(snippet)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stderr == ""
    found = {int(line) for line in re.findall(r"^.*misuse\.py:(\d+): error:", checked.stdout, re.MULTILINE)}
    first = HEAD.count("\n") + 1
    wanted = dict(enumerate(REFUSED, first))
    assert {name for line, name in wanted.items() if line not in found} == set(), checked.stdout
    assert found == set(wanted), f"an error in the lines before them: {checked.stdout}"
