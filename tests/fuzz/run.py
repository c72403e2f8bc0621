"""`make fuzz`: gives every target its share of the inputs, prints a table, and each finding with what repeats it.

`--target NAME --seed S` draws the same inputs again, `--input HEX` gives it one.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.message_targets import ClientDecoder, Frames, ServerDecoder, Sessions
from tests.fuzz.target import Errors, Target
from tests.fuzz.wire_targets import AdminRequests, Handshakes
from tests.fuzz.wire_targets import Frames as WireFrames

__all__ = ["TARGETS", "Outcome", "fuzz", "share"]

INPUTS = 1_000_000
FINDINGS_MAX = 5
"""Of one target; then it has been told often enough."""

# The second number is a target's share: what is fast gets more.
TARGETS: list[tuple[Callable[[], Target], int]] = [
    (lambda: WireFrames("server"), 15),
    (lambda: WireFrames("client"), 10),
    (lambda: Handshakes("server"), 11),
    (lambda: Handshakes("client"), 8),
    (AdminRequests, 15),
    (ServerDecoder, 20),
    (ClientDecoder, 12),
    (Frames, 4),
    (Sessions, 5),
]


@dataclass(slots=True)
class Outcome:
    """What became of one target's inputs."""

    name: str
    inputs: int = 0
    seconds: float = 0.0
    words: Counter[str] = field(default_factory=Counter[str])
    findings: list[str] = field(default_factory=list[str])


def share(inputs: int, weight: int) -> int:
    """How many of all inputs a target gets, one at least."""
    return max(inputs * weight // sum(weight for _, weight in TARGETS), 1)


def fuzz(target: Target, inputs: int, seed: int, given: list[bytes] | None = None) -> Outcome:
    """Draw so many inputs, or take the one that is given."""
    outcome, random, errors = Outcome(target.name), Random(f"{target.name} {seed}"), Errors()
    logger = logging.getLogger()
    logger.addHandler(errors)
    began_s = time.perf_counter()
    try:
        while outcome.inputs < inputs and len(outcome.findings) < FINDINGS_MAX:
            outcome.inputs += 1
            pieces = target.draw(random) if given is None else given
            problem = _try(target, pieces, outcome.words, errors)
            if problem:
                shown = ",".join(piece.hex() for piece in pieces)
                outcome.findings.append(f"{target.name}, seed {seed}, input {outcome.inputs}: {shown}\n{problem}")
    finally:
        logger.removeHandler(errors)
    outcome.seconds = time.perf_counter() - began_s
    return outcome


def _try(target: Target, pieces: list[bytes], words: Counter[str], errors: Errors) -> str:
    """Run one input; what was wrong, if something was."""
    errors.texts.clear()
    try:
        words[target.run(pieces)] += 1
    except Exception:  # noqa: BLE001 - whatever comes out is what is looked for
        return traceback.format_exc()
    return "\n".join(errors.texts)


def _row(outcome: Outcome) -> str:
    told = ", ".join(f"{word} {count:,}" for word, count in outcome.words.most_common(6))
    rest = len(outcome.words) - 6
    more = f", {rest} more" if rest > 0 else ""
    return f"{outcome.name:<18} {outcome.inputs:>9,} {outcome.seconds:>7.1f} s {len(outcome.findings):>9}  {told}{more}"


def main() -> int:
    """Fuzz; 1 if there was a finding."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS, help="of all targets together")
    parser.add_argument("--seed", type=int, default=None, help="by default another every time")
    parser.add_argument("--target", help="only those whose name has this in it")
    parser.add_argument("--input", help="one input as hex, its pieces parted by commas, instead of drawn ones")
    options = parser.parse_args()
    seed = time.time_ns() % 1_000_000 if options.seed is None else options.seed
    given = None if options.input is None else [bytes.fromhex(piece) for piece in options.input.split(",")]
    logging.getLogger("pelton").setLevel(logging.ERROR)
    print(f"seed {seed}\n{'target':<18} {'inputs':>9} {'time':>9} {'findings':>9}  outcomes")
    outcomes: list[Outcome] = []
    for make, weight in TARGETS:
        target = make()
        if options.target is None or options.target in target.name:
            inputs = 1 if given is not None else share(options.inputs, weight)
            outcomes.append(fuzz(target, inputs, seed, given))
            print(_row(outcomes[-1]), flush=True)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    inputs, seconds = sum(one.inputs for one in outcomes), sum(one.seconds for one in outcomes)
    print(f"{'all':<18} {inputs:>9,} {seconds:>7.1f} s {len(findings):>9}")
    for finding in findings:
        print(f"\n{finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
