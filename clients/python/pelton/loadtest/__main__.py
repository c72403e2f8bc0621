"""`python -m pelton.loadtest`: the same as `pelton load`."""

from __future__ import annotations

import argparse
import sys

from pelton.loadtest.command import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pelton.loadtest", description="Play as a plan says, and judge it.")
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
