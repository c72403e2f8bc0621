"""requirements.lock pins and hashes what pyproject.toml asks for, and names no machine."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE))


def _wanted() -> list[Requirement]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = table["project"]["dependencies"] + table["dependency-groups"]["dev"]
    return [Requirement(line) for line in lines]


def test_every_dependency_is_pinned_within_its_range() -> None:
    wrong = {
        str(wanted): pinned
        for wanted in _wanted()
        if (pinned := PINS.get(canonicalize_name(wanted.name))) is None or not wanted.specifier.contains(pinned)
    }
    assert not wrong, f"run `make lock`; asked for, and pinned: {wrong}"


def test_every_pin_has_a_hash() -> None:
    bare = [name for name in PINS if not re.search(rf"^{name}==.*\\\n    --hash=", LOCK, re.MULTILINE)]
    assert PINS
    assert not bare, f"run `make lock`; without a hash: {bare}"


def test_the_lock_names_no_address_and_no_path() -> None:
    lines = [line for line in LOCK.splitlines() if re.search(r"://|^-|[ =]/\w|@", line)]
    assert not lines, f"download addresses and paths are the machine's, not the project's: {lines}"
