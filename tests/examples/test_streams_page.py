"""docs/streams.md tells the truth: its code runs or is an example's, its outputs are real, its tables are complete."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path

import pytest

import pelton.streams
from pelton.streams import Stream
from tests.examples.reading import FOLDER, PAGE, Block, blocks, examples, fences, holds, parts, promised, run

TEXT = PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`[^|]*?`) \|", re.MULTILINE)
NAME = re.compile(r"`(\w+)[^`]*`")


def label(block: Block) -> str:
    return f"{block.example or 'inline'}:{block.code.split(maxsplit=1)[0]}"


@pytest.mark.parametrize("block", [block for block in blocks(TEXT) if block.example], ids=label)
def test_a_block_that_names_an_example_is_part_of_it(block: Block) -> None:
    example = FOLDER / str(block.example)
    whole = example.read_text(encoding="utf-8")
    for part in parts(block.code, "# ..."):
        assert holds(whole, part), f"not in {example.name}:\n{part}"
    for part in parts(block.output or "", "..."):
        assert holds(promised(example), part), f"{example.name} does not print:\n{part}"


@pytest.mark.parametrize("block", [block for block in blocks(TEXT) if not block.example], ids=label)
def test_any_other_block_runs_and_prints_what_stands_below_it(block: Block, tmp_path: Path) -> None:
    (tmp_path / "block.py").write_text(block.code, encoding="utf-8")
    done = run("block.py", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (block.output or "")


def test_every_block_is_of_a_kind_that_is_checked_here() -> None:
    kinds = [kind for kind, _ in fences(TEXT)]
    assert set(kinds) == {"python", "text"}
    assert kinds[0] == "python"
    assert ("text", "text") not in set(itertools.pairwise(kinds))


def test_every_example_is_on_the_page() -> None:
    shown = {block.example for block in blocks(TEXT)}
    assert {example.name for example in examples()} == shown - {None}


def test_the_tables_list_every_method_of_a_stream_and_every_public_name_once() -> None:
    reference = TEXT[TEXT.index("## All there is") : TEXT.index("## Compared with others")]
    listed = Counter(name for row in ROW.findall(reference) for name in NAME.findall(row))
    methods = {name for name in vars(Stream) if not name.startswith("_")}
    assert listed == Counter(methods) + Counter(pelton.streams.__all__)


def test_the_table_of_rules_has_nine() -> None:
    assert re.findall(r"^\| (R\d+) \|", TEXT, re.MULTILINE) == [f"R{number}" for number in range(1, 10)]


def test_every_path_and_heading_it_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https:)([^)]+)\)", TEXT)
    titles = re.findall(r"^#+ (.*)", TEXT, re.MULTILINE)
    headings = {"#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    paths = [link for link in links if link not in headings]
    assert "#the-rules" in links
    assert [path for path in paths if not (PAGE.parent / path).exists()] == []
