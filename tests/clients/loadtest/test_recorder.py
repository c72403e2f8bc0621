"""Seconds and stages are made of what processes tell; the pipe between them loses nothing."""

from __future__ import annotations

from random import Random

import pytest

from pelton.loadtest.pipe import Order, read_order, read_share, written_order, written_share
from pelton.loadtest.recorder import Recorder
from pelton.loadtest.seconds import Counts, Histograms, Share, merged, spread
from tests.clients.loadtest.made import some_latencies


def a_share(latencies: Histograms, *, bots: int = 10, cpu: float = 0.5, failed: int = 0) -> Share:
    return Share(
        counts=Counts(arrived=bots, failed=failed, sent=200, taken=190, frames=200, bytes_in=1000),
        started=bots,
        connected=bots - failed,
        histograms=latencies,
        bots=bots,
        cpu=cpu,
        is_over=False,
        errors={"closed with 1006": failed} if failed else {},
        trace="",
    )


def parts(count: int) -> list[Histograms]:
    return [some_latencies(Random(seed), 0.03) for seed in range(count)]


def test_a_second_is_the_sum_of_all_processes_and_as_busy_as_the_busiest() -> None:
    recorder, (one, two) = Recorder(), parts(2)
    recorder.begin("20 bots", 0.0)
    second = recorder.add([a_share(one, cpu=0.2), a_share(two, cpu=0.7, failed=3)], 1.0, holds=True, server=None)
    assert (second.bots, second.counts.sent, second.counts.failed) == (20, 400, 3)
    assert second.generator_cpu == 0.7
    assert second.latencies["ack"] == spread(merged([one, two])["ack"])
    assert (recorder.started, recorder.connected, recorder.errors) == (20, 17, {"closed with 1006": 3})


def test_only_holds_are_kept_in_stages_and_in_the_total() -> None:
    recorder, (ramp, first, second) = Recorder(), parts(3)
    recorder.begin("10 bots", 0.0)
    recorder.add([a_share(ramp)], 1.5, holds=False, server=None)
    recorder.add([a_share(first)], 2.5, holds=True, server=None)
    recorder.begin("20 bots", 2.5)
    recorder.add([a_share(second)], 3.5, holds=True, server=None)
    one, two = recorder.stages
    assert (one.began_s, one.held_from_s, one.ended_s) == (0.0, 1.5, 2.5)
    assert (two.began_s, two.held_from_s, two.ended_s) == (2.5, 2.5, 3.5)
    assert one.histograms["ack"].written() == first["ack"].written()
    assert recorder.total["ack"].written() == merged([first, second])["ack"].written()
    assert [known.length_s for known in recorder.seconds] == [1.5, 1.0, 1.0]


def test_a_share_comes_through_the_pipe_whole() -> None:
    share = a_share(parts(1)[0], failed=2)
    line = written_share(share)
    assert line.count(b"\n") == 1
    again = read_share(line)
    assert (again.counts, again.errors, again.bots, again.cpu) == (share.counts, share.errors, 10, 0.5)
    for name, histogram in share.histograms.items():
        assert spread(again.histograms[name]) == pytest.approx(spread(histogram))


@pytest.mark.parametrize("order", [Order("aim", 5, 1.5), Order("arrivals", 0.5, 30.0), Order("share"), Order("end")])
def test_an_order_comes_through_the_pipe(order: Order) -> None:
    assert read_order(written_order(order)) == order
