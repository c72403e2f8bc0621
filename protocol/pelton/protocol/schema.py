"""How messages and actions are declared: msgspec structs that travel as arrays, every field bounded.

What a peer may send is decided here once, so that everything behind the decoder can trust it: no unknown field,
no unbounded number, string or list, no NaN (a bounded float refuses it), no integer beyond 2^53 (JavaScript
would round it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

import msgspec
from msgspec import inspect

from pelton.protocol.errors import SchemaError

__all__ = [
    "INT_MAX",
    "Action",
    "Bounds",
    "Event",
    "Message",
    "Raw",
    "Size",
    "action_fields",
    "action_name",
    "check_actions",
    "event_fields",
    "event_name",
    "snake_case",
]

INT_MAX = 2**53 - 1
"""The largest integer that every client language holds exactly."""

Raw = msgspec.Raw
"""A value left undecoded."""


def Bounds(low: float, high: float) -> msgspec.Meta:  # noqa: N802 - reads as a type in Annotated[int, Bounds(0, 9)]
    """The smallest and the largest number that is accepted, both included: `Annotated[float, Bounds(-1, 1)]`."""
    return msgspec.Meta(ge=low, le=high)


def Size(high: int, low: int = 0) -> msgspec.Meta:  # noqa: N802 - as above
    """The most (and fewest) characters, bytes or elements: `Annotated[str, Size(16)]`."""
    return msgspec.Meta(min_length=low, max_length=high)


class Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """Base of the protocol's own messages: an array whose first element is the message's number.

    What was decoded from bytes cannot hold itself, so the garbage collector need not look at it (`gc=False`).
    """


def snake_case(name: str) -> str:
    """`SetTarget` as `set_target`: how actions and games are called on the wire."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Action(msgspec.Struct, array_like=True, forbid_unknown_fields=True, tag=snake_case, gc=False):
    """Base of what players can do, declared by the game's author; on the wire `[name, fields...]`.

    class Steer(Action):
        turn: Annotated[float, Bounds(-1, 1)]

    The name is the class name in snake case. Every field needs bounds: a number `Bounds`, a string or list `Size`.
    """


class Event(msgspec.Struct, array_like=True, tag=snake_case, gc=False):
    """Base of what a game tells players beside its state, declared by its author; on the wire `[name, fields...]`.

    class Hit(Event):
        by: int
        damage: int

    Reliable and in order, unless `cosmetic` is set: those are for sparks and sounds, and may be dropped. The name is
    the class name in snake case. Fields are numbers, bool, str, bytes, None, and lists of them.
    """

    cosmetic: ClassVar[bool] = False


def event_name(event: type[Event]) -> str:
    """The name by which clients know the event: `RoundOver` is `round_over`."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def event_fields(event: type[Event]) -> tuple[str, ...]:
    """The event's fields in the order they travel."""
    return event.__struct_fields__


def action_name(action: type[Action]) -> str:
    """The name by which clients call the action: `SetTarget` is `set_target`."""
    tag = action.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def action_fields(action: type[Action]) -> tuple[str, ...]:
    """The action's fields in the order they travel."""
    return action.__struct_fields__


def check_actions(actions: Iterable[type[Action]]) -> None:
    """Raise SchemaError for the first field that a hostile client could make as large as it likes."""
    for action in actions:
        shape = action.__struct_config__
        if not (shape.array_like and shape.forbid_unknown_fields and isinstance(shape.tag, str)):
            raise SchemaError(
                action.__name__, "(class)", "an action keeps the array form, the tag and the refusal of unknown fields"
            )
        info = inspect.type_info(action)
        assert isinstance(info, inspect.StructType)
        for field in info.fields:
            problem = _unbounded(field.type)
            if problem:
                raise SchemaError(action.__name__, field.name, problem)


_SIZED = (
    inspect.StrType,
    inspect.BytesType,
    inspect.ListType,
    inspect.VarTupleType,
)
_PLAIN = (inspect.BoolType, inspect.NoneType, inspect.EnumType, inspect.LiteralType)


def _unbounded(kind: inspect.Type) -> str | None:
    """Say what is missing, or None if the type bounds what it accepts."""
    if isinstance(kind, inspect.Metadata):
        return _unbounded(kind.type)
    if isinstance(kind, (inspect.IntType, inspect.FloatType)):
        return _unbounded_number(kind)
    if isinstance(kind, inspect.UnionType):
        return next(filter(None, map(_unbounded, kind.types)), None)
    if isinstance(kind, inspect.TupleType):
        return next(filter(None, map(_unbounded, kind.item_types)), None)
    if isinstance(kind, _SIZED):
        if kind.max_length is None:
            return "a string, bytes or list needs a Size: Annotated[str, Size(16)]"
        item: inspect.Type | None = getattr(kind, "item_type", None)
        return _unbounded(item) if item is not None else None
    if isinstance(kind, _PLAIN):
        return None
    return f"{type(kind).__name__} cannot be bounded; use numbers, bool, str, bytes, lists, tuples, enums or literals"


def _unbounded_number(kind: inspect.IntType | inspect.FloatType) -> str | None:
    low = kind.ge if kind.ge is not None else kind.gt
    high = kind.le if kind.le is not None else kind.lt
    if low is None or high is None:
        return "a number needs Bounds: Annotated[float, Bounds(-1, 1)]"
    if isinstance(kind, inspect.IntType) and (low < -INT_MAX or high > INT_MAX):
        return "an integer must stay within 2^53, or JavaScript clients round it"
    return None
