"""Both codecs on made-up messages, damaged ones and noise. Whatever comes in, a message or BadMessage comes out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.protocol import (
    Act,
    BadMessage,
    Frame,
    Hello,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Rejected,
    Resync,
    Verify,
    Welcome,
    plain,
    typed,
)
from pelton.protocol.schema import INT_MAX, Action, Bounds, Message
from pelton.protocol.typed import TypedDecoder
from tests.protocol.golden import FROM_CLIENT, FROM_SERVER, SAMPLE, marked

untimed = settings(deadline=None)  # how long an example takes is not tested here

DECODERS: dict[str, Callable[[bytes], Message]] = {
    "server, no seat": TypedDecoder().decode,
    "server, sample game": TypedDecoder(SAMPLE).decode,
    "client, typed": typed.decode_server,
    "client, plain": plain.decode_server,
}
every_decoder = pytest.mark.parametrize("decode", DECODERS.values(), ids=DECODERS.keys())

text = st.text(max_size=40)
whole = st.integers(-INT_MAX, INT_MAX)
count = st.integers(0, INT_MAX)
unit = st.floats(-1, 1)
options = st.dictionaries(
    st.text(max_size=32),
    st.text(max_size=128) | whole | st.floats(-1e300, 1e300) | st.booleans() | st.none(),
    max_size=16,
)
actions = st.one_of(
    st.tuples(st.just("steer"), unit, st.floats(0, 1)),
    st.tuples(st.just("shoot")),
    st.tuples(st.just("rename"), st.text(min_size=1, max_size=16)),
    st.tuples(st.just("paint"), st.lists(st.integers(-9, 9), max_size=8), st.binary(max_size=16)),
)
from_client: st.SearchStrategy[Message] = st.one_of(
    st.builds(Hello, st.text(max_size=64), st.text(max_size=2048)),
    st.builds(Join, st.integers(0, 2), st.text(min_size=1, max_size=64), options),
    st.builds(Leave),
    st.builds(Act, st.integers(1, INT_MAX), actions.map(list), count),
    st.builds(Ping, st.integers(0, 2**32 - 1)),
    st.builds(Verify),
    st.builds(Resync, st.lists(st.tuples(count, count, count), max_size=64)),
)
packed = st.binary(max_size=20)
cells = st.lists(packed | text, max_size=20)
dense_or_sparse = st.none() | packed | cells | st.tuples(packed, packed | cells).map(list)
blocks = st.builds(
    lambda n, ids, columns: [n, ids, *columns], st.integers(1, 300), packed, st.lists(dense_or_sparse, max_size=20)
)
ids = st.none() | st.lists(count, max_size=20)
digests = st.none() | st.integers(0, 2**32 - 1)
parts = st.tuples(count, count, st.booleans(), ids, ids, st.none() | blocks, st.none() | blocks, digests).map(list)
hidden = st.lists(st.lists(count, min_size=2, max_size=2), max_size=20)
refused = st.lists(st.tuples(count, text).map(list), max_size=20)
columns = st.lists(st.lists(text | st.floats(allow_nan=False) | whole, max_size=4), max_size=4)
frames = st.builds(Frame, count, refused, count, count, hidden, st.lists(parts, max_size=4))
from_server: st.SearchStrategy[Message] = st.one_of(
    frames,
    st.builds(Welcome, text, text, count),
    st.builds(
        Joined,
        room_id=text,
        game=text,
        player_id=count,
        tick_hz=st.floats(0.01, 240),
        tick=count,
        actions=st.lists(st.tuples(text, st.lists(text, max_size=4)), max_size=4),
        tables=st.lists(st.tuples(text, st.sampled_from(["table", "record"]), columns), max_size=4),
    ),
    st.builds(Rejected, text, text, st.floats(0, 1e6)),
    st.builds(Left, text),
    st.builds(Pong, st.integers(0, 2**32 - 1), count),
)

# Values that MessagePack can carry, half of them dressed up as a message: noise that gets past the first byte.
keys = text | st.integers(0, 9) | st.binary(max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | text | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(keys, inner),
    max_leaves=20,
)
almost_messages = st.builds(lambda number, rest: [number, *rest], st.integers(0, 22), st.lists(values, max_size=8))
starts = ("9201", "940200a167", "930401", "940401", "9207", "97140090010090", "98", "dd")
hints = st.sampled_from([bytes.fromhex(start) for start in starts])
noise = st.one_of(
    st.binary(max_size=300),
    st.builds(bytes.__add__, hints, st.binary(max_size=100)),
    (values | almost_messages).map(typed.encode_value),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message of either side with some bytes changed, cut out, put in, doubled or cut off."""
    data = bytearray(typed.encode(draw(from_client | from_server)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(len(data), start + 6)))
        data[start:stop] = draw(st.binary(max_size=6) | st.just(bytes(data[start:stop]) * 2))
    if draw(st.booleans()):
        del data[draw(st.integers(0, len(data))) :]
    return bytes(data)


