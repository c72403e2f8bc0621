"""Makes a script that fails smaller while it fails in the same way: fewer visits, faults, actions, and round times.

Delta debugging (Zeller and Hildebrandt, 2002): leave out halves, then quarters, and so on; whatever still fails stays
out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from pelton.testing.script import Acted, Script, Visit

__all__ = ["Fails", "shrink"]

T = TypeVar("T")
Fails: TypeAlias = Callable[[Script], bool]
"""Whether a script still fails in the way in question."""
ROUNDS_MAX = 8
DIGITS = (0, 1, 2, 3)


def shrink(script: Script, fails: Fails, tries_max: int = 600) -> Script:
    """The smallest script found that still fails, in at most so many tries."""
    budget = _Budget(fails, tries_max)
    blank = script.with_visits(_unseen(visit) for visit in script.visits)
    script = blank if budget.fails(blank) else script
    for _ in range(ROUNDS_MAX):
        before = script
        script = _fewer_visits(script, budget)
        script = _fewer_endings(script, budget)
        script = _fewer_acts(script, budget)
        if script == before or budget.spent:
            break
    return _rounder(_without_views(script, budget), budget)


class _Budget:
    """Tries, up to a number; beyond, nothing fails any more."""

    def __init__(self, fails: Fails, tries_max: int) -> None:
        self._fails, self._left = fails, tries_max

    @property
    def spent(self) -> bool:
        return self._left <= 0

    def fails(self, script: Script) -> bool:
        self._left -= 1
        return self._left >= 0 and self._fails(script)


def _fewer_visits(script: Script, budget: _Budget) -> Script:
    visits = _fewest(script.visits, lambda kept: budget.fails(script.with_visits(kept)))
    return script.with_visits(visits)


def _fewer_endings(script: Script, budget: _Budget) -> Script:
    """Without stalls, cuts and leaves that do not matter."""
    for index in range(len(script.visits)):
        for leave_out in (_no_stalls, _no_cut, _no_leave):
            script = _if_fails(script, index, leave_out(script.visits[index]), budget)
        if script.visits[index].stalls:
            script = _fewer_stalls(script, index, budget)
    return script


def _if_fails(script: Script, index: int, visit: Visit, budget: _Budget) -> Script:
    candidate = _with(script, index, visit)
    return candidate if candidate != script and budget.fails(candidate) else script


def _no_stalls(visit: Visit) -> Visit:
    return replace(visit, stalls=())


def _no_cut(visit: Visit) -> Visit:
    return replace(visit, cut_s=None)


def _no_leave(visit: Visit) -> Visit:
    return replace(visit, leaves_s=None)


def _fewer_stalls(script: Script, index: int, budget: _Budget) -> Script:
    visit = script.visits[index]
    kept = _fewest(visit.stalls, lambda some: budget.fails(_with(script, index, replace(visit, stalls=tuple(some)))))
    return _with(script, index, replace(visit, stalls=tuple(kept)))


def _fewer_acts(script: Script, budget: _Budget) -> Script:
    """All actions of all visits together first: most matter to nobody."""
    places = [(index, act) for index, visit in enumerate(script.visits) for act in visit.acts]
    kept = _fewest(places, lambda some: budget.fails(_with_acts(script, some)))
    return _with_acts(script, kept)


def _with_acts(script: Script, places: Sequence[tuple[int, Acted]]) -> Script:
    acts: dict[int, list[Acted]] = {}
    for index, act in places:
        acts.setdefault(index, []).append(act)
    return script.with_visits(
        replace(visit, acts=tuple(acts.get(index, ()))) for index, visit in enumerate(script.visits)
    )


def _unseen(visit: Visit) -> Visit:
    return replace(visit, acts=tuple(replace(act, seen=None) for act in visit.acts))


def _without_views(script: Script, budget: _Budget) -> Script:
    """Where it does not matter what the player saw, it is not said."""
    for index in range(len(script.visits)):
        for position in range(len(script.visits[index].acts)):
            visit = script.visits[index]
            acts = list(visit.acts)
            if acts[position].seen is None:
                continue
            acts[position] = replace(acts[position], seen=None)
            script = _if_fails(script, index, replace(visit, acts=tuple(acts)), budget)
    return script


def _rounder(script: Script, budget: _Budget) -> Script:
    """With as few digits as will do."""
    for digits in DIGITS:
        candidate = script.with_visits(_rounded(visit, digits) for visit in script.visits)
        if budget.fails(candidate):
            return candidate
    return script


def _rounded(visit: Visit, digits: int) -> Visit:
    return replace(
        visit,
        joins_s=round(visit.joins_s, digits),
        acts=tuple(replace(act, at_s=round(act.at_s, digits)) for act in visit.acts),
        leaves_s=None if visit.leaves_s is None else round(visit.leaves_s, digits),
        cut_s=None if visit.cut_s is None else round(visit.cut_s, digits),
        stalls=tuple(
            replace(stall, from_s=round(stall.from_s, digits), until_s=round(stall.until_s, digits))
            for stall in visit.stalls
        ),
    )


def _with(script: Script, index: int, visit: Visit) -> Script:
    return script.with_visits(visit if place == index else other for place, other in enumerate(script.visits))


def _fewest(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """ddmin: as few of them as still fail, in their order."""
    if not items or fails(()):
        return ()
    pieces = 2
    while len(items) >= 2:
        size = -(-len(items) // pieces)
        for start in range(0, len(items), size):
            rest = [*items[:start], *items[start + size :]]
            if rest and fails(rest):
                items, pieces = rest, max(pieces - 1, 2)
                break
        else:
            if pieces >= len(items):
                break
            pieces = min(len(items), 2 * pieces)
    return items
