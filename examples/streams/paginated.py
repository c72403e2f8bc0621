"""A paginated API, read lazily: what is not wanted is not requested.

The server is a real one, on loopback, and notes what it is asked for. It has five pages of books; one book on the
third page has no year.

It prints:

    Emma 1815
    Dracula 1897
    Kim 1901
      requested: page=1 page=2
    all up to the first error: no year: Beowulf
      requested: page=1 page=2 page=3
    all that are right: 9 books
      requested: page=1 page=2 page=3 page=4 page=5
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from pelton.streams import Err, Page, Scope, Stream, pages


@dataclass(frozen=True)
class Book:
    title: str
    year: int


def parse(record: dict[str, Any]) -> Book | Err:
    if "year" not in record:
        return Err(ValueError(f"no year: {record['title']}"))  # an item like the others: what follows is read on
    return Book(record["title"], record["year"])


def books(scope: Scope, port: int) -> Stream[Book | Err]:
    async def fetch(number: int) -> Page[dict[str, Any], int]:
        body = await asyncio.to_thread(get, port, f"/books?page={number}")
        return Page(items=body["books"], next=body["next"])

    return pages(scope, fetch, cursor=1).map(parse)


async def read(port: int) -> None:
    async with Scope() as scope:
        async for book in books(scope, port).ok().filter(lambda book: book.year < 1902).take(3):
            print(book.title, book.year)
            await asyncio.sleep(0.02)  # nothing is fetched meanwhile
        print_requested()

        try:
            await books(scope, port).try_collect()
        except ValueError as error:
            print("all up to the first error:", error)
        print_requested()

        print("all that are right:", await books(scope, port).ok().count(), "books")
        print_requested()


# The rest has nothing to do with streams: a client, a server, and the list of what was requested.

SHELVES: list[dict[str, int | None]] = [
    {"Ulysses": 1922, "Emma": 1815},
    {"Dracula": 1897, "Kim": 1901},
    {"Beowulf": None, "Walden": 1854},
    {"Dubliners": 1914, "Middlemarch": 1871},
    {"Lord Jim": 1900, "Nostromo": 1904},
]
requested: list[str] = []


def get(port: int, path: str) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        body: dict[str, Any] = json.loads(connection.getresponse().read())
        return body
    finally:
        connection.close()


class Library(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        number = int(self.path.partition("page=")[2])
        shelf = SHELVES[number - 1].items()
        books = [{"title": title, "year": year} if year else {"title": title} for title, year in shelf]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"books": books, "next": number + 1 if number < len(SHELVES) else None}).encode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        requested.append(self.path.partition("?")[2])


def print_requested() -> None:
    print("  requested:", *requested)
    requested.clear()


def main() -> None:
    with HTTPServer(("127.0.0.1", 0), Library) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        asyncio.run(read(server.server_port))
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    main()
