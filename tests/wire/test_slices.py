"""How much of one peer is parsed before others have their turn, and how much at all: in frames, of any kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.wire import Phase, WebSocket
from tests.wire.fakes import (
    BINARY,
    CONT,
    PING,
    PONG,
    UPGRADE,
    Endpoint,
    Purse,
    closing_in,
    frame,
    frames_in,
    new_websocket,
    request,
)
from tests.wire.links import KINDS, SLICE, Options, linked
from tests.wire.memory import MemoryChannel

each_kind = pytest.mark.parametrize("kind", KINDS)


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def opened(slice_frames_max: int = 64, meter: Purse | None = None) -> tuple[WebSocket, Endpoint, MemoryChannel]:
    """A server's WebSocket, open, its endpoint and its channel."""
    websocket, endpoint = new_websocket(slice_frames_max=slice_frames_max, meter=meter)
    channel = MemoryChannel()
    websocket.attach(channel)
    websocket.feed(request(*UPGRADE))
    channel.taken = b""
    return websocket, endpoint, channel


# One visit.


def test_one_visit_parses_so_many_frames_and_asks_to_be_visited_again() -> None:
    websocket, endpoint, channel = opened(slice_frames_max=10)
    websocket.feed(b"".join(map(frame, numbered(25))))
    for heard in (10, 20):
        assert endpoint.messages == numbered(heard)
        assert (channel.paused, channel.wants_again, websocket.held) == (True, True, True)
        channel.wants_again = False
        websocket.feed(b"")
    assert endpoint.messages == numbered(25)
    assert (channel.paused, websocket.held) == (False, False)


def test_what_fits_into_a_visit_is_parsed_in_it_and_nothing_is_held() -> None:
    websocket, endpoint, channel = opened(slice_frames_max=10)
    for _ in range(3):
        websocket.feed(b"".join(map(frame, numbered(10))))
        assert (channel.paused, channel.wants_again) == (False, False)
    assert endpoint.messages == numbered(10) * 3


@pytest.mark.parametrize(
    "some",
    [frame(b"p", PING), frame(b"", PONG), frame(b"", fin=False) + frame(b"", CONT), frame(b"x")],
    ids=["pings", "pongs", "fragments", "messages"],
)
def test_frames_of_every_kind_count(some: bytes) -> None:
    purse = Purse(10_000)
    websocket, _, _ = opened(slice_frames_max=8, meter=purse)
    websocket.feed(some * 100)
    assert websocket.credit == 10_000 - 8


@each_kind
async def test_a_slice_of_the_smallest_frames_is_parsed_over_several_visits_and_in_order(kind: str) -> None:
    messages = numbered(1000)
    async with linked(kind, Options(slice_frames_max=7)) as link:
        tails: list[int] = []
        link.endpoint.on_message = lambda _: tails.append(len(link.websocket._tail))
        await link.say(b"".join(map(frame, messages)))
        assert link.endpoint.messages == messages
        read_at_once = 4096 if kind == "line" else SLICE  # a line hands on all that it holds
        assert max(tails) <= read_at_once, "what waits to be parsed is what was read at once, never more"


@each_kind
async def test_every_ping_is_answered_however_many_come_at_once(kind: str) -> None:
    pings = numbered(500)
    async with linked(kind, Options(slice_frames_max=7)) as link:
        await link.say(b"".join(frame(ping, PING) for ping in pings))
        assert frames_in(link.received) == [(PONG, ping) for ping in pings]


@each_kind
async def test_a_client_answers_pings_with_masks(kind: str) -> None:
    async with linked(kind, Options(side="client")) as link:
        await link.say(frame(b"are you there?", PING, mask=None))
        assert link.received[1] & 0x80
        assert frames_in(link.received) == [(PONG, b"are you there?")]


@each_kind
async def test_a_ping_between_fragments_is_answered_at_once(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"a", fin=False) + frame(b"hi", PING) + frame(b"", PONG))
        assert frames_in(link.received) == [(PONG, b"hi")]
        await link.say(frame(b"b", CONT))
        assert link.endpoint.messages == [b"ab"]


