"""The command `pelton load`: arguments, exit codes, and where the output goes. Parsing imports nothing but argparse."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

__all__ = ["add_arguments", "run"]

MISUSE = 2
OUT = Path("load-result")
USAGE = """pelton load PLAN.toml [--out DIR] [--find-capacity] [--quiet]
       pelton load compare BEFORE.json AFTER.json [--fail-if "METRIC > +N%"]..."""
COMPARE_FILES = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` reads."""
    parser.usage = USAGE.replace("%", "%%")
    add = parser.add_argument
    add("words", nargs="+", metavar="PLAN.toml", help="the plan; or: compare BEFORE.json AFTER.json")
    add("--out", type=Path, default=OUT, metavar="DIR", help=f"where results are written ({OUT})")
    add("--find-capacity", action="store_true", help="look for the most players with which every threshold holds")
    add("--quiet", action="store_true", help="show no progress")
    add("--fail-if", action="append", default=[], metavar="CONDITION", help='of compare, such as "ack.p99 > +10%%"')
    add("--seed", type=int, default=0, metavar="K", help="of compare: of the dice that tell noise (0)")


def run(args: argparse.Namespace) -> int:
    """Run a load test, or compare two; the exit code."""
    words: list[str] = args.words
    if words[0] == "compare":
        if len(words) != 1 + COMPARE_FILES:
            return _misuse(f"compare takes two files, got {len(words) - 1}\nusage: {USAGE}")
        return _compare(Path(words[1]), Path(words[2]), args.fail_if, args.seed)
    if len(words) != 1:
        return _misuse(f"expected one plan, got {len(words)}\nusage: {USAGE}")
    if args.fail_if:
        return _misuse("--fail-if belongs to compare; what a run must hold stands in its plan, under [thresholds]")
    return _load(Path(words[0]), args)


def _load(path: Path, args: argparse.Namespace) -> int:
    from pelton.loadtest.admin import TOKEN_VARIABLE
    from pelton.loadtest.plan import read_plan
    from pelton.loadtest.session import Misuse, Options, load
    from pelton.loadtest.tables import PlanError

    sys.path.insert(0, "")  # bots in the current folder, as with `python -m`
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    options = Options(args.out, find_capacity=args.find_capacity, quiet=args.quiet, admin_token=token)
    try:
        return load(read_plan(path), options)
    except (PlanError, Misuse) as error:
        return _misuse(str(error))


def _compare(before: Path, after: Path, conditions: list[str], seed: int) -> int:
    from pelton.loadtest.closing import compared, print_out
    from pelton.loadtest.compare import changes, differences, failed
    from pelton.loadtest.expressions import BadExpression, read_change
    from pelton.loadtest.summary import BadSummary, read_summary

    try:
        wanted = [read_change(condition) for condition in conditions]
        old, new = read_summary(before), read_summary(after)
    except BadExpression as error:
        return _misuse(f"--fail-if\n{error}")
    except BadSummary as error:
        return _misuse(str(error))
    found = changes(old, new, seed)
    fell = failed(wanted, found)
    print_out(compared(found, differences(old, new), fell))
    return 1 if fell else 0


def _misuse(text: str) -> int:
    sys.stderr.write(f"pelton load: {text}\n")
    return MISUSE
