"""One direction of a connection, against numbers computed by hand."""

from __future__ import annotations

import math
from random import Random

import pytest

from pelton.netsim import Conditions, Fate, Route, Uplink, Way


class Dice(Random):
    """Throws what it was told, then never anything that loses a segment."""

    def __init__(self, *throws: float) -> None:
        super().__init__()
        self.throws = list(throws)

    def random(self) -> float:
        return self.throws.pop(0) if self.throws else 0.999


def way(conditions: Conditions, *throws: float, upward: bool = True, shared: Uplink | None = None) -> Way:
    return Way(conditions, upward=upward, random=Dice(*throws), shared=shared)


def sent(one: Way, now_s: float, size: int) -> list[tuple[float, int]]:
    """The pieces of a message, with times to the nanosecond."""
    return [(round(at_s, 9), part) for at_s, part in one.send(now_s, size)]


def test_a_message_arrives_after_the_latency_in_one_piece() -> None:
    assert sent(way(Conditions(latency_ms=30)), 2.0, 1460) == [(2.03, 1460)]


def test_jitter_is_drawn_once_a_message_and_lets_nothing_overtake() -> None:
    jittery = way(Conditions(latency_ms=10, jitter_ms=20), 1 - math.exp(-3), 0.0)
    [(slow_s, size)] = jittery.send(0.0, 4000)  # unlimited, so its three segments arrive together
    assert (round(slow_s, 9), size) == (0.07, 4000)
    assert jittery.send(0.001, 100)[0] == (slow_s, 100)  # would be there at 11 ms


def test_a_narrow_line_takes_one_segment_after_the_other() -> None:
    narrow = way(Conditions(latency_ms=100, up_kbit_s=11.68))  # 1460 bytes a second
    assert sent(narrow, 0.0, 3650) == [(1.1, 1460), (2.1, 1460), (2.6, 730)]
    [(at_s, _)] = narrow.send(2.0, 1460)  # the line is busy until 2.5
    assert at_s == pytest.approx(3.6)


def test_each_direction_has_its_own_bandwidth() -> None:
    conditions = Conditions(up_kbit_s=8, down_kbit_s=80)
    assert sent(way(conditions), 0, 1000) == [(1.0, 1000)]
    assert sent(way(conditions, upward=False), 0, 1000) == [(0.1, 1000)]


def test_a_segment_lost_at_the_end_waits_for_the_time_out_which_doubles() -> None:
    conditions = Conditions(latency_ms=50, loss=0.5, rto_min_ms=200)
    assert sent(way(conditions, 0.1), 0.0, 10) == [(0.05 + 0.3, 10)]  # round trip + 200 ms
    assert sent(way(conditions, 0.1, 0.1, 0.1), 0.0, 10) == [(0.05 + 0.3 + 0.6 + 1.2, 10)]


def test_a_time_out_never_grows_past_a_minute() -> None:
    lost_ten_times = way(Conditions(loss=0.5, rto_min_ms=1000), *[0.1] * 10)
    assert sent(lost_ten_times, 0.0, 10) == [(1 + 2 + 4 + 8 + 16 + 32 + 4 * 60, 10)]
    assert lost_ten_times.stalls == 10


def test_a_segment_lost_with_others_behind_it_is_mended_in_a_round_trip_and_holds_them_up() -> None:
    lossy = way(Conditions(latency_ms=50, loss=0.5), 0.1, 0.9, 0.9)
    assert sent(lossy, 0.0, 3000) == [(0.15, 3000)]


def test_what_is_lost_holds_up_what_is_sent_later() -> None:
    lossy = way(Conditions(latency_ms=50, loss=0.5), 0.1, 0.9)
    [(first_s, _)] = lossy.send(0.0, 10)
    [(second_s, _)] = lossy.send(0.1, 10)
    assert second_s == first_s == pytest.approx(0.35)
    assert sent(lossy, 1.0, 10) == [(1.05, 10)]


def test_what_is_sent_again_takes_the_line_again() -> None:
    narrow = way(Conditions(up_kbit_s=8, loss=0.5), 0.1, 0.9)  # 1000 bytes a second
    narrow.send(0.0, 500)
    assert narrow.more_room_s(0.0) == pytest.approx(0.5 + 0.5 + 0.2)
    [(at_s, _)] = narrow.send(0.0, 1000)
    assert at_s == pytest.approx(2.0)


def test_what_waits_to_depart_fills_the_buffer() -> None:
    narrow = way(Conditions(up_kbit_s=11.68, buffer_bytes=4000))
    assert narrow.room(0.0) == 4000
    narrow.send(0.0, 3650)
    assert narrow.room(0.0) == 350
    assert narrow.more_room_s(0.0) == pytest.approx(1.0)
    assert narrow.room(1.01) == 350 + 1460
    assert (narrow.room(9.0), narrow.more_room_s(9.0)) == (4000, math.inf)


def test_a_stall_fills_the_buffer_as_well() -> None:
    lossy = way(Conditions(loss=0.5, rto_min_ms=200, buffer_bytes=2000), 0.1)
    lossy.send(0.0, 1000)
    lossy.send(0.1, 800)
    assert (lossy.room(0.19), lossy.room(0.21)) == (200, 2000)


