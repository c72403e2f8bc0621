"""What a simulation finds wrong, and how it says so.

SimulationFailed (an AssertionError, so that pytest shows it as one)
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Failure", "SimulationFailed"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that must never be. `kind` and the place of the fault make it the same as another; numbers do not."""

    kind: str
    text: str
    at_s: float
    error: BaseException | None = None
    bot: int | None = None

    @property
    def signature(self) -> str:
        """Equal for two failures that have the same cause, as far as anybody can tell."""
        return f"{self.kind}: {re.sub(r'[0-9]+', '#', _where(self.error) or self.text)}"


class SimulationFailed(AssertionError):
    """A simulation found something wrong."""

    def __init__(self, failure: Failure, again: str, last: Sequence[str]) -> None:
        self.failure = failure
        lines = [f"{failure.text} (after {failure.at_s:.3f} s)"]
        if failure.bot is not None:
            lines[0] += f", bot {failure.bot}"
        lines += ["", "what happened last:", *(f"  {line}" for line in last)] if last else []
        lines += ["", f"again: {again}"]
        super().__init__("\n".join(lines))
        if failure.error is not None:
            self.__cause__ = failure.error


def _where(error: BaseException | None) -> str:
    """The error's type and the place of its innermost frame."""
    if error is None:
        return ""
    while error.__cause__ is not None:
        error = error.__cause__
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {frames[-1].name}: {frames[-1].line}" if frames else type(error).__name__
