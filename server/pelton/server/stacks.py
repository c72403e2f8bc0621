"""Where another thread is, in words: the line it runs, or the innermost one that is the game's own."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from types import FrameType

__all__ = ["frame_of", "innermost", "innermost_of_game"]

LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def frame_of(thread_id: int) -> FrameType | None:
    """The innermost frame of a thread; None if it is gone. Do not keep it: it keeps all of its variables alive."""
    frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - documented, for exactly this
    return frames.get(thread_id)


def innermost(frame: FrameType | None) -> str:
    """`file:line function`."""
    if frame is None:
        return "nowhere"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"


def innermost_of_game(frame: FrameType | None, game_module: str = "") -> str:
    """The same of the innermost frame that is neither Pelton's nor a library's; if there is none, of the innermost.

    `game_module`: where the game's class is, which may be the main program.
    """
    found = next((one for one in _outwards(frame) if _is_of_game(one, game_module)), frame)
    return innermost(found)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_of_game(frame: FrameType, game_module: str) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    if module.startswith("pelton.") or module == "__main__":
        return module == game_module or module.startswith("pelton.games.")
    return not frame.f_code.co_filename.startswith((*LIBRARIES, "<"))
