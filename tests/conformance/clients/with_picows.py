"""picows' client, driven by the steps of the last argument; says what it saw, a line of JSON for each.

See ../test_interop.py, which starts it; picows is not in the environment of the other tests.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import picows  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports] - see above

OFFERED = {"Sec-WebSocket-Protocol": "pelton.v1", "Sec-WebSocket-Extensions": "permessage-deflate"}
Seen = tuple[Any, bytes, int, str]
"""The frame's kind and payload; of a goodbye its code and reason."""


def say(**seen: Any) -> None:
    """Print it."""
    sys.stdout.write(json.dumps(seen) + "\n")


class Listener(picows.WSListener):  # type: ignore[misc]  # it is not there, so mypy does not know it
    """Keeps what comes until it is asked for."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[Seen] = asyncio.Queue()

    def on_ws_frame(self, transport: Any, frame: Any) -> None:
        """A frame: valid only during this call."""
        goodbye = frame.msg_type == picows.WSMsgType.CLOSE
        code = int(frame.get_close_code()) if goodbye else 0
        reason = frame.get_payload_as_bytes()[2:].decode() if goodbye else ""
        self.frames.put_nowait((frame.msg_type, frame.get_payload_as_bytes(), code, reason))
        if goodbye:
            transport.send_close(frame.get_close_code())
            transport.disconnect()


async def until(listener: Listener, wanted: Callable[[Seen], bool]) -> Seen:
    """The next frame of which that is true."""
    while True:
        seen = await listener.frames.get()
        if wanted(seen):
            return seen
        if seen[0] == picows.WSMsgType.CLOSE:
            raise SystemExit(f"closed with {seen[2]} {seen[3]}")


async def play(transport: Any, listener: Listener, step: dict[str, Any]) -> None:
    """Do one step."""
    kinds = picows.WSMsgType
    if "send" in step:
        transport.send(kinds.BINARY, bytes.fromhex(step["send"]))
    if "ping" in step:
        transport.send_ping(bytes.fromhex(step["ping"]))
        say(pong=(await until(listener, lambda seen: bool(seen[0] == kinds.PONG)))[1].hex())
    if "until" in step:
        prefix = bytes.fromhex(step["until"])
        heard = await until(listener, lambda seen: seen[0] == kinds.BINARY and seen[1].startswith(prefix))
        say(heard=heard[1].hex())
    if "closed" in step:
        goodbye = await until(listener, lambda seen: bool(seen[0] == kinds.CLOSE))
        say(code=goodbye[2], reason=goodbye[3])


async def main(url: str, script: str) -> None:
    """Play all steps."""
    transport, listener = await picows.ws_connect(Listener, url, extra_headers=OFFERED)
    headers = transport.response.headers
    say(
        subprotocol=headers.get("Sec-WebSocket-Protocol", ""),
        extensions=headers.get("Sec-WebSocket-Extensions", ""),
    )
    for step in json.loads(script):
        await play(transport, listener, step)
    transport.disconnect()
    await transport.wait_disconnected()


asyncio.run(main(*sys.argv[1:]))
