"""The collector's own work is measured while somebody wants to know."""

from __future__ import annotations

import gc
import time

from pelton.server.recorder.garbage import Garbage


def test_a_collection_is_measured_and_its_generation_told() -> None:
    garbage = Garbage(time.monotonic_ns)
    before = list(gc.callbacks)
    garbage.start()
    garbage.start()
    try:
        gc.collect(1)
        assert garbage.total_ns > 0
        assert garbage.generation >= 1
    finally:
        garbage.stop()
    assert gc.callbacks == before
    total_ns = garbage.total_ns
    gc.collect()
    assert garbage.total_ns == total_ns
    garbage.stop()
