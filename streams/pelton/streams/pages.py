"""A paginated source as one stream of items: the next page is fetched when it is asked for, and not before."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pelton.streams.poll import CursorRepeated
from pelton.streams.pump import source
from pelton.streams.sources import from_iter

if TYPE_CHECKING:
    from pelton.streams.scope import Scope
    from pelton.streams.several import Flatten

__all__ = ["Page", "pages"]

T = TypeVar("T")
C = TypeVar("C", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Page(Generic[T, C]):
    """What one fetch brought: its items, and the cursor of the next page, None after the last."""

    items: Iterable[T]
    next: C | None


def pages(scope: Scope, fetch: Callable[[C], Awaitable[Page[T, C]]], cursor: C, prefetch: int = 0) -> Flatten[T]:
    """All items of `fetch(cursor)` and of the pages that follow it, fetched by one task of the scope.

    A page is fetched when an item of it is wanted; `prefetch` pages are fetched ahead of that. Closing the stream
    cancels a fetch under way, and none is begun after it. What `fetch` raises ends the stream, after the items
    before it. CursorRepeated if the pages go round in a circle.
    """
    return scope.pump(_fetched(fetch, cursor), prefetch).map(lambda page: from_iter(page.items)).flatten()


@source
async def _fetched(fetch: Callable[[C], Awaitable[Page[T, C]]], cursor: C) -> AsyncGenerator[Page[T, C], None]:
    # Brent's algorithm: finds every circle, and remembers one cursor however many pages there are.
    landmark, steps, until_moved = cursor, 0, 1
    while True:
        page = await fetch(cursor)
        yield page
        if page.next is None:
            return
        cursor = page.next
        if cursor == landmark:
            raise CursorRepeated(cursor)
        steps += 1
        if steps == until_moved:
            landmark, steps, until_moved = cursor, 0, until_moved * 2
