"""`python -m pelton.netsim`: the same as `pelton netsim`."""

from __future__ import annotations

import argparse
import sys

from pelton.netsim.command import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pelton.netsim", description="A bad network for any TCP.")
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