@pytest.mark.parametrize("wrong", [frame(b"x" * 126, PING), frame(b"", PING, fin=False), frame(b"", PING, reserved=4)])
def test_a_ping_that_is_none_still_breaks_the_protocol(wrong: bytes) -> None:
    websocket, endpoint, channel = opened()
    websocket.feed(wrong)
    assert (endpoint.codes, closing_in(channel.taken)[0]) == ([1002], 1002)


@each_kind
async def test_a_pause_in_the_middle_of_a_backlog_holds_the_rest_of_it(kind: str) -> None:
    messages = numbered(60)
    async with linked(kind, Options(slice_frames_max=4)) as link:
        link.endpoint.on_message = lambda payload: link.websocket.pause() if int(payload) % 10 == 9 else None
        link.send(b"".join(map(frame, messages)))
        for heard in range(10, 61, 10):
            await link.settle()
            assert link.endpoint.messages == messages[:heard]
            link.websocket.resume()
            assert len(link.endpoint.messages) == heard


def test_a_pause_that_ends_at_once_does_not_read_on_over_a_backlog() -> None:
    websocket, endpoint, channel = opened(slice_frames_max=2)
    websocket.feed(b"".join(map(frame, numbered(5))))
    channel.wants_again = False
    websocket.pause()
    websocket.resume()
    assert (channel.paused, channel.wants_again) == (True, True)
    for _ in range(2):
        websocket.feed(b"")
    assert (endpoint.messages, channel.paused) == (numbered(5), False)


@each_kind
async def test_the_end_comes_after_all_that_was_sent_before_it(kind: str) -> None:
    messages = numbered(300)
    async with linked(kind, Options(slice_frames_max=4)) as link:
        await link.say(b"".join(map(frame, messages)))
        link.half_close()
        while not link.endpoint.codes:  # a line's end takes a timer
            await link.settle()
        assert (link.endpoint.messages, link.endpoint.codes) == (messages, [1006])


@each_kind
async def test_who_is_closed_while_much_waits_to_be_parsed_hears_why_and_is_read_to_his_end(kind: str) -> None:
    async with linked(kind, Options(slice_frames_max=4)) as link:
        link.endpoint.on_message = lambda payload: link.websocket.close(4001, "enough") if payload == b"6" else None
        await link.say(b"".join(map(frame, numbered(300))))
        assert link.endpoint.messages == numbered(7)
        assert (closing_in(link.received), link.outgoing, link.unread()) == ((4001, "enough"), b"", 0)
        assert not link.websocket.held


# Credit.


def test_each_frame_costs_one_and_the_meter_is_asked_when_there_is_none_left() -> None:
    purse = Purse(3, 5)
    websocket, endpoint, channel = opened(meter=purse)
    assert (websocket.credit, purse.asked) == (3, 1)
    websocket.feed(frame(b"0"))
    websocket.feed(frame(b"1"))
    assert (websocket.credit, purse.asked) == (1, 1)
    websocket.feed(frame(b"2"))
    assert (websocket.credit, purse.asked, channel.paused) == (5, 2, False)
    websocket.feed(b"".join(map(frame, numbered(5))))
    assert (websocket.credit, purse.asked, channel.paused) == (0, 3, True)
    assert len(endpoint.messages) == 8, "the last that was paid for arrives as well"


def test_a_meter_that_gives_more_in_the_middle_of_a_visit_does_not_end_it() -> None:
    websocket, endpoint, channel = opened(slice_frames_max=10, meter=Purse(3, 3, 3, 3, 3))
    websocket.feed(b"".join(map(frame, numbered(12))))
    assert (endpoint.messages, channel.wants_again) == (numbered(10), True)


@each_kind
async def test_without_credit_nothing_is_read_and_a_grant_lets_so_many_through(kind: str) -> None:
    messages = numbered(2000)
    async with linked(kind, Options(meter=Purse(10), send_buffer=4096, tcp=kind in {"swept", "transport"})) as link:
        await link.say(b"".join(map(frame, messages)))
        assert link.endpoint.messages == messages[:10]
        assert link.websocket.held
        assert len(link.websocket._tail) <= (4096 if kind == "line" else 2 * SLICE)
        link.websocket.grant(0)
        await link.settle()
        assert len(link.endpoint.messages) == 10
        link.websocket.grant(25)
        assert len(link.endpoint.messages) == 10, "messages arrive later, not from within grant"
        await link.settle()
        assert link.endpoint.messages == messages[:35]
        link.websocket.grant(10_000)
        await link.settle()
        assert link.endpoint.messages == messages


