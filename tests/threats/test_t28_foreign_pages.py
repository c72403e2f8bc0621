"""T28: pages of other origins, however alike they look, do not connect."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import UPGRADE, RawClient
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

FOREIGN = (
    b"null",
    b"http://evil.example",
    b"http://localhost.evil.example",
    b"http://evil-localhost",
    b"http://localhost@evil.example",
    b"http://localhost:1",
    b"https://localhost:443.evil.example",
    b"ftp://localhost",
    b"http://127.0.0.1",
    b"http://sub.localhost",
    b"http://localhost.",
    b"localhost",
)


def run(scene: Scene, size: int) -> Sequence[Figure]:
    statuses = []
    for origin in FOREIGN * size:
        with RawClient(scene.port) as client:
            client.send((UPGRADE % b"pelton.v1").replace(b"\r\n\r\n", b"\r\nOrigin: " + origin + b"\r\n\r\n"))
            statuses.append(client.head()[9:12])
    return [
        Figure("asked", len(statuses), least=len(FOREIGN) * size),
        Figure("answered with 403", statuses.count(b"403"), least=len(FOREIGN) * size),
    ]


ROW = Row("T28", "pages of other origins", run, full=50, ci=2)


def test_foreign_pages(scenes: Scenes) -> None:
    check(ROW, scenes)