def test_in_a_freeze_nothing_departs_and_nothing_arrives() -> None:
    conditions = Conditions(latency_ms=300, up_kbit_s=8, freeze_every_s=10, freeze_ms=1000)
    fate = Fate(conditions, Dice(0, 0, 0, 0.3), now_s=0.0)
    freezes = fate.freezes()
    assert freezes is not None
    begins_s = freezes.done(0.0, 1e-9) and next(iter(freezes._spans))[0]
    frozen = Way(conditions, upward=True, random=Dice(), fate=fate)
    [(before_s, _)] = frozen.send(begins_s - 1, 500)
    assert before_s == pytest.approx(begins_s - 0.2)
    [(under_way_s, _)] = frozen.send(begins_s - 0.5, 300)  # has departed, would arrive in the freeze
    assert under_way_s == pytest.approx(begins_s + 1)
    [(half_s, _)] = frozen.send(begins_s - 0.2, 400)  # half of it departs before
    assert half_s == pytest.approx(begins_s + 1 + 0.2 + 0.3)
    [(within_s, _)] = frozen.send(begins_s + 0.1, 1000)
    assert within_s == pytest.approx(begins_s + 1 + 0.2 + 1 + 0.3)


def test_both_directions_of_a_connection_freeze_together() -> None:
    conditions = Conditions(freeze_every_s=1, freeze_ms=500)
    route = Route.draw(conditions, Random(5), now_s=100.0)
    times = [100 + number / 50 for number in range(2000)]
    up = [route.up.send(now_s, 1)[0][0] for now_s in times]
    down = [route.down.send(now_s, 1)[0][0] for now_s in times]
    assert up == down
    held = [at_s - now_s for at_s, now_s in zip(up, times, strict=True) if at_s > now_s]
    assert len(held) > 100
    assert max(held) <= 0.5


def test_without_a_fate_a_direction_still_freezes_from_its_first_use_on() -> None:
    alone = Way(Conditions(freeze_every_s=1, freeze_ms=500), upward=True, random=Random(1))
    assert any(alone.send(1e9 + number / 10, 1)[0][0] > 1e9 + number / 10 for number in range(100))


def test_a_tab_in_the_background_handles_all_on_whole_seconds() -> None:
    conditions = Conditions(latency_ms=300, throttled=True)
    assert sent(way(conditions), 3.4, 10) == [(4.3, 10)]
    assert sent(way(conditions, upward=False), 3.4, 10) == [(4.0, 10)]
    assert sent(way(conditions, upward=False), 3.8, 10) == [(5.0, 10)]


def test_a_shared_line_is_one_bandwidth_for_all() -> None:
    shared = Uplink(8)  # 1000 bytes a second
    bots = [way(Conditions(latency_ms=500), shared=shared) for _ in range(3)]
    assert [bot.send(0.0, 1000)[0][0] for bot in bots] == [pytest.approx(number + 1.5) for number in range(3)]


def test_a_connection_that_waits_does_not_hold_a_shared_line_up() -> None:
    shared = Uplink(8)
    slow, quick = way(Conditions(throttled=True), shared=shared), way(Conditions(), shared=shared)
    assert slow.send(0.1, 500)[0][0] == pytest.approx(1.5)
    assert quick.send(0.1, 500)[0][0] == pytest.approx(0.6)  # before it
    assert quick.send(0.2, 500)[0][0] == pytest.approx(2.0)  # does not fit into the gap of 0.4 s
    assert way(Conditions(), shared=shared).send(0.3, 300)[0][0] == pytest.approx(0.9)


def test_a_shared_line_needs_a_bandwidth() -> None:
    with pytest.raises(ValueError, match="more than 0 kbit/s, got 0"):
        Uplink(0)


def test_the_fate_of_a_connection_is_drawn_by_its_means() -> None:
    never = Fate(Conditions(), Random(1), 5.0)
    assert (never.reset_at_s, never.silent_from_s, never.freezes()) == (math.inf, math.inf, None)
    random = Random(1)
    fates = [Fate(Conditions(reset_every_s=60, half_open_every_s=20), random, 5.0) for _ in range(4000)]
    assert sum(fate.reset_at_s - 5 for fate in fates) / 4000 == pytest.approx(60, rel=0.05)
    assert sum(fate.silent_from_s - 5 for fate in fates) / 4000 == pytest.approx(20, rel=0.05)


def test_jitter_and_freezes_have_their_means() -> None:
    jittery = Way(Conditions(jitter_ms=20), upward=True, random=Random(2))
    delays = [jittery.send(float(number), 1)[0][0] - number for number in range(4000)]
    assert sum(delays) / 4000 == pytest.approx(0.020, rel=0.05)
    freezing = Way(Conditions(freeze_every_s=8, freeze_ms=2000), upward=True, random=Random(2))
    held = sum(freezing.send(number / 5, 1)[0][0] > number / 5 for number in range(50_000))
    assert held / 50_000 == pytest.approx(0.2, rel=0.1)
