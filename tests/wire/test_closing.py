"""The end, whoever brings it about: said once on each side, in order, and for good. The same on every channel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pelton.wire import Phase
from tests.wire.fakes import CLOSE, TEXT, UPGRADE, close_frame, closing_in, frame, frames_in, messages_in, request
from tests.wire.links import KINDS, Link, Options, linked

pytestmark = pytest.mark.parametrize("kind", KINDS)
each_side = pytest.mark.parametrize("side", ["server", "client"])


async def test_a_server_says_goodbye_ends_and_waits_for_the_peer_to_go(kind: str) -> None:
    async with linked(kind) as link:
        assert link.websocket.send(b"last words")
        link.websocket.close(4001, "enough")
        assert (link.endpoint.closings, link.websocket.phase) == ([(4001, "enough")], Phase.CLOSED)
        await link.settle()
        assert messages_in(link.received) == [b"last words"]
        assert closing_in(link.received) == (4001, "enough")
        assert link.ended
        assert link.websocket.gone is False, "the peer may still be speaking"
        await link.say(frame(b"late") + close_frame(4001, mask=link.mask) + frame(b"later"))
        link.half_close()
        await link.settle()
        assert (link.websocket.gone, link.endpoint.messages, link.endpoint.codes) == (True, [], [4001])


async def test_a_client_says_goodbye_and_leaves_it_to_the_server_to_end(kind: str) -> None:
    async with linked(kind, Options(side="client")) as link:
        link.websocket.close(1000, "bye")
        await link.settle()
        assert (closing_in(link.received), link.endpoint.closings) == ((1000, "bye"), [(1000, "bye")])
        assert not link.ended
        await link.say(frame(b"late", mask=None) + close_frame(1000, "bye"))
        link.half_close()
        await link.settle()
        assert (link.websocket.gone, link.ended) == (True, True)
        assert (link.endpoint.messages, link.endpoint.codes) == ([], [1000])


@each_side
@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "moving"), (3000, "x" * 123), (4999, "ä")])
async def test_a_peers_goodbye_is_answered_with_its_own_words(kind: str, side: str, code: int, reason: str) -> None:
    async with linked(kind, Options(side=side)) as link:
        await link.say(close_frame(code, reason, mask=link.mask))
        assert closing_in(link.received) == (code, reason)
        assert link.endpoint.closings == [(code, reason)]
        assert link.ended == (side == "server"), "a server ends at once, a client waits for that"
        link.half_close()
        await link.settle()
        assert (link.websocket.gone, link.endpoint.closings) == (True, [(code, reason)])


async def test_a_goodbye_without_a_code_is_answered_without_one(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"", CLOSE))
        assert (frames_in(link.received), link.endpoint.closings) == ([(CLOSE, b"")], [(1005, "")])


async def test_messages_before_a_goodbye_in_the_same_read_are_delivered_and_none_behind(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"first") + close_frame(1000, mask=link.mask) + frame(b"late"))
        assert (link.endpoint.messages, link.endpoint.codes) == ([b"first"], [1000])


async def test_a_goodbye_in_the_middle_of_a_message_ends_it(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"half", fin=False) + close_frame(1000, mask=link.mask))
        assert (link.endpoint.messages, len(link.endpoint.closings), link.ended) == ([], 1, True)


async def test_a_goodbye_that_is_no_text_is_refused(kind: str) -> None:
    async with linked(kind) as link:
        await link.say(frame(b"\x03\xe8\xff\xfe", CLOSE))
        assert (closing_in(link.received)[0], link.endpoint.codes) == (1007, [1007])


@pytest.mark.parametrize("reason", ["x" * 500, "ä" * 100, "x" + "ä" * 100, "€" * 50, "😀" * 40])
async def test_a_long_reason_is_cut_between_its_characters(kind: str, reason: str) -> None:
    async with linked(kind) as link:
        link.websocket.close(4000, reason)
        await link.settle()
        code, said = closing_in(link.received)
        assert code == 4000
        assert reason.startswith(said)
        assert 120 <= len(said.encode()) <= 123


END = Callable[[Link], None]
ENDS: dict[str, END] = {
    "close": lambda link: link.websocket.close(4000, "close"),
    "drop": lambda link: link.websocket.drop(4003, "drop"),
    "goodbye": lambda link: link.send(close_frame(4001, mask=link.mask)),
    "half-close": lambda link: link.half_close(),
    "nonsense": lambda link: link.send(frame(b"", TEXT, mask=link.mask)),
}


@each_side
@pytest.mark.parametrize("second", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("first", ENDS.values(), ids=ENDS)
async def test_the_end_is_told_once_whatever_follows(kind: str, side: str, first: END, second: END) -> None:
    async with linked(kind, Options(side=side)) as link:
        first(link)
        await link.settle()
        told = list(link.endpoint.closings)
        assert len(told) == 1
        if not link.ended or second in (ENDS["close"], ENDS["drop"]):
            second(link)
        await link.settle()
        assert (link.endpoint.closings, link.websocket.phase) == (told, Phase.CLOSED)
        assert not link.websocket.send(b"late")
        assert not link.websocket.push(b"late")
        link.websocket.pause()
        link.websocket.resume()
        await link.settle()


@each_side
async def test_a_peer_that_ends_without_a_goodbye_is_lost(kind: str, side: str) -> None:
    async with linked(kind, Options(side=side)) as link:
        await link.say(frame(b"message", mask=link.mask) + frame(b"cut off", mask=link.mask)[:-1])
        link.half_close()
        await link.settle()
        assert (link.endpoint.messages, link.endpoint.codes) == ([b"message"], [1006])
        assert (link.websocket.gone, link.ended) == (True, True)


async def test_a_peer_that_resets_is_lost(kind: str) -> None:
    async with linked(kind, Options(tcp=True)) as link:
        link.reset()
        await link.settle()
        assert (link.endpoint.codes, link.websocket.gone) == ([1006], True)


async def test_sending_to_a_peer_that_has_gone_raises_nothing(kind: str) -> None:
    async with linked(kind, Options(tcp=True)) as link:
        link.reset()
        for _ in range(20):
            link.websocket.send(b"x" * 1000)
        await link.settle()
        assert (link.endpoint.codes, link.websocket.gone) == ([1006], True)


async def test_a_paused_connection_notices_that_it_broke_when_it_sends(kind: str) -> None:
    async with linked(kind, Options(tcp=True)) as link:
        link.websocket.pause()
        link.reset()
        await link.settle()
        for _ in range(5):
            link.websocket.send(b"x")
            await link.settle()
        assert (link.endpoint.codes, link.websocket.gone) == ([1006], True)


@each_side
async def test_drop_ends_at_once_and_says_nothing(kind: str, side: str) -> None:
    async with linked(kind, Options(side=side)) as link:
        link.websocket.drop(4003, "dropped")
        assert (link.endpoint.closings, link.websocket.gone) == ([(4003, "dropped")], True)
        await link.settle()
        assert (link.received, link.ended) == (b"", True)


@pytest.mark.parametrize("how", ["close", "drop"])
async def test_whoever_ends_it_from_within_received_gets_nothing_more(kind: str, how: str) -> None:
    async with linked(kind) as link:
        link.endpoint.on_message = lambda _: getattr(link.websocket, how)(4000, "enough")
        await link.say(frame(b"one") + frame(b"two") + frame(b"three"))
        await link.say(frame(b"four"))
        assert (link.endpoint.messages, link.endpoint.codes) == ([b"one"], [4000])


@pytest.mark.parametrize("how", ["close", "drop"])
async def test_whoever_ends_it_from_within_received_of_a_fragmented_message_gets_nothing_more(
    kind: str, how: str
) -> None:
    async with linked(kind) as link:
        link.endpoint.on_message = lambda _: getattr(link.websocket, how)(4000, "enough")
        await link.say(frame(b"o", fin=False) + frame(b"ne", 0) + frame(b"two"))
        assert (link.endpoint.messages, link.endpoint.codes) == ([b"one"], [4000])


@pytest.mark.parametrize("how", ["close", "drop"])
async def test_whoever_ends_it_from_within_drained_is_gone_without_noise(
    kind: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with linked(kind, Options(send_buffer=4096)) as link:
        link.reads = False
        await link.settle()
        while link.websocket.send(b"x" * 1000):
            pass
        link.endpoint.on_drained = lambda: getattr(link.websocket, how)(4000, "enough")
        link.reads = True
        await link.settle()
        assert (link.endpoint.codes, link.ended) == ([4000], True)
        assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize("how", ["close", "drop"])
async def test_whoever_ends_it_from_within_opened_gets_nothing(kind: str, how: str) -> None:
    async with linked(kind, Options(open=False)) as link:
        link.endpoint.on_opened = lambda: getattr(link.websocket, how)(4000, "full")
        link.endpoint.on_message = lambda _: pytest.fail("a message")
        await link.say(request(*UPGRADE) + frame(b"eager"))
        assert link.endpoint.codes == [4000]
        if how == "close":
            head, _, frames = link.received.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ")
            assert closing_in(frames) == (4000, "full")


async def test_a_close_before_the_handshake_is_done_ends_without_a_word(kind: str) -> None:
    async with linked(kind, Options(open=False)) as link:
        await link.say(request(*UPGRADE)[:-10])
        link.websocket.close(1001, "the server stops")
        await link.settle()
        assert (link.received, link.ended, link.websocket.gone) == (b"", True, True)
        assert link.endpoint.closings == [(1001, "the server stops")]


@each_side
async def test_a_paused_connection_that_is_closed_still_reads_to_the_peers_end(kind: str, side: str) -> None:
    """What the peer still sends is read and forgotten, or the goodbye lingers until somebody loses patience."""
    async with linked(kind, Options(side=side)) as link:
        link.websocket.pause()
        await link.settle()
        link.websocket.close(1000, "bye")
        await link.say(frame(b"late", mask=link.mask) + close_frame(1000, mask=link.mask))
        link.half_close()
        await link.settle()
        assert (link.websocket.gone, link.endpoint.codes, link.endpoint.messages) == (True, [1000], [])
