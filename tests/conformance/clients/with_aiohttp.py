"""aiohttp's client, driven by the steps of the last argument; says what it saw, a line of JSON for each.

See ../test_interop.py, which starts it; aiohttp is not in the environment of the other tests.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import aiohttp  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports] - see above


def say(**seen: Any) -> None:
    """Print it."""
    sys.stdout.write(json.dumps(seen) + "\n")


async def until(socket: Any, wanted: Callable[[Any], bool]) -> Any:
    """The next message of which that is true."""
    while True:
        message = await socket.receive()
        if wanted(message):
            return message
        if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
            raise SystemExit(f"closed with {socket.close_code}")


async def play(socket: Any, step: dict[str, Any]) -> None:
    """Do one step."""
    if "send" in step:
        await socket.send_bytes(bytes.fromhex(step["send"]))
    if "ping" in step:
        await socket.ping(bytes.fromhex(step["ping"]))
        say(pong=(await until(socket, lambda message: message.type is aiohttp.WSMsgType.PONG)).data.hex())
    if "until" in step:
        prefix = bytes.fromhex(step["until"])
        heard = await until(
            socket, lambda message: message.type is aiohttp.WSMsgType.BINARY and message.data.startswith(prefix)
        )
        say(heard=heard.data.hex())
    if "closed" in step:
        goodbye = await until(socket, lambda message: message.type is aiohttp.WSMsgType.CLOSE)
        say(code=goodbye.data, reason=goodbye.extra)


async def main(url: str, script: str) -> None:
    """Play all steps."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, protocols=["pelton.v1"], compress=15, autoclose=False, autoping=False) as socket,
    ):
        say(subprotocol=socket.protocol, extensions="deflate" if socket.compress else "")
        for step in json.loads(script):
            await play(socket, step)


asyncio.run(main(*sys.argv[1:]))
