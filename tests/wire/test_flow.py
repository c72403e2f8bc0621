"""Who is too fast waits, both ways: pause loses nothing, send declines, and what waits is bounded."""

from __future__ import annotations

import pytest

from pelton.wire import Phase
from tests.wire.fakes import (
    CLOSE,
    CONT,
    PING,
    PONG,
    UPGRADE,
    close_frame,
    closing_in,
    frame,
    frames_in,
    messages_in,
    request,
)
from tests.wire.links import KINDS, SLICE, Link, Options, linked

pytestmark = pytest.mark.parametrize("kind", KINDS)

SMALL = Options(send_buffer=4096)
"""A system that takes little, so that a peer that does not read is noticed soon."""


def numbered(count: int) -> list[bytes]:
    return [b"message %d" % number for number in range(count)]


def pause_at(link: Link, *payloads: bytes) -> None:
    def pause(payload: bytes) -> None:
        if payload in payloads:
            link.websocket.pause()

    link.endpoint.on_message = pause


async def test_pause_stops_in_the_middle_of_a_read_and_resume_goes_on(kind: str) -> None:
    messages = numbered(30)
    async with linked(kind) as link:
        pause_at(link, messages[3], messages[4], messages[20])
        link.send(b"".join(map(frame, messages)))
        for heard in (4, 5, 21):
            await link.settle()
            assert link.endpoint.messages == messages[:heard]
            link.websocket.resume()
            assert len(link.endpoint.messages) == heard, "messages arrive later, not from within resume"
        await link.settle()
        assert link.endpoint.messages == messages


async def test_a_pause_at_every_message_loses_and_repeats_none(kind: str) -> None:
    messages = numbered(20)
    async with linked(kind, Options(slice_bytes=50)) as link:
        link.endpoint.on_message = lambda _: link.websocket.pause()
        link.send(b"".join(map(frame, messages)))
        for heard in range(1, 21):
            await link.settle()
            assert link.endpoint.messages == messages[:heard]
            link.websocket.resume()


async def test_pause_and_resume_at_once_changes_nothing(kind: str) -> None:
    messages = numbered(20)
    async with linked(kind) as link:

        def blink(_: bytes) -> None:
            link.websocket.pause()
            link.websocket.resume()

        link.endpoint.on_message = blink
        await link.say(b"".join(map(frame, messages)))
        assert link.endpoint.messages == messages


async def test_a_pause_between_fragments_holds_the_rest(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"a", fin=False))
        link.websocket.pause()
        await link.say(frame(b"b", CONT) + frame(b"c"))
        assert link.endpoint.messages == []
        link.websocket.resume()
        await link.settle()
        assert link.endpoint.messages == [b"ab", b"c"]


async def test_a_message_is_held_also_if_only_a_part_had_come_before_the_pause(kind: str) -> None:
    async with linked(kind) as link:
        data = frame(b"slow")
        await link.say(data[:5])
        link.websocket.pause()
        await link.say(data[5:])
        assert link.endpoint.messages == []
        link.websocket.resume()
        await link.settle()
        assert link.endpoint.messages == [b"slow"]


async def test_a_pause_while_the_handshake_is_done_holds_what_came_with_it(kind: str) -> None:
    async with linked(kind, Options(open=False)) as link:
        link.endpoint.on_opened = link.websocket.pause
        await link.say(request(*UPGRADE) + frame(b"eager"))
        assert (link.endpoint.opened_count, link.endpoint.messages) == (1, [])
        link.websocket.resume()
        await link.settle()
        assert link.endpoint.messages == [b"eager"]


async def test_while_paused_hardly_anything_is_read(kind: str) -> None:
    async with linked(kind, Options(send_buffer=4096)) as link:
        link.websocket.pause()
        await link.say(frame(b"x" * 1000) * 2000)
        assert len(link.outgoing) > 1_000_000, "the peer was stopped"
        assert len(link.websocket._tail) <= SLICE + len(frame(b"x" * 1000))
        link.websocket.resume()
        await link.settle()
        assert (len(link.endpoint.messages), link.outgoing) == (2000, b"")


