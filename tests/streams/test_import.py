"""The stream core stands alone: importing it and polling load no event loop, no library and nothing else of Pelton."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def loaded_by(code: str) -> set[str]:
    """All modules in a new process after this code."""
    listing = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=True)
    names: list[str] = json.loads(ran.stdout)
    return set(names)


POLLING = """
from pelton.streams import Inbox, Merge, from_iter
merge = Merge()
inbox = Inbox(0, 9, 9)
inbox.offer(1)
merge.add("a", inbox.map(abs).filter(bool).take(3))
merge.add("b", from_iter("ab").enumerate().chunks(2))
assert list(merge.sweep(4, 100)) and merge.poll(lambda: None)
"""

USES = {"importing": "import pelton.streams", "polling": POLLING}


@pytest.mark.parametrize("code", USES.values(), ids=list(USES))
def test_it_loads_no_event_loop_no_library_and_nothing_else_of_pelton(code: str) -> None:
    before, after = loaded_by(""), loaded_by(code)
    assert "pelton.streams.stream" in after, "the test looks in the wrong place"
    new = after - before
    own = {name for name in new if name == "pelton" or name.startswith("pelton.streams")}
    assert {name for name in new - own if name.partition(".")[0] not in sys.stdlib_module_names} == set()
    assert {"asyncio", "concurrent", "selectors", "socket", "ssl", "threading", "unittest"} & new == set()
    assert "pelton.streams.testing" not in after


def test_asyncio_and_a_decoder_s_library_are_loaded_when_they_are_needed() -> None:
    assert "asyncio" in loaded_by(
        "from pelton.streams import from_iter, pending\n"
        "waiting = pending().next()\n"
        "try: waiting.send(None)\n"
        "except RuntimeError: pass  # no loop runs"
    )
    assert "msgpack" in loaded_by("from pelton.streams import MsgPack\nMsgPack()")
