"""What nobody answers for is logged once, counted, and survived."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from pelton.server.logs.unhandled import watch_unhandled
from pelton.server.metrics import Metrics


def fail() -> None:
    raise ZeroDivisionError("of ours")


@pytest.fixture
async def metrics() -> Metrics:
    made = Metrics()
    watch_unhandled(asyncio.get_running_loop(), made)
    return made


async def turn() -> None:
    """Let the loop run everything that is due."""
    done = asyncio.Event()
    asyncio.get_running_loop().call_soon(done.set)
    await done.wait()


async def test_a_callback_that_raises_is_logged_once_and_counted(
    metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.get_running_loop().call_soon(fail)
    await turn()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().startswith("unhandled error on the event loop: ")
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ZeroDivisionError)
    assert metrics.unhandled_errors == 1


async def test_a_task_that_nobody_awaits_is_logged_once_and_counted(
    metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        fail()

    task = asyncio.ensure_future(broken())
    await turn()
    await turn()
    del task
    gc.collect()
    (record,) = caplog.records
    assert "never retrieved" in record.getMessage()
    assert metrics.unhandled_errors == 1


async def test_every_one_is_counted(metrics: Metrics) -> None:
    for _ in range(100):
        asyncio.get_running_loop().call_soon(fail)
    await turn()
    assert metrics.unhandled_errors == 100
