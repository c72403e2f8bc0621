"""All rows at full size, one after the other: the page of figures, target against measured.

    make soak                       everything; some forty minutes
    make soak ARGS='T7 T10'         these rows
    make soak ARGS='--quick T7'     at the size of continuous integration
    make soak ARGS='--size 100 T7'  at another

Ends with 1 if a figure is missed or a row could not be played. What was measured is written to benchmarks/results as
JSON as well.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.threats.figure import Figure
from tests.threats.row import Row, Scenes

__all__ = ["rows"]

FOLDER = Path(__file__).parent
RESULTS = FOLDER.parents[1] / "benchmarks" / "results"


def rows() -> list[Row]:
    """Of every test file in this folder, in the order of their names."""
    found: list[Row] = []
    for path in sorted(FOLDER.glob("test_*.py")):
        row = getattr(importlib.import_module(f"tests.threats.{path.stem}"), "ROW", None)
        if isinstance(row, Row):
            found.append(row)
    return found


def play(row: Row, size: int, *, is_quick: bool) -> Sequence[Figure]:
    """On a server of its own. A row that cannot be played is a figure that is missed."""
    with tempfile.TemporaryDirectory() as name:
        try:
            if not is_quick:
                return row.figures(Path(name), size)
            scenes = Scenes(Path(name))
            try:
                return row.run(scenes.of(row), size)
            finally:
                scenes.close()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            traceback.print_exc()
            return [Figure(f"could not be played: {type(error).__name__}", 1, most=0)]


def show(console: Console, row: Row, size: int, figures: Sequence[Figure], took_s: float) -> None:
    """The figures of one row, as soon as they are there."""
    table = Table(title=f"{row.name}: {row.title} (size {size:,}, {took_s:.0f} s)", title_justify="left")
    table.add_column("figure")
    table.add_column("target", justify="right")
    table.add_column("measured", justify="right")
    table.add_column("verdict")
    for figure in figures:
        verdict = "[green]held[/]" if figure.ok else "[bold red]MISSED[/]"
        table.add_row(figure.what, figure.target, figure.shown, verdict)
    console.print(table)


def written(row: Row, size: int, figures: Sequence[Figure]) -> dict[str, object]:
    """The same for a machine."""
    return {
        "row": row.name,
        "title": row.title,
        "size": size,
        "figures": [
            {"what": each.what, "measured": each.measured, "target": each.target, "unit": each.unit, "ok": each.ok}
            for each in figures
        ],
    }


def save(results: Sequence[dict[str, object]]) -> Path:
    """Beside the results of the benchmarks, which git does not have."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"soak-{time.strftime('%Y%m%d-%H%M%S')}.json"
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.platform()}
    path.write_text(json.dumps({"machine": machine, "rows": results}, indent=1) + "\n")
    return path


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("names", nargs="*", help="rows, such as T7 (all)")
    parser.add_argument("--quick", action="store_true", help="at the size of continuous integration")
    parser.add_argument("--size", type=int, help="another size than the row's full one")
    args = parser.parse_args()
    known = {row.name: row for row in rows()}
    if wrong := [name for name in args.names if name not in known]:
        parser.error(f"no row {wrong[0]}; there are {' '.join(known)}")
    console, results, missed = Console(), list[dict[str, object]](), list[str]()
    for name in args.names or known:
        row = known[name]
        size = args.size or (row.ci if args.quick else row.full)
        begun_s = time.monotonic()
        figures = play(row, size, is_quick=args.quick)
        show(console, row, size, figures, time.monotonic() - begun_s)
        results.append(written(row, size, figures))
        missed += [f"{row.name}, {figure.what}: {figure.shown}" for figure in figures if not figure.ok]
    console.print(f"written to {os.path.relpath(save(results))}")
    console.print(f"[bold red]missed[/]: {'; '.join(missed)}" if missed else "[bold green]all held[/]")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
