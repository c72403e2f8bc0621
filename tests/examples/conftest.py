"""What tests of examples have in common: real servers."""

from __future__ import annotations

from tests.end_to_end.conftest import start_server

__all__ = ["start_server"]
