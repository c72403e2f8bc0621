"""The client's codec: the same bytes with the `msgpack` package alone, as a client in any language would do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types

from pelton.protocol.errors import BadMessage
from pelton.protocol.messages import (
    Act,
    Draining,
    EventFrame,
    Frame,
    Joined,
    Left,
    Pong,
    Rejected,
    Resumed,
    SeatCard,
    ServerMessage,
    Welcome,
)
from pelton.protocol.schema import Message
from pelton.protocol.weight import is_bomb

# The package has no types; these say what is used of it.
_pack = cast("Callable[[Any], bytes]", msgpack.packb)  # pyright: ignore[reportUnknownMemberType]
_unpack = cast("Callable[..., Any]", msgpack.unpackb)  # pyright: ignore[reportUnknownMemberType]
_Unpacker = cast("Callable[..., Any]", msgpack.Unpacker)  # pyright: ignore[reportUnknownMemberType]
_UnpackError = cast("type[Exception]", msgpack.UnpackException)  # pyright: ignore[reportUnknownMemberType]

__all__ = ["SharedFrames", "decode_head", "decode_server", "encode", "encode_value"]

# Field types in the order of the wire. What they hold deeper down is looked at by whoever uses it.
_NUMBER = (int, float)
_SHAPES: dict[int, tuple[Callable[..., ServerMessage], tuple[Any, ...]]] = {
    16: (Welcome, (str, str, int)),
    17: (Joined, (str, str, int, _NUMBER, int, list, list)),
    18: (Rejected, (str, str, _NUMBER)),
    19: (Left, (str,)),
    20: (Frame, (int, list, int, int, list, list)),
    21: (Pong, (int, int)),
    22: (SeatCard, (list, bytes, _NUMBER)),
    23: (Resumed, (int, int, int, bytes)),
    24: (EventFrame, (int, list, list, int, int, list, list)),
    25: (Draining, (_NUMBER, _NUMBER)),
}
_MAY_LACK = {18: 1}
"""Of a message, how many fields at its end may be left out."""


def decode_server(payload: bytes) -> ServerMessage:
    """What the server sent; BadMessage if it is nothing of pelton.v1. The caller has bounded the payload's size."""
    if is_bomb(payload):
        raise BadMessage(_OUT_OF_PROPORTION)
    try:
        value = _unpack(payload, max_array_len=len(payload), max_map_len=64, max_ext_len=0)
    except (ValueError, RecursionError, MemoryError) as error:  # msgpack's own errors are ValueErrors
        raise BadMessage("not one whole MessagePack value") from error
    if not isinstance(value, list):
        raise BadMessage("not an array")
    fields: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - looked at below
    if not fields or type(fields[0]) is not int or fields[0] not in _SHAPES:
        raise BadMessage("not a message that a server sends")
    make, kinds = _SHAPES[fields[0]]
    missing = len(kinds) + 1 - len(fields)
    if missing and not 0 < missing <= _MAY_LACK.get(fields[0], 0):
        raise BadMessage(f"message {fields[0]} has {len(kinds)} fields, got {len(fields) - 1}")
    for index, kind in enumerate(kinds[: len(fields) - 1], 1):
        if not isinstance(fields[index], kind) or isinstance(fields[index], bool):
            raise BadMessage(f"message {fields[0]}: field {index} is of the wrong type")
    return make(*fields[1:])


_OUT_OF_PROPORTION = "more arrays than a message has"
_FRAME = b"\x97\x14"
"""How a frame begins: an array of 7, the first of them 20."""
_EVENT_FRAME = b"\x98\x18"
"""And one with events."""


def decode_head(payload: bytes) -> ServerMessage:
    """`decode_server` for who does not look at the state: of a frame only the head is read, its parts are none."""
    if payload.startswith(_FRAME):
        try:
            ack, at = _whole(payload, 2)
            quiet = payload[at] == _NO_REFUSALS
            tick, after = _whole(payload, at + 1)
            base, _ = _whole(payload, after)
        except IndexError:
            return decode_server(payload)  # which says what is wrong
        if quiet and ack >= 0 <= tick and base >= 0:
            return Frame(ack, [], tick, base, [], [])
    message = decode_server(payload)
    if isinstance(message, Frame):
        return Frame(message.ack, message.refused, message.tick, message.base, [], [])
    if isinstance(message, EventFrame):
        return EventFrame(message.ack, message.refused, message.events, message.tick, message.base, [], [])
    return message


