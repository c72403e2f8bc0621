"""Made-up actions: whatever an action admits, what is drawn for it can be sent."""

from __future__ import annotations

import enum
from random import Random
from typing import Annotated, Literal

from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import Act
from pelton.protocol.plain import encode_value
from pelton.protocol.sample import sample_fields
from pelton.protocol.schema import Action, Bounds, Size, action_fields
from pelton.protocol.typed import TypedDecoder


class Suit(enum.Enum):
    HEARTS = "hearts"
    SPADES = "spades"


class Everything(Action):
    whole: Annotated[int, Bounds(-5, 2**53 - 1)]
    part: Annotated[float, Bounds(-1, 1)]
    yes: bool
    word: Annotated[str, Size(16, low=2)]
    raw: Annotated[bytes, Size(4)]
    many: Annotated[list[Annotated[int, Bounds(0, 3)]], Size(3)]
    pair: tuple[Annotated[int, Bounds(0, 1)], bool]
    maybe: Annotated[int, Bounds(1, 2)] | None
    one: Literal["a", "b"]
    suit: Suit


@given(st.integers(0, 2**32))
def test_what_is_drawn_is_accepted_by_the_server(seed: int) -> None:
    fields = sample_fields(Everything, Random(seed))
    assert tuple(fields) == action_fields(Everything)
    message = TypedDecoder((Everything,)).decode(encode_value([4, 1, ["everything", *fields.values()], 0]))
    assert isinstance(message, Act)


def test_the_same_dice_draw_the_same() -> None:
    assert sample_fields(Everything, Random(3)) == sample_fields(Everything, Random(3))


def test_ids_that_are_known_are_drawn_often_where_they_fit() -> None:
    dice = Random(1)
    drawn = [sample_fields(Everything, dice, [77, 2**60])["whole"] for _ in range(100)]
    assert 30 < drawn.count(77) < 70
    assert 2**60 not in drawn


def test_bounds_themselves_are_tried() -> None:
    dice = Random(1)
    parts = {sample_fields(Everything, dice)["part"] for _ in range(200)}
    assert {-1.0, 0.0, 1.0} <= parts
