"""`python -m pelton.swarm`: the same as `pelton swarm`."""

from __future__ import annotations

import argparse
import sys

from pelton.swarm.command import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pelton.swarm", description="Play on a server with many bots.")
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
