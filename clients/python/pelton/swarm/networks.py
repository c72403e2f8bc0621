"""`--net`: which bot is behind which bad network. Each draws its own, and what happens on it, from its own dice."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random

from pelton.client.dial import Dial
from pelton.netsim import BadConditions, Conditions, Uplink, dial_through, parse
from pelton.swarm.planning import Misuse

__all__ = ["dials_through", "parse_networks"]


def parse_networks(texts: Sequence[str]) -> list[tuple[Conditions, float]]:
    """`wifi:70 train:30`, a weight behind each, or 1. Misuse says what is wrong."""
    return [_parse(text) for text in texts]


def dials_through(
    networks: Sequence[tuple[Conditions, float]], seed: int, shared: Uplink | None
) -> Callable[[int], Dial]:
    """How the bot of a number connects."""
    ends = list(accumulate(weight for _, weight in networks))

    def dial_for(number: int) -> Dial:
        dice = Random(f"{seed}/{number}/net")
        place = bisect_right(ends, dice.random() * ends[-1])
        return dial_through(networks[min(place, len(ends) - 1)][0], dice, shared=shared)

    return dial_for


def _parse(text: str) -> tuple[Conditions, float]:
    spec, colon, weight_text = text.rpartition(":")
    try:
        weight = float(weight_text) if colon else 1.0
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise Misuse(f"--net {text}: expected a share above 0 behind the colon, got {weight_text!r}")
    try:
        return parse(spec if colon else text), weight
    except BadConditions as bad:
        raise Misuse(f"--net {text}: {bad}") from bad
