"""A planted bug: wrong edits of one file, and the law that must be seen broken by them. The list is `bugs.toml`.

[[bug]]
name = "..."       unique, in a few words
incident = "..."   what happened to others
module = "..."     the module that is edited
edits = [["...", "..."], ...]   text that stands in it exactly once, and what to put in its place
law = "..."        the law by which it was found
seed = 0           the first seed that finds it
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

__all__ = ["Bug", "ListRotten", "load", "plant"]

LIST = Path(__file__).with_name("bugs.toml")


class ListRotten(Exception):
    """A bug does not fit the source any more."""


@dataclass(frozen=True, slots=True)
class Bug:
    """See above."""

    name: str
    incident: str
    module: str
    edits: Sequence[Sequence[str]]
    law: str
    seed: int

    def edited(self, text: str) -> str:
        """The source with the bug in it. ListRotten if it cannot be put there."""
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ListRotten(f"{self.name}: {old!r} is found {text.count(old)} times in {self.module}, not once")
            text = text.replace(old, new)
        return text


def load() -> list[Bug]:
    """All of them. TypeError if one has a key too many or too few."""
    return [Bug(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["bug"]]


def plant(bug: Bug) -> None:
    """From now on this process imports the module with the bug in it; it must not have been imported before."""
    if bug.module in sys.modules:
        raise ListRotten(f"{bug.name}: {bug.module} is imported already")
    sys.meta_path.insert(0, _Planter(bug))


class _Planter(importlib.abc.MetaPathFinder):
    """Finds the one module, and hands over its source as edited."""

    def __init__(self, bug: Bug) -> None:
        self._bug = bug

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._bug.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise ListRotten(f"{self._bug.name}: there is no module {fullname}")
        spec.loader = _Loader(fullname, spec.origin, self._bug)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles the edited source, and never what was compiled before."""

    def __init__(self, fullname: str, path: str, bug: Bug) -> None:
        super().__init__(fullname, path)
        self._bug = bug

    def get_code(self, fullname: str) -> CodeType:
        text = Path(self.path).read_text(encoding="utf-8")
        return compile(self._bug.edited(text), self.path, "exec", dont_inherit=True)
