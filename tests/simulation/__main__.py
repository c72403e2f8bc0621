"""`python -m tests.simulation --seed N`: one world of sessions, or `--seeds M` from there on, and what was wrong."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from tests.simulation.plan import KINDS, Plan
from tests.simulation.verdict import LawBroken
from tests.simulation.world import SessionWorld


def main() -> int:
    """The exit code: 1 if a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--seeds", type=int, default=1, help="how many (1)")
    parser.add_argument("--only", help=f"these faults, with commas between them: {', '.join(KINDS)}")
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first that fails")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    only = args.only.split(",") if args.only else None
    began_s, bad = time.process_time(), 0
    for seed in range(args.seed, args.seed + args.seeds):
        world = SessionWorld(Plan.draw(seed, only))
        try:
            trace = world.run()
        except LawBroken as broken:
            sys.stdout.write(f"{broken}\n\n")
            bad += 1
            if not args.go_on:
                return 1
        else:
            if args.seeds == 1:
                sys.stdout.write(f"seed {seed}: all laws held for {world.time.now_s:.1f} s, trace {trace}\n")
    took_s = time.process_time() - began_s
    sys.stdout.write(f"{args.seeds} seeds, {bad} broke a law, {took_s / args.seeds:.3f} s each\n")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
