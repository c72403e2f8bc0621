"""T12: compression is not negotiated, so nothing can be blown up; a frame that claims it breaks the protocol."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import UPGRADE, RawClient
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

COMPRESSED = bytes([0x82 | 0x40, 0x80 | 4]) + bytes(4) + b"bomb"


def run(scene: Scene, size: int) -> Sequence[Figure]:
    request = (UPGRADE % b"pelton.v1").replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
    agreed = codes = 0
    for _ in range(size):
        with RawClient(scene.port) as client:
            client.send(request)
            agreed += b"sec-websocket-extensions" in client.head().lower()
            client.say(1, "raw")
            client.send(COMPRESSED)
            codes += client.closed()[0] == 1002
    return [Figure("extensions agreed on", agreed, most=0), Figure("closed with 1002", codes, least=size)]


ROW = Row("T12", "an offer to compress, and a frame that claims to be", run, full=50, ci=2)


def test_compression(scenes: Scenes) -> None:
    check(ROW, scenes)
