"""`pelton swarm --fill`: looks at the server's page once a second, and lets the crowd follow the people."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from pelton.swarm.company import Company, read_rooms
from pelton.swarm.crowd import Crowd

__all__ = ["fetch_page", "keep_company"]

LOOK_S = 1.0
FETCH_TIMEOUT_S = 5.0
PAGE_BYTES_MAX = 2**20


async def keep_company(crowd: Crowd, company: Company, fetch: Callable[[], Awaitable[str]]) -> None:
    """Until it is cancelled. A server that is away, or restarts, is waited for."""
    while True:
        try:
            page = await fetch()
        except OSError:
            page = ""
        company.look(list(read_rooms(page)), Counter(room.room_id for room in crowd.rooms()))
        strays = any(room.room_id != company.room_id for room in crowd.rooms())
        wanted = 0 if strays else company.bots
        if crowd.wanted != wanted:
            crowd.aim(wanted)
        await asyncio.sleep(LOOK_S)


async def fetch_page(url: str) -> str:
    """The page at the address of a game server. OSError if there is none."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "wss"
    port = parts.port or (443 if secure else 80)
    async with asyncio.timeout(FETCH_TIMEOUT_S):
        tls = ssl.create_default_context() if secure else None
        reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=PAGE_BYTES_MAX)
        try:
            writer.write(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
            chunks: list[bytes] = []
            while sum(map(len, chunks)) < PAGE_BYTES_MAX and (chunk := await reader.read(PAGE_BYTES_MAX)):
                chunks.append(chunk)
            return b"".join(chunks).decode(errors="replace")
        finally:
            writer.close()
