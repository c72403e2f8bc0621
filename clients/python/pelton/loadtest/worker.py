"""One process of the load generator, `python -m pelton.loadtest.worker PART PARTS`: plays bots, and nothing else.

Reads the plan's text as a JSON line, then orders, a line each; answers `share` with a line. What costs time (sums,
percentiles, the screen) is the parent's: it must not make bots late. Ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys

from pelton.loadtest.pipe import LINE_BYTES_MAX, Order, read_order, written_share
from pelton.loadtest.plan import plan_of
from pelton.loadtest.troupe import Troupe
from pelton.swarm.loop import collect_less_often, loop_factory
from pelton.wire.limits import allow_sockets

__all__ = ["main"]

BOTS_EXPECTED = 20_000


async def main(part: int, parts: int) -> None:
    """Do as told until the parent has gone or says so."""
    reader, writer = await _pipes()
    name, text = json.loads(await reader.readline())
    async with asyncio.TaskGroup() as group:
        troupe = Troupe(plan_of(text, name, name), part, parts, group)
        try:
            while line := await reader.readline():
                order = read_order(line)
                if order.do == "end":
                    break
                if order.do == "share":
                    writer.write(written_share(await troupe.share()))
                    await writer.drain()
                else:
                    _obey(troupe, order)
        finally:
            troupe.end()
    writer.write(written_share(await troupe.share()))
    await writer.drain()
    writer.close()


def _obey(troupe: Troupe, order: Order) -> None:
    if order.do == "aim":
        troupe.aim(int(order.number), order.seconds)
    else:
        troupe.arrivals(order.number, order.seconds)


async def _pipes() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Standard input and output, without ever blocking the loop on them."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(LINE_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


if __name__ == "__main__":
    sys.path.insert(0, "")
    allow_sockets(BOTS_EXPECTED)
    collect_less_often()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main(int(sys.argv[1]), int(sys.argv[2])))
