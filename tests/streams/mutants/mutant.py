"""A mutant: one wrong edit of the stream core, and the test that must fail by it. The lists are the .toml files here.

[[mutant]]
name = "..."         unique, in a few words
file = "merge.py"    below streams/pelton/streams
old = '''...'''      text that stands in the file exactly once
new = '''...'''      what to put in its place
wrong = "..."        why it is wrong
killed_by = "..."    the pytest node id of the test that fails, below tests/streams
raises = ["..."]     names of errors by which it may fail, besides a failed assertion; may be left out
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CORE = ROOT / "streams" / "pelton" / "streams"
TESTS = "tests/streams/"


class ListRotten(Exception):
    """A mutant does not fit the source any more."""


@dataclass(frozen=True)
class Mutant:
    """See above."""

    name: str
    file: str
    old: str
    new: str
    wrong: str
    killed_by: str
    raises: Sequence[str] = ()

    @property
    def test(self) -> str:
        """The node id, as pytest takes it from the top of the repository."""
        return TESTS + self.killed_by

    def edited(self) -> str:
        """The text of the file with the mutation. ListRotten if it cannot be made, or changes nothing."""
        text = (CORE / self.file).read_text(encoding="utf-8")
        found = text.count(self.old)
        if found != 1:
            raise ListRotten(f"{self.name}: its text is found {found} times in {self.file}, not once")
        edited = text.replace(self.old, self.new)
        if edited == text:
            raise ListRotten(f"{self.name}: changes nothing")
        compile(edited, self.file, "exec")
        return edited


def load() -> list[Mutant]:
    """All of them. TypeError if one has a key too many or too few."""
    lists = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))]
    return [Mutant(**entry) for part in lists for entry in part["mutant"]]


def copy_core(folder: Path, mutant: Mutant | None) -> None:
    """Put the core, mutated, into a folder from which it can be imported."""
    target = folder / "pelton" / "streams"
    shutil.copytree(CORE, target, ignore=shutil.ignore_patterns("__pycache__"))
    if mutant is not None:
        (target / mutant.file).write_text(mutant.edited(), encoding="utf-8")
