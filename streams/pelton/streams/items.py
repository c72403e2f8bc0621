"""Values that travel through a merge beside the items: an error, a goodbye. They end one source, never the merge."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Err", "Left"]


@dataclass(frozen=True, slots=True)
class Err:
    """One source of a merge raised; it is closed and gone, the others go on."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Left:
    """One source of a merge came to its end; nothing more arrives under its key."""
