"""What one sees while a run goes on: fits 80 columns on a terminal, and a line now and then in a log."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path
from random import Random

from rich.console import Console

from pelton.loadtest.closing import compared, ended
from pelton.loadtest.compare import changes
from pelton.loadtest.expressions import read_limit
from pelton.loadtest.live import Moment, Screen, line, picture, watched
from pelton.loadtest.summary import read_summary, written_summary
from pelton.loadtest.thresholds import Measured, judged
from tests.clients.loadtest.made import a_plan, a_result, a_second, some_latencies, with_thresholds

THRESHOLDS = [read_limit(text) for text in ("ack.p99 < 80ms", "seen.p99 < 20ms", "server.cpu < 80%")]
MOMENT = Moment(
    title="a-rather-long-plan.toml",
    stage="12,000 bots",
    stage_number=2,
    stages=3,
    done_s=12.0,
    total_s=125.0,
    second=a_second(31.0, some_latencies(Random(1), 0.03), bots=12_000),
    outcomes=judged(THRESHOLDS, Measured({"ack.p99": 0.05, "seen.p99": 0.09}, {})),
    errors=1234,
)


def printed(what: object, width: int = 80) -> list[str]:
    stream = StringIO()
    Console(file=stream, width=width, force_terminal=False).print(what)
    return stream.getvalue().splitlines()


def test_the_picture_fits_80_columns_and_nothing_is_cut_off() -> None:
    narrow, wide = printed(picture(MOMENT)), printed(picture(MOMENT), 200)
    assert max(map(len, narrow)) <= 80
    assert [text.rstrip() for text in narrow[1:]] == [text.rstrip() for text in wide[1:]]
    assert narrow[0].split()[:5] == wide[0].split()[:5]


def test_the_picture_shows_stage_players_rates_latencies_and_thresholds() -> None:
    text = "\n".join(printed(picture(MOMENT)))
    for expected in ("stage 2/3", "12,000 bots, hold", "12/125 s", "12,000 players", "2,000 frames/s", "1,234 errors"):
        assert expected in text
    for name in ("ack", "seen", "age", "send_late"):
        assert f"\n{name} " in text.replace("\n ", "\n")
    assert [text.index(word) for word in ("held", "missed", "unknown")] == sorted(
        text.index(word) for word in ("held", "missed", "unknown")
    )


def test_a_log_gets_a_line_every_five_seconds() -> None:
    stream = StringIO()
    screen = Screen(stream, None)
    for at_s in range(1, 13):
        screen.show(replace(MOMENT, second=replace(MOMENT.second, at_s=float(at_s))))
    lines = stream.getvalue().splitlines()
    assert [text.split()[0] for text in lines] == ["1", "6", "11"]
    assert lines[0] == line(replace(MOMENT, second=replace(MOMENT.second, at_s=1.0)))
    assert "2 of 3 thresholds missed" in lines[0]


def test_a_log_gets_a_line_for_each_phase() -> None:
    stream = StringIO()
    screen = Screen(stream, None)
    for at_s, (stage, holds) in enumerate([(1, False), (1, True), (1, True), (2, False), (2, True)], start=1):
        second = replace(MOMENT.second, at_s=float(at_s), holds=holds)
        screen.show(replace(MOMENT, stage_number=stage, second=second))
    assert [text.split()[0] for text in stream.getvalue().splitlines()] == ["1", "2", "4", "5"]


def test_a_stream_that_is_no_terminal_gets_lines() -> None:
    stream = StringIO()
    with watched(stream) as screen:
        screen.show(MOMENT)
    assert stream.getvalue() == line(MOMENT) + "\n"


def test_the_end_shows_thresholds_verdict_and_files(tmp_path: Path) -> None:
    plan = with_thresholds(a_plan(tmp_path), "ack.p99 < 1ms", "errors == 0")
    text = "\n".join(printed(ended(a_result(plan, errors={"closed": 2}), ["out/summary.json"])))
    for expected in ("missed  ack.p99 < 1ms: was", "held    errors == 0: was 0", "2 bots: closed", "out/summary.json"):
        assert expected in text
    assert "\nfailed\n" in text


def test_a_comparison_shows_change_noise_and_seconds(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path, middle_s in zip(paths, (0.03, 0.045), strict=True):
        path.write_text(written_summary(a_result(a_plan(tmp_path), middle_s=middle_s)))
    found = changes(read_summary(paths[0]), read_summary(paths[1]))
    lines = printed(compared(found, ["plan seed: 1 before, 2 after"], []))
    assert max(map(len, lines)) <= 80
    (ack,) = [text for text in lines if text.strip().startswith("ack.p99 ")]
    assert "%" in ack
    assert "beyond" in ack
    assert "20, 20" in ack
    assert lines[0] == "differs: plan seed: 1 before, 2 after"
