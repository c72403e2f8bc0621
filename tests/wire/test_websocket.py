"""Receiving: whole binary messages, however their bytes arrive. The same on every channel."""

from __future__ import annotations

import pytest

from pelton.wire import Phase
from pelton.wire.websocket import FRAGMENTS_MAX
from tests.wire.fakes import (
    BINARY,
    CLOSE,
    CONT,
    MASK,
    MESSAGE_MAX,
    PING,
    PONG,
    TEXT,
    UPGRADE,
    close_frame,
    closing_in,
    frame,
    frames_in,
    request,
)
from tests.wire.links import KINDS, Link, MemoryLink, Options, linked

pytestmark = pytest.mark.parametrize("kind", KINDS)
each_side = pytest.mark.parametrize("side", ["server", "client"])

SIZES = (0, 1, 125, 126, 127, 1000, MESSAGE_MAX)


def payload_of(length: int) -> bytes:
    return (bytes(range(256)) * (length // 256 + 1))[:length]


@each_side
async def test_messages_of_every_size_arrive_whole_and_in_order(kind: str, side: str) -> None:
    messages = [payload_of(size) for size in SIZES]
    async with linked(kind, Options(side=side)) as link:
        for message in messages:
            await link.say(frame(message, mask=link.mask))
        assert link.endpoint.messages == messages
        assert (link.websocket.phase, link.received) == (Phase.OPEN, b"")


@each_side
@pytest.mark.parametrize("size", [0, 5, 130])
async def test_a_message_may_be_split_at_every_byte(kind: str, side: str, size: int) -> None:
    message = payload_of(size)
    async with linked(kind, Options(side=side)) as link:
        data = frame(message, mask=link.mask)
        for cut in range(1, len(data)):
            await link.say(data[:cut])
            assert len(link.endpoint.messages) == cut - 1
            await link.say(data[cut:])
            assert link.endpoint.messages == [message] * cut


async def test_a_message_may_come_byte_by_byte(kind: str) -> None:
    async with linked(kind) as link:
        for byte in frame(payload_of(200)):
            await link.say(bytes((byte,)))
        assert link.endpoint.messages == [payload_of(200)]


@each_side
async def test_many_messages_in_one_read_arrive_in_order(kind: str, side: str) -> None:
    messages = [payload_of(index % 140) for index in range(300)]
    async with linked(kind, Options(side=side, slice_bytes=10_000)) as link:
        await link.say(b"".join(frame(message, mask=link.mask) for message in messages))
        assert link.endpoint.messages == messages


@pytest.mark.parametrize("first", range(0, 126, 5))
async def test_two_messages_in_one_read_are_told_apart_whatever_their_lengths(kind: str, first: int) -> None:
    """For each length of the first, all lengths of the second in turn."""
    async with linked(kind) as link:
        for second in range(126):
            pair = [payload_of(first), payload_of(second)]
            await link.say(b"".join(map(frame, pair)))
            assert link.endpoint.messages == pair
            link.endpoint.messages.clear()


@pytest.mark.parametrize("size", [126, 127, 200, 300, 500])
async def test_a_long_message_may_be_cut_after_any_byte_of_its_first_slice(kind: str, size: int) -> None:
    data = frame(payload_of(size))
    async with linked(kind) as link:
        for cut in range(1, min(len(data), 300)):
            await link.say(data[:cut])
            assert link.endpoint.messages == []
            await link.say(data[cut:])
            assert link.endpoint.messages == [payload_of(size)]
            link.endpoint.messages.clear()


async def test_a_part_of_a_message_that_looks_like_a_message_is_none(kind: str) -> None:
    """A payload may hold anything, and a read may begin anywhere."""
    inner = frame(b"not me")
    async with linked(kind) as link:
        for before in (b"", b"x", b"x" * 200):
            outer = frame(before + inner, mask=b"\0\0\0\0")
            await link.say(outer[: -len(inner)])
            await link.say(inner)
            assert link.endpoint.messages == [before + inner]
            link.endpoint.messages.clear()


async def test_a_whole_message_between_fragments_is_refused_also_in_a_read_of_its_own(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"half", fin=False))
        await refused(link, frame(b"whole"), 1002)


async def test_lengths_may_be_written_longer_than_need_be(kind: str) -> None:
    async with linked(kind) as link:
        for form in (0, 2, 8):
            for size in (0, 3, 120):
                await link.say(frame(payload_of(size), form=form))
        assert link.endpoint.messages == [payload_of(size) for size in (0, 3, 120)] * 3


@each_side
async def test_fragments_are_put_together_and_pings_may_come_between(kind: str, side: str) -> None:
    async with linked(kind, Options(side=side)) as link:
        mask = link.mask
        link.send(frame(b"one ", BINARY, fin=False, mask=mask) + frame(b"", CONT, fin=False, mask=mask))
        await link.say(frame(b"hey", PING, mask=mask) + frame(b"two ", CONT, fin=False, mask=mask))
        assert link.endpoint.messages == []
        await link.say(frame(b"three", CONT, mask=mask) + frame(b"next", mask=mask))
        assert link.endpoint.messages == [b"one two three", b"next"]
        assert frames_in(link.received) == [(PONG, b"hey")]


async def test_a_ping_between_the_fragments_of_the_largest_message_is_answered(kind: str) -> None:
    """A control frame is no part of the message, so it must not count against what the message may still have."""
    async with linked(kind) as link:
        first = frame(payload_of(MESSAGE_MAX)[:-1], fin=False)
        await link.say(first + frame(b"still there?", PING) + frame(payload_of(MESSAGE_MAX)[-1:], CONT))
        assert link.endpoint.messages == [payload_of(MESSAGE_MAX)]
        assert frames_in(link.received) == [(PONG, b"still there?")]


def fragments(count: int) -> bytes:
    """A message in so many frames."""
    assert count > 1
    middle = frame(b"b", CONT, fin=False) * (count - 2)
    return frame(b"a", BINARY, fin=False) + middle + frame(b"c", CONT)


async def test_as_many_fragments_as_allowed_are_a_message(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(fragments(FRAGMENTS_MAX) * 2)
        assert link.endpoint.messages == [b"a" + b"b" * (FRAGMENTS_MAX - 2) + b"c"] * 2


async def refused(link: Link, data: bytes, code: int) -> None:
    """The data is answered with this close code, reaches nobody, and is the last that is heard."""
    await link.say(data)
    assert closing_in(link.received)[0] == code
    assert (link.endpoint.messages, link.endpoint.codes) == ([], [code])
    assert link.websocket.phase is Phase.CLOSED
    await link.say(frame(b"too late"))
    assert (link.endpoint.messages, link.endpoint.codes) == ([], [code])


async def test_more_fragments_than_allowed_are_too_big(kind: str) -> None:
    async with linked(kind) as link:
        await refused(link, fragments(FRAGMENTS_MAX + 1), 1009)


async def test_empty_fragments_count_too(kind: str) -> None:
    async with linked(kind) as link:
        await refused(link, frame(b"", BINARY, fin=False) + frame(b"", CONT, fin=False) * 1000, 1009)


async def test_fragments_that_are_too_big_together_are_refused(kind: str) -> None:
    async with linked(kind, Options(message_max=100)) as link:
        await refused(link, frame(b"x" * 60, BINARY, fin=False) + frame(b"x" * 41, CONT), 1009)


@pytest.mark.parametrize("fin", [True, False])
async def test_text_is_refused(kind: str, fin: bool) -> None:
    async with linked(kind) as link:
        await refused(link, frame(b"hello", TEXT, fin=fin), 1003)


@pytest.mark.parametrize(("message_max", "size"), [(100, 101), (100, 125), (4096, 4097), (4096, 65_536), (7, 8)])
async def test_a_message_that_is_too_big_is_refused(kind: str, message_max: int, size: int) -> None:
    async with linked(kind, Options(message_max=message_max)) as link:
        await link.say(frame(payload_of(message_max)))
        assert link.endpoint.messages == [payload_of(message_max)]
        link.endpoint.messages.clear()
        await refused(link, frame(payload_of(size)), 1009)


@pytest.mark.parametrize("declared", [4097, 65_535, 65_536, 2**40, 2**63, 2**64 - 1])
async def test_a_header_alone_is_enough_to_refuse_what_is_too_big(kind: str, declared: int) -> None:
    async with linked(kind) as link:
        await refused(link, frame(b"", declared=declared), 1009)


WRONG = {
    "unmasked": frame(b"x", mask=None),
    "unmasked, empty": frame(b"", mask=None),
    "reserved bit 1": frame(b"x", reserved=4),
    "reserved bit 2": frame(b"x", reserved=2),
    "reserved bit 3": frame(b"x", reserved=1),
    "opcode 3": frame(b"x", 3),
    "opcode 11": frame(b"x", 11),
    "opcode 15": frame(b"x", 15),
    "a continuation of nothing": frame(b"x", CONT),
    "a message within a message": frame(b"x", fin=False) + frame(b"y"),
    "a fragmented ping": frame(b"x", PING, fin=False),
    "a ping of 126 bytes": frame(b"x" * 126, PING),
    "a close frame of one byte": frame(b"x", CLOSE),
    "a close code that nobody may send": close_frame(1005, mask=MASK),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_what_breaks_the_protocol_is_refused(kind: str, wrong: bytes) -> None:
    async with linked(kind) as link:
        await refused(link, wrong, 1002)


async def test_a_client_refuses_a_server_that_masks(kind: str) -> None:
    async with linked(kind, Options(side="client")) as link:
        await link.say(frame(b"x"))
        assert link.endpoint.codes == [1002]


async def test_what_came_before_something_wrong_is_delivered(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"fine") + frame(b"wrong", TEXT) + frame(b"late"))
        assert (link.endpoint.messages, link.endpoint.codes) == ([b"fine"], [1003])


@each_side
async def test_a_ping_is_answered_with_what_it_said(kind: str, side: str) -> None:
    async with linked(kind, Options(side=side)) as link:
        await link.say(frame(b"", PING, mask=link.mask) + frame(b"\x00\xff", PING, mask=link.mask))
        assert frames_in(link.received) == [(PONG, b""), (PONG, b"\x00\xff")]


async def test_a_pong_that_nobody_asked_for_is_ignored(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"x", PONG) + frame(b"message"))
        assert (link.endpoint.messages, link.received) == ([b"message"], b"")


async def test_the_first_message_may_come_with_the_request(kind: str) -> None:
    async with linked(kind, Options(open=False, slice_bytes=4096)) as link:
        await link.say(request(*UPGRADE) + frame(b"hello") + frame(b"again"))
        assert (link.endpoint.opened_count, link.endpoint.messages) == (1, [b"hello", b"again"])


async def test_what_is_held_of_a_message_is_bounded(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(payload_of(MESSAGE_MAX))[:-1])
        assert len(link.websocket._tail) < MESSAGE_MAX + 14
        if not isinstance(link, MemoryLink):
            assert link.outgoing == b""
