"""A line that several connections share: what one of them sends, the others wait for. Pure."""

from __future__ import annotations

__all__ = ["Uplink"]


class Uplink:
    """One bandwidth for all that share it, first come, first served.

    A connection may ask for a time to come (its own line is busy, or frozen); others go before it meanwhile. So this
    is a timetable, and not just the time at which the line is free.
    """

    __slots__ = ("_busy", "_byte_s")

    def __init__(self, kbit_s: float) -> None:
        if not kbit_s > 0:
            raise ValueError(f"a shared line needs more than 0 kbit/s, got {kbit_s!r}")
        self._byte_s = 8 / (kbit_s * 1000)
        self._busy: list[tuple[float, float]] = []  # disjoint and in order; bounded by what its users may have waiting

    def carry(self, now_s: float, begin_s: float, size: int) -> float:
        """When `size` bytes are through that can begin at `begin_s`, in the first gap that is long enough.

        `now_s` never goes back; `begin_s` is not before it.
        """
        busy, takes_s = self._busy, size * self._byte_s
        passed = 0
        while passed < len(busy) and busy[passed][1] <= now_s:
            passed += 1
        del busy[:passed]
        index = 0
        for begins_s, ends_s in busy:
            if begin_s + takes_s <= begins_s:
                break
            begin_s = max(begin_s, ends_s)
            index += 1
        return self._book(index, begin_s, begin_s + takes_s)

    def _book(self, index: int, begin_s: float, end_s: float) -> float:
        """Note a span before the one at `index`; spans that touch become one."""
        busy, through_s = self._busy, end_s
        if index < len(busy) and busy[index][0] == end_s:
            end_s = busy.pop(index)[1]
        if index and busy[index - 1][1] == begin_s:
            index -= 1
            begin_s = busy.pop(index)[0]
        busy.insert(index, (begin_s, end_s))
        return through_s