_NO_REFUSALS = 0x90
QUIET_HEAD_MAX = 12
"""Bytes up to and with that: two, a number and one."""
_WIDTHS = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
"""Of the bytes that announce an unsigned number, how many follow."""


def _whole(payload: bytes, at: int) -> tuple[int, int]:
    """The number that stands there, and where the next thing does; -1 if it is another kind of thing."""
    first = payload[at]
    if first < 0x80:
        return first, at + 1
    width = _WIDTHS.get(first)
    if width is None:
        return -1, at + 1
    end = at + 1 + width
    if end > len(payload):
        return -1, end
    return int.from_bytes(payload[at + 1 : end], "big"), end


class SharedFrames:
    """`decode_server` for many clients in one process: what everybody in a room gets is decoded once and shared.

    A frame is its own to a client only in front, `[20, ack, refused, ...` or `[24, ack, refused, events, ...`; the rest
    is the same bytes for all, and nearly all of the work. Who gets a shared message must not change what is in it.
    """

    def __init__(self, kept_max: int = 32) -> None:
        self._kept: dict[bytes, tuple[Any, ...]] = {}
        self._kept_max = kept_max

    def __call__(self, payload: bytes) -> ServerMessage:
        if not payload.startswith((_FRAME, _EVENT_FRAME)):
            return decode_server(payload)
        known = self._quiet(payload)  # before the look at the headers: what others have decoded is none
        if known is not None:
            return known
        if is_bomb(payload):
            raise BadMessage(_OUT_OF_PROPORTION)
        message, shared = self._look_up(payload)
        if message is None:
            message = decode_server(payload)  # which also says what is wrong
            if shared and isinstance(message, Frame | EventFrame):
                self._keep(shared, message)
        return message

    def _quiet(self, payload: bytes) -> Frame | None:
        """A frame without refusals and events, which most are, if others had the same."""
        if len(payload) < QUIET_HEAD_MAX or not payload.startswith(_FRAME):
            return None
        ack, at = _whole(payload, 2)
        if ack < 0 or payload[at] != _NO_REFUSALS:
            return None
        rest = self._kept.get(payload[at + 1 :])
        return None if rest is None else Frame(ack, [], *rest)

    def _look_up(self, payload: bytes) -> tuple[ServerMessage | None, bytes]:
        """The message, if others had the same, and the part of it that is shared; nothing if there is none."""
        has_events = payload.startswith(_EVENT_FRAME)
        try:
            unpacker = _Unpacker(
                max_buffer_size=len(payload), max_array_len=len(payload), max_map_len=64, max_ext_len=0
            )
            unpacker.feed(payload)
            _, _, ack, refused = unpacker.read_array_header(), unpacker.unpack(), unpacker.unpack(), unpacker.unpack()
            events: list[Any] | None = unpacker.unpack() if has_events else None
        except (ValueError, RecursionError, MemoryError, _UnpackError):
            return None, b""
        shared = payload[unpacker.tell() :]
        rest = self._kept.get(shared)
        if rest is not None and (type(ack), type(refused)) == (int, list):
            if not has_events:
                return Frame(ack, refused, *rest), shared
            if type(events) is list:
                return EventFrame(ack, refused, events, *rest), shared
        return None, shared

    def _keep(self, shared: bytes, message: Frame | EventFrame) -> None:
        if len(self._kept) >= self._kept_max:
            del self._kept[next(iter(self._kept))]
        self._kept[shared] = (message.tick, message.base, message.hidden, message.parts)


_ACT = Act.__struct_config__.tag


def encode(message: Message) -> bytes:
    """The message's canonical bytes."""
    if type(message) is Act:  # the one that clients send more often than any other
        act: Act[Any] = message  # pyright: ignore[reportUnknownVariableType] - whatever the action, it is packed
        return _pack((_ACT, act.seq, act.action, act.seen))
    tag = message.__struct_config__.tag
    return encode_value([tag, *(getattr(message, field) for field in message.__struct_fields__)])


def encode_value(value: Any) -> bytes:
    """The canonical bytes of plain lists, numbers, strings and None."""
    return _pack(value)
