"""Over the soft limit the doors are shut, and they open again only a good deal below it."""

from __future__ import annotations

from pelton.server.overload.memory import MemoryLimit


def test_it_shuts_over_the_limit_and_opens_below_nine_tenths_of_it() -> None:
    limit = MemoryLimit(1000)
    rss = [1000, 1001, 1500, 950, 901, 900, 950, 1000, 1001]
    assert [limit.judge(value) for value in rss] == [False, True, False, False, False, True, False, False, True]
    assert limit.is_over


def test_no_limit_is_never_reached() -> None:
    limit = MemoryLimit(0)
    assert not any(limit.judge(value) for value in (0, 1, 2**60))
    assert not limit.is_over
