"""Asks an admin port for one page of JSON. HTTP by hand, as far as one GET of a small page needs it.

Never blocks the loop, and takes no longer than TIMEOUT_S and no more than ANSWER_BYTES_MAX.
"""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

__all__ = ["AdminError", "ask"]

TIMEOUT_S = 2.0
ANSWER_BYTES_MAX = 1_048_576
SAID_MAX = 120


class AdminError(Exception):
    """The admin port told nothing; says why. `status` and `body` are those of its answer; None if there was none."""

    def __init__(self, text: str, status: int | None = None, body: bytes = b"") -> None:
        self.status = status
        self.body = body
        super().__init__(text)


async def ask(url: str, page: str, token: str = "") -> object:
    """The page below `url`, read as JSON; `token` goes with the request. AdminError if it cannot be had."""
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{page}"
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer = await _get(parts.hostname or "", parts.port or 80, _request(path, parts.netloc, token))
    except TimeoutError:
        raise AdminError(f"{url}: no answer within {TIMEOUT_S:g} s") from None
    except OSError as error:
        raise AdminError(f"{url}: {error.strerror or error}") from error
    where = f"{parts.scheme}://{parts.netloc}{path}"
    head, _, body = answer.partition(b"\r\n\r\n")
    _check_status(where, head.partition(b"\r\n")[0].decode("latin-1"), body)
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AdminError(f"{where} is not what was expected: {error!r:.100}") from error
    return found


def _request(path: str, host: str, token: str) -> bytes:
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{bearer}Connection: close\r\n\r\n".encode()


def _check_status(where: str, line: str, body: bytes) -> None:
    words = line.split()
    if words[1:2] == ["200"]:
        return
    said = "".join(filter(str.isprintable, body.decode(errors="replace").strip()[:SAID_MAX]))
    status = int(words[1]) if words[1:2] and words[1].isdecimal() else None
    raise AdminError(f"{where}: {line or 'no answer'}{f' ({said})' if said else ''}", status, body)


async def _get(host: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        answer = bytearray()
        while chunk := await reader.read(65_536):
            answer += chunk
            if len(answer) > ANSWER_BYTES_MAX:
                raise OSError(f"the answer is longer than {ANSWER_BYTES_MAX} bytes")
        return bytes(answer)
    finally:
        writer.close()