@each_kind
async def test_reading_goes_on_when_both_reasons_to_hold_it_are_over(kind: str) -> None:
    for pays_first in (True, False):
        async with linked(kind, Options(meter=Purse(5))) as link:
            link.endpoint.on_message = lambda payload: link.websocket.pause() if payload == b"4" else None
            await link.say(b"".join(map(frame, numbered(8))))
            steps = [lambda: link.websocket.grant(100), link.websocket.resume]
            for step in steps if pays_first else reversed(steps):
                assert link.endpoint.messages == numbered(5)
                step()
                await link.settle()
            assert link.endpoint.messages == numbered(8)


@each_kind
async def test_who_is_closed_without_credit_hears_why_and_is_read_to_his_end(kind: str) -> None:
    async with linked(kind, Options(meter=Purse(5))) as link:
        await link.say(b"".join(map(frame, numbered(500))))
        link.websocket.close(4529, "rate_limited")
        await link.settle()
        assert (closing_in(link.received)[0], link.outgoing, link.unread()) == (4529, b"", 0)
        assert link.endpoint.messages == numbered(5)
        link.websocket.grant(100)
        await link.settle()
        assert link.endpoint.messages == numbered(5), "it is over"


def test_a_websocket_without_a_meter_never_waits_for_credit() -> None:
    websocket, endpoint, _ = opened()
    websocket.credit = 2  # as after a thousand million frames
    websocket.feed(b"".join(map(frame, numbered(5))))
    websocket.feed(b"")
    assert (endpoint.messages, websocket.held) == (numbered(5), False)


steps = st.lists(
    st.one_of(
        st.sampled_from(["pause", "resume", "visit", "visit"]),
        st.integers(0, 9).map(lambda frames: ("grant", frames)),
        st.integers(1, 60).map(lambda size: ("read", size)),
    ),
    max_size=80,
)
sent = st.lists(st.sampled_from(["message", "fragments", "ping", "pong", "long"]), min_size=1, max_size=40)


def written(kinds: list[str]) -> tuple[bytes, list[bytes], int]:
    """The bytes, the messages that are in them, and how many frames."""
    data, expected, frames = b"", [], 0
    for number, kind in enumerate(kinds):
        payload = b"%d" % number * (70 if kind == "long" else 1)
        if kind == "fragments":
            data += frame(payload, fin=False) + frame(b"", CONT)
        else:
            data += frame(payload, {"ping": PING, "pong": PONG}.get(kind, BINARY))
        frames += 1 + (kind == "fragments")
        if kind not in {"ping", "pong"}:
            expected.append(payload)
    return data, expected, frames


@given(sent, steps, st.integers(1, 5), st.integers(1, 10))
def test_whatever_holds_it_nothing_is_lost_repeated_or_let_through_unpaid(
    kinds: list[str], story: list[str | tuple[str, int]], slice_frames_max: int, granted: int
) -> None:
    """The channel reads when it may, revisits when asked; the rest is up to the user and the meter."""
    data, expected, frames = written(kinds)
    websocket, endpoint, channel = opened(slice_frames_max, Purse(granted))
    for step in [*story, "resume", *([("grant", 100), ("read", 1000), "visit"] * (frames + 3))]:
        heard = len(endpoint.messages)
        match step:
            case "pause":
                websocket.pause()
            case "resume":
                websocket.resume()
            case "visit" if channel.wants_again:
                channel.wants_again = False
                websocket.feed(b"")
            case ("read", int(size)) if not channel.paused and data:
                websocket.feed(data[:size])
                data = data[size:]
            case ("grant", int(more)):
                websocket.grant(more)
                granted += more
            case _:
                pass
        assert len(endpoint.messages) - heard <= slice_frames_max
        assert endpoint.messages == expected[: len(endpoint.messages)]
        assert websocket.credit >= 0
        assert channel.paused == websocket.held, "nothing is read while something is held"
    assert (data, endpoint.messages, websocket.phase) == (b"", expected, Phase.OPEN)
    assert granted - websocket.credit == frames
    assert (websocket.held, channel.paused) == (False, False)
