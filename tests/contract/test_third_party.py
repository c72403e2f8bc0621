"""Each library is touched in one place, so that it can be replaced, bounded and tested there."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

from tests.contract.tree import ROOT, shown, source_files

# What may import it: a file, or with a slash at the end every file below a folder.
ALLOWED = {
    "jwt": ["server/pelton/server/auth/jwt.py"],
    "msgpack": ["protocol/pelton/protocol/plain.py", "streams/pelton/streams/decoders.py"],
    "msgspec": [
        "protocol/pelton/protocol/sample.py",
        "protocol/pelton/protocol/schema.py",
        "protocol/pelton/protocol/typed.py",
    ],
    "numpy": [
        "server/pelton/server/simulate/state/",
        "server/pelton/server/deliver/",
        "clients/python/pelton/client/replica/",
    ],
    "pytest": ["streams/pelton/streams/testing/plugin.py"],
    "rich": [
        "clients/python/pelton/loadtest/closing.py",
        "clients/python/pelton/loadtest/live.py",
        "clients/python/pelton/swarm/",
        "clients/python/pelton/netsim/screen.py",
        "clients/python/pelton/testing/progress.py",
        "server/pelton/cli/",
    ],
    "uvloop": ["server/pelton/server/loop.py", "clients/python/pelton/swarm/loop.py"],
    "websockets": ["protocol/pelton/wire/"],
}

CALLED = {"pyjwt": "jwt"}
"""What is imported under another name than it is installed under."""


def test_a_library_is_imported_only_where_it_belongs() -> None:
    strays = [
        f"{shown(path)} imports {library}, which only {' and '.join(ALLOWED[library])} may"
        for path in source_files()
        for library in sorted(_imported(path) & set(ALLOWED))
        if not _may_import(shown(path), library)
    ]
    assert not strays, "\n".join(strays)


def test_no_library_is_imported_that_is_not_declared() -> None:
    known = {"pelton", *ALLOWED, *sys.stdlib_module_names}
    unknown = {shown(path): names for path in source_files() if (names := _imported(path) - known)}
    assert not unknown, f"not the standard library, and not in this test's table: {unknown}"


def test_the_table_lists_the_dependencies_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    declared = {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in project["dependencies"] + extras}
    assert {CALLED.get(name, name) for name in declared} == set(ALLOWED)


def _may_import(name: str, library: str) -> bool:
    return any(name.startswith(place) if place.endswith("/") else name == place for place in ALLOWED[library])


def _imported(path: Path) -> set[str]:
    """The first part of every absolute import, wherever in the file it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=shown(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names
