"""The flood of the stream benchmark: all frames come through, and what is noted of them is true."""

from __future__ import annotations

import pytest

from benchmarks.streams_flood import Theirs, bound
from benchmarks.streams_flooder import MINIMAL, Flooder, Notes, frames_in_slice
from benchmarks.streams_receivers import CONFIG, Receiver, Wired
from benchmarks.streams_seated import Seated, SeatedOnTransport

FRAMES = 3_000
ASLEEP_S = 0.05


@pytest.mark.parametrize("kind", [Seated, SeatedOnTransport, Wired], ids=lambda kind: kind.name)
def test_all_frames_come_through_and_none_is_shed(kind: type[Receiver]) -> None:
    receiver = kind()
    noted = receiver.flood(FRAMES, ASLEEP_S)
    assert (receiver.received, receiver.inbox.shed) == (FRAMES, 0)
    assert noted.frame_bytes == min(map(len, receiver.frames(FRAMES)))
    assert noted.slice_frames >= 1
    assert noted.slice_ns > 0


@pytest.mark.parametrize("kind", [Seated, SeatedOnTransport, Wired], ids=lambda kind: kind.name)
def test_no_more_waits_than_the_marks_and_one_slice_allow(kind: type[Receiver]) -> None:
    noted = kind().flood(FRAMES, ASLEEP_S)
    assert CONFIG.receive.inbox_high < noted.buffered <= bound(noted)
    assert noted.slice_frames <= frames_in_slice(CONFIG.receive.slice_bytes, noted.frame_bytes)


def test_the_other_server_is_sent_the_same_frames_and_takes_all() -> None:
    noted = Theirs().flood(FRAMES, ASLEEP_S)
    assert noted.frame_bytes == len(MINIMAL) == Wired().flood(10, 0).frame_bytes
    assert 1 <= noted.slice_frames <= noted.buffered <= FRAMES


def test_a_slice_holds_as_many_frames_as_fit_and_the_rest_of_one_before() -> None:
    assert frames_in_slice(2048, 7) == 293
    assert frames_in_slice(6, 7) == 1


def test_notes_keep_the_most_and_leave_out_what_had_no_frames() -> None:
    notes = Notes()
    notes.begin()
    notes.end(0)
    assert (notes.total_ns, notes.slice_ns) == (0, 0)
    for frames in (3, 5, 4):
        notes.begin()
        notes.end(frames)
        notes.waiting(frames, frames * 10)
    noted = notes.flood(7, 12)
    assert (noted.slice_frames, noted.buffered, noted.unparsed_bytes) == (5, 5, 50)
    assert noted.parse_ns == pytest.approx(notes.total_ns / 12)


@pytest.mark.parametrize("received", [0, 100], ids=["before it is open", "in the middle"])
def test_a_connection_that_ends_ends_the_flood(received: int) -> None:
    class HangsUp(Wired):
        def tick(self) -> None:
            super().tick()
            if self.received >= received:
                self.websocket.close(1000, "enough")

    with pytest.raises(RuntimeError, match="ended before all frames were through"):
        HangsUp().flood(FRAMES, 0)


def test_a_flooder_that_is_not_needed_any_more_sends_nothing() -> None:
    class Failed(Exception):
        """Something went wrong on the server's side."""

    class Fails(Wired):
        async def _through(self, flooder: Flooder, count: int, asleep_s: float) -> None:
            raise Failed

    receiver = Fails()
    with pytest.raises(Failed):
        receiver.flood(FRAMES, 0)
    assert receiver.received == 0
