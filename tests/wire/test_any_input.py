"""Whatever arrives, in whatever pieces: the same messages on every channel, no exception, no endless buffer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pelton.wire import Phase
from tests.wire.fakes import BINARY, CLOSE, CONT, MESSAGE_MAX, PING, PONG, UPGRADE, accepted, frame, frames_in, request
from tests.wire.links import KINDS, MemoryLink, Options, linked

sizes = st.one_of(st.integers(0, 130), st.sampled_from([200, 256, 1000, MESSAGE_MAX]))
masks = st.binary(min_size=4, max_size=4)


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """One message, and the frames it comes in: one or several, with pings between them."""
    payload = draw(st.randoms(use_true_random=False)).randbytes(draw(sizes))
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
    if cuts and len(payload) > MESSAGE_MAX - 125:
        cuts = []  # see test_a_ping_between_the_fragments_of_the_largest_message_is_answered
    parts = [payload[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    frames: list[bytes] = []
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        frames.append(frame(part, CONT if index else BINARY, fin=last, mask=draw(masks)))
        if draw(st.integers(0, 3)) == 0:
            frames.append(frame(b"p%d" % index, draw(st.sampled_from([PING, PONG])), mask=draw(masks)))
    return payload, frames


def pieces(data: bytes, lengths: list[int]) -> Iterator[bytes]:
    """The data cut into pieces of these lengths, over and over."""
    position = turn = 0
    while position < len(data):
        length = lengths[turn % len(lengths)] if lengths else len(data)
        yield data[position : position + length]
        position, turn = position + length, turn + 1


piece_lengths = st.lists(st.one_of(st.integers(1, 20), st.integers(100, 300), st.integers(1, 5000)), max_size=8)


@pytest.mark.parametrize("kind", KINDS)
@given(spoken=st.lists(messages(), max_size=6), lengths=piece_lengths, slice_bytes=st.sampled_from([64, 512, 65_536]))
@settings(max_examples=60, deadline=None)
async def test_any_messages_in_any_pieces_arrive_as_they_were_sent(
    kind: str, spoken: list[tuple[bytes, list[bytes]]], lengths: list[int], slice_bytes: int
) -> None:
    data = b"".join(one for _, frames in spoken for one in frames)
    async with linked(kind, Options(slice_bytes=slice_bytes)) as link:
        for piece in pieces(data, lengths):
            link.send(piece)
            await link.round()
        await link.settle()
        assert link.endpoint.messages == [payload for payload, _ in spoken]
        assert (link.endpoint.codes, link.websocket.phase) == ([], Phase.OPEN)
        pings = [payload for opcode, payload in frames_in(unmasked(data)) if opcode == PING]
        assert frames_in(link.received) == [(PONG, payload) for payload in pings]


def unmasked(data: bytes) -> bytes:
    """The same frames, all of them final, so that `frames_in` reads them."""
    found = bytearray(data)
    position = 0
    while position < len(found):
        found[position] |= 0x80
        length, header = found[position + 1] & 0x7F, 6
        if length == 126:
            length, header = int.from_bytes(found[position + 2 : position + 4], "big"), 8
        position += header + length
    return bytes(found)


@pytest.mark.parametrize("kind", KINDS)
@given(
    spoken=st.lists(messages(), max_size=6),
    lengths=piece_lengths,
    pauses=st.sets(st.integers(0, 5)),
)
@settings(max_examples=40, deadline=None)
async def test_pauses_anywhere_lose_and_repeat_nothing(
    kind: str, spoken: list[tuple[bytes, list[bytes]]], lengths: list[int], pauses: set[int]
) -> None:
    data = b"".join(one for _, frames in spoken for one in frames)
    async with linked(kind, Options(slice_bytes=256)) as link:

        def pause(_: bytes) -> None:
            if len(link.endpoint.messages) - 1 in pauses:
                link.websocket.pause()

        link.endpoint.on_message = pause
        for piece in pieces(data, lengths):
            link.send(piece)
            await link.round()
        for _ in range(len(pauses) + 1):
            await link.settle()
            link.websocket.resume()
        await link.settle()
        assert link.endpoint.messages == [payload for payload, _ in spoken]


# Bytes that begin like a frame get further than noise.
beginnings = st.builds(
    lambda first, second, rest: bytes((first, second)) + rest,
    st.sampled_from([0x82, 0x02, 0x80, 0x00, 0x81, 0x88, 0x89, 0x8A, 0xC2, 0x83]),
    st.sampled_from([0x80, 0x81, 0x85, 0xFD, 0xFE, 0xFF, 0x05, 0x7E, 0x7F, 0x00]),
    st.binary(max_size=20),
)
noise = st.lists(st.one_of(st.binary(max_size=50), beginnings), max_size=20)


async def feed_noise(side: str, opened: bool, chunks: list[bytes]) -> None:
    """In memory, where nothing stands between the WebSocket and an exception."""
    async with linked("memory", Options(side=side, open=opened, message_max=100)) as link:
        assert isinstance(link, MemoryLink)
        websocket, endpoint = link.websocket, link.endpoint
        for chunk in chunks:
            websocket.feed(chunk)
            held = len(websocket._tail) + sum(map(len, websocket._fragments or []))
            assert held <= (2 * 100 + 14 if websocket.phase is Phase.OPEN else 8192 + 50)
        await link.settle()
        if websocket.phase is Phase.CLOSED:
            assert len(endpoint.closings) == 1
            assert link.channel.finished or link.channel.aborted or side == "client"
        else:
            assert endpoint.closings == []
        assert all(len(message) <= 100 for message in endpoint.messages)


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("opened", [False, True])
@given(chunks=noise)
@settings(max_examples=300, deadline=None)
@example(chunks=[b"\x82\xff" + b"\xff" * 12])
@example(chunks=[b"\x88\x82" + b"\0" * 6])
async def test_noise_raises_nothing_and_ends_the_websocket_or_lets_it_wait(
    side: str, opened: bool, chunks: list[bytes]
) -> None:
    await feed_noise(side, opened, chunks)


@given(chunks=noise, cut=st.integers(0, 400))
@settings(max_examples=200, deadline=None)
async def test_noise_in_place_of_the_end_of_a_handshake_raises_nothing(chunks: list[bytes], cut: int) -> None:
    await feed_noise("server", False, [request(*UPGRADE)[:cut], *chunks])
    async with linked("memory", Options(side="client", open=False)) as link:
        await link.settle()
        answer = accepted(link.received)
    await feed_noise("client", False, [answer[:cut], *chunks])


@given(
    spoken=st.lists(messages(), min_size=1, max_size=4), flips=st.lists(st.tuples(st.integers(0), st.integers(1, 255)))
)
@settings(max_examples=200, deadline=None)
async def test_frames_with_flipped_bits_raise_nothing(
    spoken: list[tuple[bytes, list[bytes]]], flips: list[tuple[int, int]]
) -> None:
    data = bytearray(b"".join(one for _, frames in spoken for one in frames))
    for position, bits in flips:
        data[position % len(data)] ^= bits
    async with linked("memory") as link:
        link.websocket.feed(bytes(data))
        await link.settle()
        assert len(link.endpoint.closings) <= 1
        assert bool(link.endpoint.closings) == (link.websocket.phase is Phase.CLOSED)


@given(st.binary(max_size=40))
@settings(max_examples=100, deadline=None)
async def test_any_goodbye_is_answered_and_ends_it(payload: bytes) -> None:
    async with linked("memory") as link:
        await link.say(frame(payload, CLOSE))
        assert frames_in(link.received)[-1][0] == CLOSE
        assert len(link.endpoint.closings) == 1
        assert link.ended
