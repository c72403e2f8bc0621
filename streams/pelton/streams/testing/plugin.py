"""The contract as a pytest fixture. The only file of the core that imports pytest."""

from __future__ import annotations

import pytest

from pelton.streams.testing.contract import StreamContract

__all__ = ["stream_contract"]


@pytest.fixture
def stream_contract() -> StreamContract:
    """Checks of everything that a stream promises; see `StreamContract`."""
    return StreamContract()
