"""What a frame did to a table's rows, as events: rows that went, came and changed, by their net effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pelton.streams import Inbox, Lagged, Stream

__all__ = ["Added", "Changed", "Journal", "Removed", "RowEvent", "Subscribers"]


@dataclass(frozen=True, slots=True)
class Added:
    """A row came into sight. `row` is as it is after the frame."""

    row: Any
    tick: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Columns of a row changed: `before` has the old values of those that did, `row` is as it is after the frame."""

    row: Any
    before: Mapping[str, Any]
    tick: int


@dataclass(frozen=True, slots=True)
class Removed:
    """A row is gone, or out of sight. `row` is as it was last seen."""

    row: Any
    tick: int


RowEvent: TypeAlias = Added | Changed | Removed


class Journal:
    """The rows that a frame touches, as they were before it."""

    def __init__(self) -> None:
        self.before: dict[int, Any] = {}
        """None: there was no such row."""

    def note(self, ids: Iterable[int], row_or_none: Callable[[int], Any]) -> None:
        """These rows are about to be touched."""
        before = self.before
        for row_id in ids:
            if row_id not in before:
                before[row_id] = row_or_none(row_id)

    def events(self, tick: int, row_or_none: Callable[[int], Any], ended: set[int]) -> list[RowEvent]:
        """The net effect: first what was removed, then added, then changed; each by ascending id.

        Rows that `ended` exist no more: if there is one of the same id now, it is another.
        """
        removed: list[RowEvent] = []
        added: list[RowEvent] = []
        changed: list[RowEvent] = []
        for row_id in sorted(self.before):
            old, new = self.before[row_id], row_or_none(row_id)
            if old is not None and new is not None and row_id not in ended:
                before = _differences(old.values(), new.values())
                if before:
                    changed.append(Changed(new, before, tick))
                continue
            if old is not None:
                removed.append(Removed(old, tick))
            if new is not None:
                added.append(Added(new, tick))
        return removed + added + changed


class Subscribers:
    """Who wants to know of a table's events. Each has a bounded inbox of its own."""

    def __init__(self) -> None:
        self._inboxes: list[Inbox[RowEvent | Lagged]] = []
        self._ended = False

    def __bool__(self) -> bool:
        self._inboxes = [inbox for inbox in self._inboxes if not inbox.ended]
        return bool(self._inboxes)

    def add(self, events_max: int) -> Stream[RowEvent | Lagged]:
        """One more, from now on."""
        inbox: Inbox[RowEvent | Lagged] = Inbox(0, events_max, events_max, report_lag=True)
        if self._ended:
            inbox.end()
        else:
            self._inboxes.append(inbox)
        return inbox

    def tell(self, events: list[RowEvent]) -> None:
        """Queue the events for each; what one has no room for is counted in the `Lagged` that it gets."""
        for inbox in self._inboxes:
            for event in events:
                inbox.offer(event)

    def end(self) -> None:
        """There are no more frames."""
        self._ended = True
        for inbox in self._inboxes:
            inbox.end()
        self._inboxes = []


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in old.items() if value != new[name] or type(value) is not type(new[name])}
