"""Weights and keys of what waits in an inbox, beside the items and in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

__all__ = ["Sorter"]


class Sorter:
    """For an inbox whose items have a weight, or a key under which a newer one replaces an older."""

    def __init__(self, weigh: Callable[[Any], int] | None, classify: Callable[[Any], Hashable] | None) -> None:
        self.weight = 0
        """Of all that waits."""
        self._weigh = weigh
        self._classify = classify
        self._weights: deque[int] = deque()
        self._keys: deque[Hashable] = deque()
        self._places: dict[Hashable, int] = {}
        """Of each key's waiting item, counted from the first item ever queued."""
        self._first = 0
        self._next_key: Hashable = None
        self._next_weight = 1

    def weighed_with(self, item: Any) -> int:
        """What the whole would weigh with this item. Remembers its weight and key for `conflate`."""
        weight = 1 if self._weigh is None else self._weigh(item)
        if weight < 0:
            raise ValueError(f"weigh({item!r}) is {weight}; a weight is 0 or more")
        self._next_weight = max(weight, 1)  # or any number of empty ones would find room
        self._next_key = None if self._classify is None else self._classify(item)
        place = self._place()
        return self.weight + self._next_weight - (0 if place is None else self._weights[place])

    def conflate(self, item: Any, items: deque[Any]) -> bool:
        """Put the item in the place of one with its key; False if none waits, and the item is to be queued."""
        place = self._place()
        key, self._next_key = self._next_key, None
        if place is None:
            if key is not None:
                self._places[key] = self._first + len(items)
            self._keys.append(key)
            self._weights.append(self._next_weight)
            self.weight += self._next_weight
            return False
        items[place] = item
        self.weight += self._next_weight - self._weights[place]
        self._weights[place] = self._next_weight
        return True

    def taken(self) -> None:
        """The first item was taken out."""
        key = self._keys.popleft()
        if key is not None:
            del self._places[key]
        self._first += 1
        self.weight -= self._weights.popleft()

    def clear(self) -> None:
        """All were."""
        self._next_key = None
        while self._keys:
            self.taken()

    def _place(self) -> int | None:
        """Where the item waits that the next one replaces, counted from the first that waits now."""
        place = self._places.get(self._next_key) if self._next_key is not None else None
        return None if place is None else place - self._first
