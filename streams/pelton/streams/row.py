"""Stages that are one function each (`map`, `filter`, `filter_map`), and rows of them, which work as one.

A call of `poll` or a turn of a generator for each stage costs more than most functions that are given to them. So a
row is driven by its last stage alone, by loops that are written for its shape: source code, as `namedtuple` makes it,
once for each shape. Only the stages' functions are put into it, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from textwrap import indent
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias, TypeVar

from pelton.streams.poll import PENDING, Budget, Poll, Waker
from pelton.streams.stage import Stage, close_after
from pelton.streams.stream import Stream

__all__ = ["InRow", "Kind"]

T = TypeVar("T")
U = TypeVar("U")

Kind: TypeAlias = Literal["map", "filter", "filter_map"]


class Loops(NamedTuple):
    """Of a row over one source: for a poll, and for all that is ready."""

    one: Callable[[Waker | None], Any]
    over: Callable[[Stream[Any], Iterator[Any]], Iterator[Any]]


class InRow(Stage[T, U]):
    """A stage of one function. Who stands below another of its kind only holds a place, until it is polled itself."""

    kind: ClassVar[Kind]

    def __init__(self, source: Stream[T], function: Callable[[T], Any]) -> None:
        super().__init__(source)
        self.end: Stream[Any] = source
        """What the whole row takes from."""
        self.row: tuple[tuple[Kind, Callable[[Any], Any]], ...] = ((self.kind, function),)
        """What is done to an item from there on, this stage's part last."""
        if isinstance(source, InRow):
            self.end = source.end
            self.row = (*source.row, *self.row)
        self.backlog = self.end.backlog
        self._loops: Loops | None = None

    def park(self, waker: Waker) -> bool:
        return not self._closed and self.end.park(waker)

    def fused(self, limit: int | None) -> Iterator[U]:
        return iter(()) if self._closed else self._looped().over(self, self.end.fused(limit))

    def ready(self, limit: int | None = None) -> Iterator[U]:
        return self.fused(limit)  # it closes the row by itself if it raises: a generator less

    def _step(self, waker: Waker | None) -> U | Poll:
        # The first time only: from then on an attribute of this name stands before this method.
        self._step = self._looped().one  # type: ignore[method-assign,assignment]  # a call less for every item
        return self._step(waker)

    def _looped(self) -> Loops:
        """Made when first needed: who stands in the middle of a row never needs any."""
        if self._loops is None:
            write = _written(tuple(kind for kind, _ in self.row))
            self._loops = write(self.end, *(function for _, function in self.row))
        return self._loops


_STAGES: dict[Kind, str] = {
    "map": "item = {name}(item)\n",
    "filter": "if not {name}(item):\n{drop}",
    "filter_map": "item = {name}(item)\nif item is None:\n{drop}",
}
_CHARGE = "    if isinstance(waker, Budget) and not waker.spend():\n        return PENDING\n    continue\n"
_DROP = "    continue\n"  # here it is the limit of what is taken that counts it
_LOOPS = """
def loops(source, {names}):
    def one(waker, source=source, {bound}):
        while True:
            at_hand = source.at_hand
            if at_hand:
                item = at_hand.popleft()
            else:
                item = source.poll(waker)
                if isinstance(item, Poll):
                    return item
{charging}
            return item

    def over(row, items, {bound}):
        try:
            for item in items:
{dropping}
                yield item
        except GeneratorExit:
            raise  # the consumer has enough for now
        except BaseException as error:
            close_after(row, error)
            raise

    return Loops(one, over)
"""
_SCOPE = {"PENDING": PENDING, "Budget": Budget, "Loops": Loops, "Poll": Poll, "close_after": close_after}


@cache
def _written(kinds: tuple[Kind, ...]) -> Callable[..., Loops]:
    """What makes the loops of a row of this shape out of its source and its functions."""
    names = [f"function_{number}" for number in range(len(kinds))]

    def stages(drop: str, depth: int) -> str:
        each = (_STAGES[kind].format(name=name, drop=drop) for kind, name in zip(kinds, names, strict=True))
        return indent("".join(each), " " * depth)

    text = _LOOPS.format(
        names=", ".join(names),
        bound=", ".join(f"{name}={name}" for name in names),  # a local name is found faster
        charging=stages(_CHARGE, 12),
        dropping=stages(_DROP, 16),
    )
    scope: dict[str, Any] = dict(_SCOPE)
    exec(compile(text, f"<a row of {', '.join(kinds)}>", "exec"), scope)  # noqa: S102 - no part of it comes from outside
    loops: Callable[..., Loops] = scope["loops"]
    return loops
