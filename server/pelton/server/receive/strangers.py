"""Connections that have not said hello, in the order in which they came, up to a number."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Strangers"]

T = TypeVar("T")


class Strangers(Generic[T]):
    """`add` answers with who has to go for it: the one that has waited longest.

    Not the new one: who holds places and says nothing would then keep everybody else out, for as long as he likes.
    An honest client needs them for two or three round trips.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: OrderedDict[T, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, stranger: T) -> T | None:
        """One more. 0 as the number is any number."""
        self._waiting[stranger] = None
        if self._most and len(self._waiting) > self._most:
            return self._waiting.popitem(last=False)[0]
        return None

    def discard(self, known: T) -> None:
        """He said hello, or is gone. Nothing happens if he was none of them."""
        self._waiting.pop(known, None)
