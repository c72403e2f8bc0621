"""200,000 small frames from one client: how much waits, and for how long the parser does not let go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from benchmarks.streams_flooder import MINIMAL, Flood, Flooder, Notes, frames_in_slice
from benchmarks.streams_receivers import CONFIG, Receiver, Wired
from benchmarks.streams_report import Part, Row, Target
from benchmarks.streams_seated import Seated, SeatedOnTransport
from benchmarks.streams_timing import alternated, run_on_loop

__all__ = ["Theirs", "bound", "flood"]


class Theirs:
    """The asyncio server of websockets, its queue as short as it can be, and a handler that sleeps first."""

    name = "websockets, max_queue=1"

    def flood(self, count: int, asleep_s: float) -> Flood:
        """Let a client send so many frames, while nobody takes any, and then as they come."""
        return run_on_loop(self._flood(count, asleep_s))

    async def _flood(self, count: int, asleep_s: float) -> Flood:
        notes = Notes()
        began, done = asyncio.Event(), asyncio.Event()

        class Noted(ServerConnection):
            def data_received(self, data: bytes) -> None:
                before = len(self.recv_messages.frames)
                notes.begin()
                super().data_received(data)
                waiting = len(self.recv_messages.frames)
                notes.end(waiting - before)
                notes.waiting(waiting, len(self.protocol.reader.buffer))

        async def handler(connection: ServerConnection) -> None:
            began.set()
            await asyncio.sleep(asleep_s)
            for _ in range(count):
                await connection.recv()
            done.set()

        server = serve(
            handler,
            "127.0.0.1",
            0,
            max_queue=1,
            compression=None,
            ping_interval=None,
            subprotocols=[Subprotocol("pelton.v1")],
            create_connection=Noted,
            close_timeout=0.1,
        )
        async with server as running:
            port = next(iter(running.sockets)).getsockname()[1]
            with Flooder(port, (), MINIMAL * count) as flooder:
                await began.wait()
                flooder.go()
                await done.wait()
        return notes.flood(len(MINIMAL), count)


def bound(one: Flood) -> int:
    """What may wait at most on our side."""
    return CONFIG.receive.inbox_high + frames_in_slice(CONFIG.receive.slice_bytes, one.frame_bytes)


KINDS: tuple[type[Receiver] | type[Theirs], ...] = (Seated, SeatedOnTransport, Wired, Theirs)


def flood(runs: int, count: int, asleep_s: float) -> Part:
    """Flood each server, one after the other."""
    part = Part(
        "flood",
        f"A flood: {count:,} smallest frames from one client; for the first {asleep_s:g} s nobody takes any",
        [
            f"Pelton as delivered: slice_bytes {CONFIG.receive.slice_bytes}, inbox_high {CONFIG.receive.inbox_high}.",
            "bound: inbox_high and what one slice can bring. unparsed: read from the socket, not parsed yet.",
        ],
        ["frame bytes", "buffered", "bound", "unparsed bytes", "frames a slice", "longest ms", "us a frame"],
    )
    found = alternated(KINDS, runs, lambda kind: kind().flood(count, asleep_s))
    for kind, floods in zip(KINDS, found, strict=True):
        ours = kind is not Theirs
        part.rows.append(_row(kind.name, floods, ours=ours))
        if ours:
            worst = max(one.buffered for one in floods)
            name = f"{kind.name}: frames buffered under a flood"
            part.targets.append(Target(name, bound(floods[0]), worst, "{:,.0f}"))
    return part


def _row(name: str, floods: Sequence[Flood], *, ours: bool) -> Row:
    worst = max(one.buffered for one in floods)
    longest_ms = median(one.slice_ns for one in floods) / 1e6
    parse_us = median(one.parse_ns for one in floods) / 1000
    unparsed = max(one.unparsed_bytes for one in floods)
    slices = max(one.slice_frames for one in floods)
    cells = [
        str(floods[0].frame_bytes),
        f"{worst:,}",
        f"{bound(floods[0]):,}" if ours else "-",
        f"{unparsed:,}",
        f"{slices:,}",
        f"{longest_ms:.2f}",
        f"{parse_us:.2f}",
    ]
    figures: dict[str, object] = {
        "frame_bytes": floods[0].frame_bytes,
        "buffered": [one.buffered for one in floods],
        "bound": bound(floods[0]) if ours else None,
        "unparsed_bytes": unparsed,
        "slice_frames": slices,
        "slice_ms": [one.slice_ns / 1e6 for one in floods],
        "parse_us": [one.parse_ns / 1000 for one in floods],
    }
    return Row(name, cells, figures)
