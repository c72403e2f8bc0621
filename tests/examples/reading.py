"""What the tests know of the examples and of the page about streams: texts, outputs, blocks, table rows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.conftest import clean_environment

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "streams.md"
FOLDER = ROOT / "examples" / "streams"
TIMEOUT_S = 30

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# examples/streams/(\w+\.py)\n")


@dataclass(frozen=True)
class Block:
    """A Python block of the page, and the text block that follows it as its output, if one does."""

    example: str | None
    code: str
    output: str | None


def examples() -> list[Path]:
    """Every example."""
    return sorted(FOLDER.glob("*.py"))


def promised(example: Path) -> str:
    """What an example's docstring says that it prints: its last paragraph, indented."""
    docstring = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8"))) or ""
    assert "It prints:\n\n" in docstring, f"{example.name} does not say what it prints"
    return textwrap.dedent(docstring.partition("It prints:\n\n")[2]) + "\n"


def fences(page: str) -> list[tuple[str, str]]:
    """All blocks of code of a page, with their languages."""
    return FENCE.findall(page)


def blocks(page: str) -> list[Block]:
    """The Python blocks of a page."""
    found: list[Block] = []
    for kind, text in fences(page):
        if kind == "python":
            named = NAMED.match(text)
            found.append(Block(named[1] if named else None, text[named.end() :] if named else text, None))
        elif found and found[-1].output is None:
            found[-1] = Block(found[-1].example, found[-1].code, text)
    return found


def parts(text: str, gap: str) -> list[str]:
    """An excerpt, cut where lines are left out."""
    return re.split(rf"^{re.escape(gap)}\n", text, flags=re.MULTILINE)


def holds(whole: str, excerpt: str) -> bool:
    """Whether the excerpt is a run of whole lines of the text."""
    return ("\n" + whole).find("\n" + excerpt) >= 0


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python as a user would, with every warning an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env=clean_environment(),
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
