"""The servers of the tests from end to end, here as well."""

from __future__ import annotations

from tests.end_to_end.conftest import start_server

__all__ = ["start_server"]
