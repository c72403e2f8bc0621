"""The picture fits a terminal of 80 columns, shows all that was told, and as many rooms as there is place for."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from pelton.cli.top.picture import picture, rooms_fitting
from pelton.cli.top.rates import View, view
from pelton.cli.top.snapshot import read
from tests.cli.top_stats import a_room, a_server

URL = "http://127.0.0.1:7778"


def seen(**values: Any) -> View:
    return view(read(a_server(100)), read(a_server(101, **values)), "p99")


def printed(shown: View, *, rows: int = 20, width: int = 80, note: str = "", colours: bool = False) -> list[str]:
    stream = StringIO()
    console = Console(file=stream, width=width, force_terminal=colours, color_system="standard" if colours else None)
    console.print(picture(shown, URL, rows, note))
    return [text.rstrip() for text in stream.getvalue().splitlines()]


BUSY = {
    "rooms": [a_room(f"room000{number}", game="capture_the_flag", players=200, overruns=1234) for number in range(9)],
    "rooms_open": 200,
    "connections": 12_345,
    "players": 12_345,
    "overload": {"step": 2, "since_s": 12, "name": "patch rate lower"},
    "admission": "closed",
}


def test_it_fits_80_columns_and_is_the_same_on_wider_ones() -> None:
    narrow, wide = printed(seen(**BUSY)), printed(seen(**BUSY), width=200)
    assert max(map(len, narrow)) <= 80
    assert [text for text in narrow[1:] if set(text.strip()) != {"─"}] == [
        text for text in wide[1:] if set(text.strip()) != {"─"}
    ]


def test_it_shows_the_process_the_ticks_and_what_flows() -> None:
    text = "\n".join(printed(seen()))
    for expected in (
        "Pelton 1.2.3  http://127.0.0.1:7778",
        "uvloop, swept, up 1 min 41 s",
        "cpu 37 % of a core, 64 MiB, 201 connections, 200 players, 1 room\n",
        "the budget is 50.0 ms",
        "p99    12.8 ms    26 %",
        "max    61.3 ms   123 %",
    ):
        assert expected in text
    words = text.split()
    for name, value in (("run", "80"), ("frames", "4,000"), ("actions", "1,000"), ("now", "12"), ("out", "1.2")):
        assert words[words.index(name) + 1] == value


def test_a_bar_is_as_long_as_its_share_of_the_budget() -> None:
    bars = {text.split()[0]: text.count("━") for text in printed(seen()) if "━" in text}
    assert bars["max"] == 22
    assert 22 * 0.2 < bars["p99"] < 22 * 0.3


@pytest.mark.parametrize(("p99", "colour"), [(10_000, "32"), (30_000, "33"), (50_000, "31")])
def test_what_is_near_its_budget_is_yellow_and_what_is_beyond_red(p99: int, colour: str) -> None:
    durations = {"p50": 1, "p99": p99, "max": p99}
    shown = seen(tick={"budget_us": 50_000, "duration_recent_us": durations})
    (text,) = [text for text in printed(shown, colours=True) if text.startswith("p99")]
    assert f"\x1b[1;{colour}m" in text


def test_states_and_alarms_are_there_if_there_are_any() -> None:
    quiet = "\n".join(printed(seen()))
    assert not any(word in quiet for word in ("overload", "admission", "since the start", "refused:", "anew"))
    metrics = {**a_server(101)["metrics"], "room_faults": 2, "unhandled_errors": 1, "messages_bad": 5}
    loud = "\n".join(printed(seen(**BUSY, metrics=metrics, refusals={"overflow": 7}), note="no answer; trying again"))
    for expected in (
        "overload: step 2, since 12 s, name patch rate lower\n",
        "admission: state closed\n",
        "rooms ended by exceptions since the start: 2\n",
        "errors that nobody answers for since the start: 1\n",
        "5.0 connections a second are ended for a bad message\n",
        "refused: overflow 7.0/s\n",
        "no answer; trying again\n",
    ):
        assert expected in loud


def test_a_new_start_is_said() -> None:
    assert "the server was started anew" in printed(view(read(a_server(100)), read(a_server(3)), "p99"))


def test_rooms_are_shown_up_to_a_number_and_the_rest_is_counted() -> None:
    text = printed(seen(**BUSY), rows=4)
    assert [line.split()[0] for line in text if line.startswith(" room000")] == [f"room000{n}" for n in range(4)]
    assert text[-2] == " +196 more" or text[-1] == " +196 more"
    assert "no rooms" in printed(seen(rooms=[], rooms_open=0))


@pytest.mark.parametrize("lines", [24, 30, 50])
@pytest.mark.parametrize("values", [{}, BUSY], ids=["quiet", "busy"])
def test_it_fits_the_height_of_the_terminal(lines: int, values: dict[str, Any]) -> None:
    rooms = [a_room(f"r{number}") for number in range(100)]
    shown = seen(**{**values, "rooms": rooms, "rooms_open": 100})
    rows = rooms_fitting(shown, "a note", lines)
    assert len(printed(shown, rows=rows, note="a note")) < lines
    assert len(printed(shown, rows=rows, note="a note")) >= lines - 3


def test_a_server_with_nothing_to_tell_yet_is_shown() -> None:
    none = {"p50": None, "p99": None, "max": None}
    empty = a_server(0.1, rooms=[], rooms_open=0, tick={"budget_us": None, "duration_recent_us": none}, metrics={})
    text = "\n".join(printed(view(None, read(empty), "p99")))
    assert "no room yet" in text
    assert "cpu - of a core" in text
