"""Fixtures for tests of streams that await."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.streams.running import turns


@pytest.fixture
async def quiet_loop() -> AsyncIterator[None]:
    """Nothing is left over: no task, and nothing of which a loop complains where nobody looks.

    That is where the errors of forgotten tasks go, and those of generators that the garbage collector closes.
    """
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    before = asyncio.all_tasks()
    yield
    await turns()
    gc.collect(1)  # what this test made is young; a full collection takes longer than most tests
    await turns()
    assert complaints == []
    assert asyncio.all_tasks() <= before | {asyncio.current_task()}
