"""The limit on open files: raised as far as it may be, never lowered."""

from __future__ import annotations

import pytest

from pelton.wire.limits import allow_sockets

resource = pytest.importorskip("resource")


@pytest.mark.parametrize(
    ("soft", "hard", "count", "after"),
    [
        (256, 4096, 1000, 1064),
        (256, 512, 1000, 512),
        (4096, 4096, 1000, None),
        (-1, -1, 1000, None),
        (256, -1, 9000, 9064),
    ],
)
def test_the_limit_is_raised_as_far_as_the_system_allows(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, count: int, after: int | None
) -> None:
    raised: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: raised.append((which, limits)))
    allow_sockets(count)
    assert raised == ([] if after is None else [(resource.RLIMIT_NOFILE, (after, hard))])
