"""Attacks, each of which runs as a program of its own.

    python -m tests.threats.attacks NAME --port P --size S --seconds T

It does what its name says, so large and for so long, and prints what it saw as lines of JSON. A new one is an async
function in one of the attack_*.py files, which takes an `Order` and gives what it saw.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from tests.threats import (
    attack_churn,
    attack_doors,
    attack_floods,
    attack_games,
    attack_messages,
    attack_places,
    attack_process,
    attack_readers,
    attack_seats,
    attack_storm,
)
from tests.threats.order import Order, Seen

__all__ = ["ATTACKS"]

Attack: TypeAlias = Callable[[Order], Coroutine[Any, Any, Seen]]
NICE = 10
"""The players share the core, and it is the server that is measured with them."""

ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attacks in (
        attack_churn,
        attack_doors,
        attack_floods,
        attack_games,
        attack_messages,
        attack_places,
        attack_process,
        attack_readers,
        attack_seats,
        attack_storm,
    )
    for attack in attacks.ATTACKS
}


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.threats.attacks")
    parser.add_argument("name", choices=ATTACKS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--what", default="")
    parser.add_argument("--said", nargs="*", type=bytes.fromhex, default=[])
    args = parser.parse_args()
    os.nice(NICE)
    order = Order(args.port, args.size, args.seconds, args.what, tuple(args.said))
    print(json.dumps(asyncio.run(ATTACKS[args.name](order))), flush=True)


if __name__ == "__main__":
    main()
