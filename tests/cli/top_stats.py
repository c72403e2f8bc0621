"""Answers of `/stats` for `pelton top`, as a server gives them, and an admin port that gives them."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["AdminPort", "a_room", "a_server"]


def a_room(room_id: str, **values: Any) -> dict[str, Any]:
    return {
        "room_id": room_id,
        "game": "arena",
        "players": 50,
        "seats": 200,
        "tick": 812,
        "tick_hz": 20,
        "ticks": 812,
        "actions_waiting": 0,
        "overruns": 0,
        "budget_us": 50_000,
        "duration_us": {"p50": 2800, "p99": 12_800, "max": 61_300},
        **values,
    }


def a_server(uptime_s: float = 7200.0, **values: Any) -> dict[str, Any]:
    """One that has done the same in every second of its life."""
    durations = {"p50": 3100, "p90": 9000, "p99": 12_800, "max": 61_300, "count": 4096}
    per_s = {"ticks": 80, "frames_sent": 4000, "frames_skipped": 3, "actions_taken": 1000, "bytes_sent": 1_234_000}
    counters = {name: int(rate * uptime_s) for name, rate in per_s.items()}
    return {
        "version": "1.2.3",
        "uptime_s": uptime_s,
        "cpu_ns": int(0.37e9 * uptime_s),
        "rss_bytes": 64 * 1024**2,
        "loop": "uvloop",
        "transport": "swept",
        "connections": 201,
        "players": 200,
        "actions_waiting": 12,
        "metrics": {"connections": 201, "connections_total": 300, "ticks_overrun": 0, **counters},
        "tick": {"count": 1, "budget_us": 50_000, "duration_us": durations, "duration_recent_us": durations},
        "rooms_open": 1,
        "rooms": [a_room("zzykj3yx")],
        **values,
    }


class AdminPort:
    """A real HTTP server. `answers` are given in turn, the last of them from then on: stats, or a status and a text."""

    def __init__(self, *answers: dict[str, Any] | tuple[int, str], token: str = "", port: int = 0) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.token = token
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Generator[AdminPort]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            told = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.asked += 1
        if request.path != "/stats":
            told = (404, "nothing here")
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            told = (401, "no token")
        status, text = told if isinstance(told, tuple) else (200, json.dumps(told))
        request.send_response(status)
        request.end_headers()
        request.wfile.write(text.encode())
