"""The pages by their paths."""

from __future__ import annotations

import json

import pytest

from pelton.server.admin.pages import pages
from pelton.wire import Page
from tests.server.admin.exposition import read
from tests.server.admin.watch import watched
from tests.server.stage import Stage


def page(path: str, stage: Stage | None = None) -> Page:
    found = pages(watched(stage or Stage()))(path)
    assert found is not None
    return found


def test_the_index_names_pages_that_are_there() -> None:
    index = page("/")
    assert (index.status, index.content_type) == (200, "text/plain; charset=utf-8")
    paths = [word for word in index.body.decode().split() if word.startswith("/")]
    assert paths == ["/inspector", "/stats", "/metrics", "/healthz", "/readyz", "/api/rooms"]
    assert [page(path).status for path in paths[:-1]] == [200] * 5  # the last is not of these: tests of `Api`


def test_stats_are_json() -> None:
    assert page("/stats").content_type == "application/json"
    assert json.loads(page("/stats").body)["version"] == "1.2.3"


def test_metrics_are_prometheus_text() -> None:
    assert page("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert read(page("/metrics").body.decode())


def test_readiness_is_that_of_the_server() -> None:
    stage = Stage()
    stage.lobby.closing = True
    assert [page(path, stage).status for path in ("/healthz", "/readyz")] == [200, 503]


@pytest.mark.parametrize("path", ["/stats/", "/metrics.txt", "//", "/..", "/favicon.ico"])
def test_any_other_path_has_no_page(path: str) -> None:
    assert pages(watched(Stage()))(path) is None