async def test_resume_without_pause_does_nothing(kind: str) -> None:
    async with linked(kind) as link:
        link.websocket.resume()
        await link.say(frame(b"x"))
        assert link.endpoint.messages == [b"x"]


async def test_what_was_sent_before_the_peers_end_is_delivered_after_a_pause(kind: str) -> None:
    messages = numbered(50)
    async with linked(kind) as link:
        pause_at(link, messages[10])
        await link.say(b"".join(map(frame, messages)))
        link.half_close()
        await link.settle()
        assert (len(link.endpoint.messages), link.endpoint.codes) == (11, [])
        link.websocket.resume()
        await link.settle()
        assert (link.endpoint.messages, link.endpoint.codes) == (messages, [1006])


@pytest.mark.parametrize("side", ["server", "client"])
async def test_sent_messages_arrive_in_order(kind: str, side: str) -> None:
    messages = [b"", *numbered(20), b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536]
    async with linked(kind, Options(side=side)) as link:
        for message in messages:
            assert link.websocket.send(message)
            await link.settle()
        assert messages_in(link.received) == messages


async def test_a_message_in_two_parts_is_one(kind: str) -> None:
    for side in ("server", "client"):
        async with linked(kind, Options(side=side)) as link:
            assert link.websocket.send(b"head ", b"body")
            await link.settle()
            assert messages_in(link.received) == [b"head body"]


def send_until_declined(link: Link, size: int, most: int = 10_000) -> list[bytes]:
    """The messages that were taken."""
    messages = (b"%d " % number + b"x" * size for number in range(most))
    taken: list[bytes] = []
    for message in messages:
        if not link.websocket.send(message):
            return taken
        taken.append(message)
    raise AssertionError("nothing was ever declined")


@pytest.mark.parametrize("size", [10, 1000, 100_000])
async def test_send_declines_while_something_waits_and_the_rest_arrives_whole(kind: str, size: int) -> None:
    async with linked(kind, SMALL) as link:
        link.reads = False
        await link.settle()
        taken = send_until_declined(link, size)
        assert link.websocket.busy
        assert not link.websocket.send(b"declined")
        assert link.endpoint.drained_count == 0
        link.reads = True
        await link.settle()
        assert messages_in(link.received) == taken, "in order, nothing in between, nothing twice"
        assert (link.websocket.busy, link.endpoint.drained_count >= 1) == (False, True)
        assert link.websocket.send(b"again")
        await link.settle()
        assert messages_in(link.received) == [*taken, b"again"]


async def test_many_rounds_of_declining_mix_nothing_up(kind: str) -> None:
    async with linked(kind, SMALL) as link:
        expected: list[bytes] = []
        for _ in range(10):
            link.reads = False
            await link.settle()
            expected += send_until_declined(link, 3000)
            link.reads = True
            await link.settle()
            assert messages_in(link.received) == expected


async def test_whoever_sends_again_once_drained_keeps_the_order(kind: str) -> None:
    async with linked(kind, SMALL) as link:
        messages = [b"%d " % number + b"x" * 5000 for number in range(50)]
        waiting = list(messages)
        link.reads = False
        await link.settle()

        def go_on() -> None:
            while waiting and link.websocket.send(waiting[0]):
                del waiting[0]

        link.endpoint.on_drained = go_on
        go_on()
        assert waiting
        link.reads = True
        await link.settle()
        assert (messages_in(link.received), waiting) == (messages, [])


async def test_a_pushed_message_waits_behind_what_waits(kind: str) -> None:
    async with linked(kind, SMALL) as link:
        link.reads = False
        await link.settle()
        taken = send_until_declined(link, 1000)
        pushed = numbered(20)
        assert all(map(link.websocket.push, pushed))
        await link.say(frame(b"hello", PING))
        link.reads = True
        await link.settle()
        expected = [*((2, payload) for payload in [*taken, *pushed]), (PONG, b"hello")]
        assert frames_in(link.received) == expected


async def test_nothing_jumps_the_queue_in_the_moment_when_there_is_room_again(kind: str) -> None:
    async with linked(kind, SMALL) as link:
        link.reads = False
        await link.settle()
        taken = send_until_declined(link, 10_000)
        assert link.websocket.push(b"first")
        link.make_room()
        assert link.websocket.push(b"second")
        assert not link.websocket.send(b"declined")
        link.reads = True
        await link.settle()
        assert messages_in(link.received) == [*taken, b"first", b"second"]


