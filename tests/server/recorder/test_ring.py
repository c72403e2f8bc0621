"""The ring keeps the last ticks, whatever is asked of it and however often it has gone round."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.server.recorder.ring import NAMES_MAX, Ring
from pelton.server.recorder.row import LAYOUT, TickRow
from tests.server.recorder.rows import row


def append(ring: Ring, one: TickRow) -> None:
    values = list(one[1:])
    values[TickRow._fields.index("callback") - 1] = ring.number(one.callback)
    ring.append((one.tick, *values))  # type: ignore[arg-type] # numbers all, now that the name is one


u32 = st.integers(0, 2**32 - 1)
floats = st.integers(0, 2**24)  # as far as a 32-bit float is exact


@st.composite
def rows(draw: st.DrawFn) -> TickRow:
    values: dict[str, object] = {}
    for name in TickRow._fields:
        match name:
            case "callback":
                values[name] = draw(st.sampled_from(["", "on_tick", "on_action:Fire"]))
            case "begun_ns":
                values[name] = draw(st.integers(0, 2**62))
            case "flags":
                values[name] = draw(st.integers(0, 3))
            case "gc_generation":
                values[name] = draw(st.integers(-1, 2))
            case _:
                values[name] = draw(floats if name.endswith("_ns") else u32)
    return TickRow(**values)  # type: ignore[arg-type]


@given(st.integers(1, 9), st.integers(1, 1000), st.lists(rows(), max_size=25), st.integers(0, 1100), st.integers(0, 30))
def test_it_is_a_list_of_the_last_ticks(size: int, first: int, made: list[TickRow], since: int, limit: int) -> None:
    ring = Ring(size)
    model: list[TickRow] = []
    for number, one in enumerate(made):
        one = one._replace(tick=first + number)  # noqa: PLW2901 - ticks come without a gap
        append(ring, one)
        model = [*model, one][-size:]
    assert list(ring.rows()) == model
    assert list(ring.rows(since, limit)) == [one for one in model if one.tick > since][:limit]
    assert len(ring) == len(model)
    assert (ring.oldest, ring.newest) == ((model[0].tick, model[-1].tick) if model else (0, 0))
    assert [ring.row(one.tick) for one in model] == model
    assert ring.row(ring.oldest - 1) is None
    assert ring.row(ring.newest + 1) is None
    assert ring.slowest(limit) == sorted(model, key=lambda one: (-one.took_ns, one.tick))[:limit]


def test_a_copy_does_not_change_with_it() -> None:
    ring = Ring(4)
    append(ring, row(1, game_ms=3, callback="on_tick"))
    copy = ring.copy()
    for tick in range(2, 9):
        append(ring, row(tick, callback="on_join"))
    assert list(copy.rows()) == [row(1, game_ms=3, callback="on_tick")]


def test_long_ticks_are_exact_to_one_part_in_ten_million() -> None:
    ring = Ring(1)
    append(ring, row(1, game_ms=30_123.456_789))
    kept = ring.row(1)
    assert kept is not None
    assert abs(kept.game_ns / 30_123_456_789 - 1) < 1e-7


def test_names_are_bounded() -> None:
    ring = Ring(1)
    numbers = [ring.number(f"on_action:{kind}") for kind in range(2 * NAMES_MAX)]
    assert max(numbers) < NAMES_MAX == len(ring.names)
    assert ring.names[numbers[-1]] == "other"
    assert ring.names[ring.number("on_action:0")] == "on_action:0"


def test_the_bytes_of_a_row_are_those_in_the_docs() -> None:
    assert LAYOUT.size == 148
    assert len(LAYOUT.unpack(bytes(LAYOUT.size))) == len(TickRow._fields)
