"""An attacker as a process: started, listened to, and ended when nobody wants him any more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.end_to_end.conftest import clean_environment

__all__ = ["Attacker"]

ROOT = Path(__file__).parents[2]
PATIENCE_S = 900


class Attacker:
    """Says what he saw in lines of JSON. `seconds`, `what` and `said` mean what the attack's docstring says."""

    def __init__(
        self, name: str, port: int, size: int, *, seconds: float = 0, what: str = "", said: tuple[bytes, ...] = ()
    ) -> None:
        self._name = name
        words = ["--port", str(port), "--size", str(size), "--seconds", str(seconds), "--what", what]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.threats.attacks", name, *words, "--said", *(data.hex() for data in said)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment(),
            cwd=ROOT,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Attacker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.stdout.read()
        self._process.stdout.close()
        assert self._process.wait(PATIENCE_S) == 0 or kind is not None, f"the attacker failed: {self._name}"

    def seen(self) -> dict[str, Any]:
        """What he says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the attacker failed: {self._name}"
        found: dict[str, Any] = json.loads(line)
        return found