async def test_pushing_more_than_the_backlog_drops_a_peer_that_does_not_read(kind: str) -> None:
    async with linked(kind, Options(send_buffer=4096, backlog_max=20_000)) as link:
        link.reads = False
        await link.settle()
        pushed = 0
        while link.websocket.push(b"x" * 1000):
            pushed += 1
            assert len(link.websocket._unsent) <= 20_000 + 1004
        assert pushed >= 19
        assert (link.endpoint.codes, link.websocket.phase) == ([4503], Phase.CLOSED)
        assert not link.websocket.push(b"late")
        assert not link.websocket.send(b"late")
        await link.settle()
        assert (link.endpoint.codes, link.websocket.gone) == ([4503], True)


async def test_one_pushed_message_may_be_larger_than_the_backlog(kind: str) -> None:
    async with linked(kind, Options(send_buffer=4096, backlog_max=1000)) as link:
        link.reads = False
        await link.settle()
        assert link.websocket.push(b"x" * 300_000)
        link.reads = True
        await link.settle()
        assert messages_in(link.received) == [b"x" * 300_000]


async def test_a_peer_that_pings_and_never_reads_is_dropped(kind: str) -> None:
    async with linked(kind, Options(send_buffer=4096, backlog_max=5000)) as link:
        link.reads = False
        await link.say(frame(b"x" * 125, PING) * 10_000)
        assert link.endpoint.codes == [4503]
        assert len(link.websocket._unsent) <= 5000


async def test_what_waits_in_user_space_for_a_peer_that_never_reads_is_one_message(kind: str) -> None:
    """Besides what `push` allows itself. See the head of transport.py: the transport's own buffer counts too."""
    async with linked(kind, SMALL) as link:
        link.reads = False
        await link.settle()
        for _ in range(1000):
            link.websocket.send(b"x" * 10_000)
            await link.round()
        assert len(link.websocket._unsent) + link.waiting_below() <= 10_004


async def test_a_goodbye_waits_behind_what_waits_and_arrives_whole(kind: str) -> None:
    async with linked(kind, SMALL) as link:
        link.reads = False
        await link.settle()
        taken = send_until_declined(link, 1000)
        link.websocket.close(4001, "enough")
        await link.settle()
        assert not link.ended
        link.reads = True
        await link.settle()
        assert frames_in(link.received)[:-1] == [(2, payload) for payload in taken]
        assert closing_in(link.received) == (4001, "enough")
        assert link.ended, "and then the end"


async def test_a_peer_that_resets_while_something_waits_is_lost_once(kind: str) -> None:
    async with linked(kind, Options(send_buffer=4096, tcp=True)) as link:
        link.reads = False
        await link.settle()
        for _ in range(2000):
            if not link.websocket.push(b"x" * 1000) or link.websocket.busy:
                break
        link.reset()
        await link.settle()
        assert (link.endpoint.codes, link.websocket.gone) == ([1006], True)
        assert not link.websocket.send(b"late")


@pytest.mark.parametrize("side", ["server", "client"])
async def test_nothing_is_drained_after_the_end(kind: str, side: str) -> None:
    async with linked(kind, Options(side=side, send_buffer=4096)) as link:
        link.reads = False
        await link.settle()
        send_until_declined(link, 1000)
        link.websocket.close(1000, "")
        link.reads = True
        await link.settle()
        assert link.endpoint.drained_count == 0


async def test_a_peers_goodbye_while_something_waits_is_answered_behind_it(kind: str) -> None:
    async with linked(kind, SMALL) as link:
        link.reads = False
        await link.settle()
        taken = send_until_declined(link, 1000)
        await link.say(close_frame(1000, "bye", mask=link.mask))
        assert link.endpoint.closings == [(1000, "bye")]
        link.reads = True
        await link.settle()
        assert [opcode for opcode, _ in frames_in(link.received)] == [2] * len(taken) + [CLOSE]
