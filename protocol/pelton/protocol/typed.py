"""The server's codec: bytes to typed, bounded messages and back. Whatever a peer sends, only BadMessage comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, Union

import msgspec

from pelton.protocol.errors import BadMessage
from pelton.protocol.messages import (
    Act,
    EventFrame,
    Frame,
    Heard,
    Hello,
    Join,
    Leave,
    Ping,
    Refusal,
    Resume,
    Resync,
    ServerMessage,
    Verify,
)
from pelton.protocol.schema import Action, Event, Message, Raw
from pelton.protocol.splice import array_head

__all__ = [
    "ClientMessage",
    "TypedDecoder",
    "decode_server",
    "decode_value",
    "encode",
    "encode_event",
    "encode_value",
    "event_frame_head",
    "frame_body",
    "frame_head",
]

ClientMessage: TypeAlias = Hello | Join | Leave | Act[Any] | Ping | Verify | Resync | Heard | Resume

_encoder = msgspec.msgpack.Encoder()
_value: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder()
_server: msgspec.msgpack.Decoder[ServerMessage] = msgspec.msgpack.Decoder(ServerMessage)


class TypedDecoder:
    """Decodes what a client may send, with the actions of one game. None leaves actions as they are, undecoded."""

    def __init__(self, actions: Sequence[type[Action]] | None = None) -> None:
        kind: Any = Hello | Join | Leave | Ping | Verify | Resync | Heard | Resume
        if actions is None:
            kind |= Act[Raw]
        elif actions:
            kind |= Act[Union[tuple(actions)]]  # type: ignore[misc]  # noqa: UP007 - a union built from values
        self._decoder: msgspec.msgpack.Decoder[ClientMessage] = msgspec.msgpack.Decoder(kind)

    def decode(self, payload: bytes) -> ClientMessage:
        """Raise BadMessage for anything that is not exactly one message."""
        try:
            return self._decoder.decode(payload)
        except Exception as error:
            # Besides DecodeError: RecursionError and UnicodeDecodeError (msgspec 0.22), MemoryError, and whatever an
            # action of the game's own raises in its __post_init__. A peer's bytes end in a BadMessage, always.
            raise BadMessage(_short(error)) from error


def decode_server(payload: bytes) -> ServerMessage:
    """The other direction, for tests and tools: what a server sent."""
    try:
        return _server.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, MemoryError) as error:
        raise BadMessage(_short(error)) from error


def encode(message: Message) -> bytes:
    """The message's canonical bytes."""
    return _encoder.encode(message)


def encode_value(value: Any) -> bytes:
    """The canonical bytes of plain lists, numbers, strings and None."""
    return _encoder.encode(value)


def decode_value(payload: bytes) -> Any:
    """What `encode_value` was given."""
    return _value.decode(payload)


# A frame is put together from two parts, so that the larger is encoded once for all who share it:
#
#     97 14 | ack refused | tick base hidden parts
#     array   this client   the same bytes for all who see the same and build on the same tick
#     of 1+6
_NONE_REFUSED = _encoder.encode(())
_FRAME = bytes([0x90 + 1 + len(Frame.__struct_fields__), 20])
_EVENT_FRAME = bytes([0x90 + 1 + len(EventFrame.__struct_fields__), 24])


def frame_head(ack: int, refused: Sequence[Refusal]) -> bytes:
    """The client's own part of a frame, up to where the shared body begins."""
    if not refused:
        return _FRAME + _encoder.encode(ack) + _NONE_REFUSED
    return _FRAME + _encoder.encode((ack, refused))[1:]  # without the tuple's own one-byte header


def encode_event(event: Event) -> bytes:
    """An event as it stands in a frame. TypeError or OverflowError if it holds what cannot travel."""
    return _encoder.encode(event)


def event_frame_head(ack: int, refused: Sequence[Refusal], events: Sequence[bytes]) -> bytes:
    """The same for a frame with events, which are encoded already."""
    own = _encoder.encode((ack, refused))[1:]
    return _EVENT_FRAME + own + array_head(len(events)) + b"".join(events)


def frame_body(tick: int, base: int, hidden: Sequence[Sequence[int]], parts: Sequence[bytes]) -> bytes:
    """The part of a frame that many clients share; `parts` are encoded already, and shared by still more."""
    return _encoder.encode((tick, base, hidden))[1:] + array_head(len(parts)) + b"".join(parts)


def _short(error: BaseException) -> str:
    """Nothing of the peer's bytes, nothing of our insides: a hint for the author of the client."""
    if isinstance(error, msgspec.ValidationError):
        said, _, where = str(error).partition(" - at ")
        if not said.startswith("Expected"):
            said = "unknown or invalid value"  # msgspec would quote it
        return f"{said} at {where}"[:100] if where else said[:100]
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "a string that is not UTF-8"
    return "not one whole MessagePack value"
