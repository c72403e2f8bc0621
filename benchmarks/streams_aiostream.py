"""aiostream, if it is installed. It is GPL-3.0 and not a dependency: `make bench-streams` installs it, nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["aiostream"]


def _found() -> Any:
    try:
        return import_module("aiostream")
    except ModuleNotFoundError as missing:
        if missing.name != "aiostream":
            raise
        return None


aiostream: Any = _found()
"""The module, or None."""