@untimed
@given(from_client)
def test_what_a_client_sends_is_what_the_server_reads(message: Message) -> None:
    data = typed.encode(message)
    assert data == plain.encode(message)
    assert marked(TypedDecoder(SAMPLE).decode(data)) == marked(message)


@untimed
@given(from_server)
def test_what_the_server_sends_is_what_both_codecs_read(message: Message) -> None:
    data = typed.encode(message)
    assert data == plain.encode(message)
    assert marked(plain.decode_server(data)) == marked(typed.decode_server(data)) == marked(message)


@untimed
@given(from_client)
def test_what_the_server_read_it_writes_as_it_came(message: Message) -> None:
    data = typed.encode(message)
    for decoder in (TypedDecoder(), TypedDecoder(SAMPLE)):
        assert typed.encode(decoder.decode(data)) == data


@every_decoder
@untimed
@given(data=noise)
def test_noise_is_a_message_or_a_bad_one(decode: Callable[[bytes], Message], data: bytes) -> None:
    assert_message_or_bad(decode, data)


@every_decoder
@untimed
@given(data=damaged())
def test_a_damaged_message_is_a_message_or_a_bad_one(decode: Callable[[bytes], Message], data: bytes) -> None:
    assert_message_or_bad(decode, data)


def assert_message_or_bad(decode: Callable[[bytes], Message], data: bytes) -> None:
    with contextlib.suppress(BadMessage):
        assert isinstance(decode(data), FROM_CLIENT + FROM_SERVER)


@untimed
@given(almost_messages | values)
def test_what_the_server_lets_in_keeps_its_bounds(value: Any) -> None:
    """The decoder against the SPEC's bounds, written a second time."""
    try:
        message = TypedDecoder().decode(typed.encode_value(value))
    except BadMessage:
        return
    match message:
        case Hello(client, ticket):
            assert len(client) <= 64
            assert len(ticket) <= 2048
        case Join(how, target, chosen):
            assert how in {0, 1, 2}
            assert 1 <= len(target) <= 64
            assert len(chosen) <= 16
            assert all(len(key) <= 32 for key in chosen)
        case Act(seq, _, seen):
            assert 1 <= seq <= INT_MAX
            assert 0 <= seen <= INT_MAX
        case Ping(nonce):
            assert 0 <= nonce < 2**32
        case Resync(groups):
            assert len(groups) <= 64
            assert all(0 <= number <= INT_MAX for group in groups for number in group)
        case _:
            assert isinstance(message, (Leave, Verify))


def body_of(frame: Frame) -> bytes:
    return typed.frame_body(frame.tick, frame.base, frame.hidden, [typed.encode_value(part) for part in frame.parts])


@untimed
@given(frames)
def test_a_frame_in_two_parts_is_the_frame(frame: Frame) -> None:
    head = typed.frame_head(frame.ack, frame.refused)
    assert head + body_of(frame) == typed.encode(frame) == plain.encode(frame)


@untimed
@given(count, refused, frames)
def test_a_body_is_the_same_whoever_reads_it(ack: int, theirs: list[Any], frame: Frame) -> None:
    read = typed.decode_server(typed.frame_head(ack, theirs) + body_of(frame))
    assert marked(read) == marked(Frame(ack, theirs, frame.tick, frame.base, frame.hidden, frame.parts))


def test_an_act_may_come_without_the_tick_that_was_seen() -> None:
    read = TypedDecoder(SAMPLE).decode(plain.encode_value([4, 1, ["shoot"]]))
    assert marked(read) == [4, 1, ["shoot"], 0]


class Fragile(Action):
    """An action whose own check raises what no decoder expects."""

    level: Annotated[int, Bounds(0, 9)]

    def __post_init__(self) -> None:
        raise KeyError(self.level)


def test_an_action_that_raises_while_it_is_decoded_is_a_bad_message() -> None:
    with pytest.raises(BadMessage):
        TypedDecoder([Fragile]).decode(plain.encode_value([4, 1, ["fragile", 3]]))


def test_a_game_without_actions_lets_none_in() -> None:
    with pytest.raises(BadMessage):
        TypedDecoder([]).decode(plain.encode_value([4, 1, ["anything"]]))
    assert isinstance(TypedDecoder(None).decode(plain.encode_value([4, 1, ["anything"]])), Act)


@pytest.mark.parametrize("value", [["i\n\x1b[31m", 0.5], ["no_such", "secret"]])
def test_what_is_said_of_a_bad_message_repeats_nothing_of_it(value: list[Any]) -> None:
    with pytest.raises(BadMessage) as caught:
        TypedDecoder([Fragile]).decode(plain.encode_value([4, 1, value]))
    assert not {"\n", "\x1b", "secret", "no_such"} & set(caught.value.problem.split())
    assert caught.value.problem.isprintable()
