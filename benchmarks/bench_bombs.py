"""What the worst messages cost who reads them: time of the process and memory at once, by size, on either side.

`python benchmarks/bench_bombs.py`; the target is 1 ms and 200 kB for 4 KiB. What a reader did before the client looked
at headers first is the last column: the `msgpack` package as it comes.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgpack  # type: ignore[import-untyped]  # the package ships no types

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pelton.games.arena import Arena
from pelton.protocol import BadMessage, plain
from pelton.protocol.typed import TypedDecoder
from tests.protocol.bombs import BOMBS, CLIENT_WRAPS, SERVER_WRAPS, SIZES

REPEATS = 5
Decode = Callable[[bytes], object]


def cost(decode: Decode, payload: bytes) -> tuple[float, float]:
    """Milliseconds (the best of some) and kilobytes."""

    def once() -> None:
        with suppress(BadMessage, ValueError):
            decode(payload)

    times: list[float] = []
    for _ in range(REPEATS):
        began_s = time.process_time()
        once()
        times.append(time.process_time() - began_s)
    tracemalloc.start()
    once()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(times) * 1e3, peak / 1e3


def worst(decode: Decode, wraps: dict[str, bytes], bomb: Callable[[int], bytes], size: int) -> tuple[float, float]:
    """The most time and the most memory, wherever the bomb stands."""
    costs = [cost(decode, before + bomb(size - len(before))) for before in wraps.values()]
    return max(ms for ms, _ in costs), max(kb for _, kb in costs)


def main() -> None:
    readers: dict[str, tuple[Decode, dict[str, bytes]]] = {
        "server": (TypedDecoder(Arena.action_types).decode, SERVER_WRAPS),
        "client": (plain.decode_server, CLIENT_WRAPS),
        "msgpack": (msgpack.unpackb, {"alone": b""}),
    }
    print(f"{'bomb':<32} {'KiB':>4}" + "".join(f" | {name:>8} ms {'kB':>8}" for name in readers))
    for size in SIZES:
        top = dict.fromkeys(readers, (0.0, 0.0))
        for name, bomb in BOMBS.items():
            row = {reader: worst(*how, bomb, size) for reader, how in readers.items()}
            top = {reader: (max(top[reader][0], ms), max(top[reader][1], kb)) for reader, (ms, kb) in row.items()}
            if size == 4096:
                print(_line(name, size, row))
        print(_line("the worst of all", size, top))


def _line(name: str, size: int, row: dict[str, tuple[float, float]]) -> str:
    return f"{name:<32} {size // 1024:>4}" + "".join(f" | {ms:>11.3f} {kb:>8.0f}" for ms, kb in row.values())


if __name__ == "__main__":
    main()
