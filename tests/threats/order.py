"""What an attacker is told to do, and what he tells."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.threats.line import Line

__all__ = ["Order", "Seen", "closed", "ends", "tell", "until_dismissed"]

Seen: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """How large and how long an attack is; each attack says what it makes of `what` and `said`."""

    port: int
    size: int = 1
    seconds: float = 0.0
    what: str = ""
    said: tuple[bytes, ...] = ()


def tell(seen: Seen) -> None:
    """Say something before the end."""
    print(json.dumps(seen), flush=True)


async def until_dismissed() -> None:
    """Wait until nobody listens any more."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def closed(lines: Iterable[Line]) -> Seen:
    """How they have ended so far: `codes`, how many did not (`left`), and how long the last one took. Closes all."""
    lines = list(lines)
    over = [line for line in lines if line.is_over]
    codes = Counter(str(line.code) for line in over)
    lasted_s = max((line.lasted_s for line in over), default=0.0)
    for line in lines:
        line.close()
    return {"codes": dict(codes), "left": len(lines) - len(over), "lasted_s": lasted_s}


async def ends(lines: Iterable[Line], patience_s: float = 60) -> Seen:
    """Wait for all of them to end: `closed`."""
    lines = list(lines)
    if lines:
        await asyncio.wait([asyncio.create_task(line.gone()) for line in lines], timeout=patience_s)
    return closed(lines)
