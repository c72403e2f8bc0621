"""What `pelton top` makes of two answers: rates, an order of rooms, and no trust in what it was told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.cli.top.line import line
from pelton.cli.top.rates import SORTS, View, view
from pelton.cli.top.snapshot import BadStats, Snapshot, read
from pelton.cli.top.words import shown_bytes, shown_rate, shown_share, shown_uptime, shown_us
from tests.cli.top_stats import a_room, a_server


def seen(before: dict[str, Any] | None, now: dict[str, Any], sort: str = "p99") -> View:
    return view(None if before is None else read(before), read(now), sort)


def test_rates_are_per_second_of_the_servers_time() -> None:
    found = seen(a_server(100), a_server(104))
    assert found.cpu == pytest.approx(0.37)
    assert found.rate("frames_sent") == 4000
    assert found.rate("frames_skipped") == 3
    assert found.rate("ticks_overrun") == 0
    assert found.rate("nothing_of_the_kind") is None
    assert not found.restarted


def test_the_first_look_knows_no_rates() -> None:
    found = seen(None, a_server(100))
    assert (found.cpu, found.rates, found.rate("ticks"), found.restarted) == (None, None, None, False)


def test_the_same_answer_twice_is_no_division_by_nothing() -> None:
    assert seen(a_server(100), a_server(100)).rates is None


LATER = a_server(101)


@pytest.mark.parametrize(
    "now",
    [{**LATER, "uptime_s": 99.0}, {**LATER, "cpu_ns": 1}, {**LATER, "metrics": {"ticks": 3}}],
    ids=["its time fell", "its cpu time fell", "its counts fell"],
)
def test_a_server_that_was_started_anew_is_not_compared_with_the_one_before(now: dict[str, Any]) -> None:
    found = seen(a_server(100), now)
    assert (found.cpu, found.rates, found.restarted) == (None, None, True)


def test_a_number_that_falls_is_no_counter_and_no_new_start() -> None:
    before, now = a_server(100), a_server(101)
    before["metrics"]["sessions_open"], now["metrics"]["sessions_open"] = 5, 3
    found = seen(before, now)
    assert found.rate("sessions_open") is None
    assert found.rate("ticks") == 80


def test_refusals_are_told_by_reason_if_they_happen() -> None:
    now = a_server(102, refusals={"overflow": 30, "invalid": 4})
    found = seen(a_server(100, refusals={"overflow": 10, "invalid": 4}), now)
    assert found.refusals == {"overflow": 10}


@pytest.mark.parametrize(("sort", "order"), [("p99", "cab"), ("players", "bca"), ("overruns", "abc")])
def test_rooms_are_in_the_order_asked_for(sort: str, order: str) -> None:
    rooms = [
        a_room("a", players=1, overruns=9, duration_us={"p99": 20_000}),
        a_room("b", players=9, overruns=5, duration_us={"p99": 30_000}, budget_us=100_000),
        a_room("c", players=5, overruns=1, duration_us={"p99": 30_000}),
    ]
    assert sort in SORTS
    assert "".join(room.room_id for room in seen(None, a_server(rooms=rooms), sort).rooms) == order


@pytest.mark.parametrize("answer", [None, 1, "x", [], {}, {"version": "1"}])
def test_what_is_no_answer_of_a_server_is_refused(answer: object) -> None:
    with pytest.raises(BadStats):
        read(answer)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.fixed_dictionaries(dict.fromkeys(a_server(), ANY), optional={"overload": ANY, "refusals": ANY}))
def test_values_of_any_kind_are_read_or_left_out(answer: dict[str, object]) -> None:
    found: Snapshot = read(answer)
    text = line(view(found, found, "p99"))
    assert "\n" not in text


def test_a_name_cannot_speak_to_the_terminal() -> None:
    found = read(a_server(version="1\x1b[2J", rooms=[a_room("a\nb", game="\x1b]0;x\x07")], overload={"a\nb": "\x1b"}))
    assert (found.version, found.rooms[0].room_id, found.rooms[0].game) == ("1?[2J", "a?b", "?]0;x?")
    assert found.states == {"overload": {"a?b": "?"}}


def test_a_line_has_what_an_eye_would_look_for_first() -> None:
    assert line(seen(a_server(100), a_server(101, overload={"step": 2, "since_s": 12}))) == (
        "200 players, 1 rooms; cpu 37 %, 64 MiB; tick p50 3.10 ms, p99 12.8 ms, max 61.3 ms of 50.0 ms; "
        "- ticks late/s, - ticks skipped/s, 0 ticks overrun/s; 4,000 frames/s, 1.2 MB/s out; "
        "1,000 actions/s, - refused/s; 12 waiting; overload: step 2, since 12 s"
    )


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (shown_us(None), "-"),
        (shown_us(0), "0.00 ms"),
        (shown_us(9994), "9.99 ms"),
        (shown_us(9996), "10.0 ms"),
        (shown_us(99_960), "100 ms"),
        (shown_us(1_234_567), "1,235 ms"),
        (shown_rate(None), "-"),
        (shown_rate(0), "0"),
        (shown_rate(0.25), "0.2"),
        (shown_rate(1234.5), "1,234"),
        (shown_bytes(None), "-"),
        (shown_bytes(999), "999 B"),
        (shown_bytes(1200), "1.2 kB"),
        (shown_bytes(45_000), "45 kB"),
        (shown_bytes(999_600), "1.0 MB"),
        (shown_bytes(5e9), "5.0 GB"),
        (shown_share(None), "-"),
        (shown_share(0.004), "0.4 %"),
        (shown_share(1.234), "123 %"),
        (shown_uptime(59.9), "59 s"),
        (shown_uptime(61), "1 min 01 s"),
        (shown_uptime(7440), "2 h 04 min"),
        (shown_uptime(90_000), "1 d 01 h"),
    ],
)
def test_numbers_are_short(shown: str, expected: str) -> None:
    assert shown == expected
