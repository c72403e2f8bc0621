"""Connections are counted by address: so many open, so many in a time, and a bounded memory of who was here."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pelton.server.clock import NS_PER_S
from pelton.server.metrics import Refusal
from pelton.server.receive.addresses import Addresses, AddressLimits

HERE = "192.0.2.1"


def addresses(open_max: int = 0, per_s: float = 0.0, burst: int = 1, idle_max: int = 100) -> Addresses:
    return Addresses(AddressLimits(open_max, per_s, burst, idle_max))


def test_an_address_has_so_many_open_and_one_more_when_one_goes() -> None:
    found = addresses(open_max=2)
    assert [found.enter(HERE, 0) for _ in range(3)] == [None, None, Refusal.ADDRESS_CONNECTIONS]
    assert found.enter("192.0.2.2", 0) is None, "another address has places of its own"
    found.leave(HERE, 0)
    assert found.enter(HERE, 0) is None


def test_an_address_comes_in_a_burst_and_then_at_its_rate() -> None:
    found = addresses(per_s=10, burst=3)
    assert [found.enter(HERE, 0) for _ in range(4)] == [None] * 3 + [Refusal.ADDRESS_RATE]
    tenth = NS_PER_S // 10
    assert found.enter(HERE, tenth - 1) is Refusal.ADDRESS_RATE
    assert [found.enter(HERE, tenth) for _ in range(2)] == [None, Refusal.ADDRESS_RATE]
    assert [found.enter(HERE, 10 * tenth) for _ in range(4)] == [None] * 3 + [Refusal.ADDRESS_RATE]


def test_who_goes_and_comes_again_is_not_new() -> None:
    found = addresses(per_s=1, burst=2)
    for _ in range(2):
        assert found.enter(HERE, 0) is None
        found.leave(HERE, 0)
    assert found.enter(HERE, 0) is Refusal.ADDRESS_RATE


def test_without_limits_nobody_is_refused_or_remembered() -> None:
    found = addresses()
    for _ in range(1000):
        assert found.enter(HERE, 0) is None
    for _ in range(1000):
        found.leave(HERE, 0)
    assert len(found) == 0


def test_a_fault_costs_as_many_connections_as_it_is_said_to() -> None:
    found = addresses(per_s=1, burst=10)
    assert found.enter(HERE, 0) is None
    found.leave(HERE, 0, cost=5)
    assert [found.enter(HERE, 0) for _ in range(5)] == [None] * 4 + [Refusal.ADDRESS_RATE]


def test_a_thousand_faults_are_paid_off_within_two_bursts() -> None:
    found = addresses(per_s=1, burst=10)
    for _ in range(10):
        found.enter(HERE, 0)
    for _ in range(10):
        found.leave(HERE, 0, cost=1000)
    assert found.enter(HERE, 11 * NS_PER_S - 1) is Refusal.ADDRESS_RATE
    assert found.enter(HERE, 11 * NS_PER_S) is None


def test_the_one_longest_unused_is_forgotten_when_too_many_are_remembered() -> None:
    found = addresses(per_s=1, burst=1, idle_max=2)
    for name in "abc":
        found.enter(name, 0)
        found.leave(name, 0)
    assert len(found) == 2
    assert [found.enter(name, 0) for name in "abc"] == [None, Refusal.ADDRESS_RATE, Refusal.ADDRESS_RATE]


def test_who_owes_nothing_is_forgotten_with_the_next_one() -> None:
    found = addresses(per_s=1, burst=5)
    for number in range(50):
        found.enter(str(number), 0)
        found.leave(str(number), 0)
    found.enter(HERE, NS_PER_S)
    assert len(found) == 1


@given(
    st.floats(0.1, 1000),
    st.integers(1, 20),
    st.lists(st.integers(0, 2 * NS_PER_S), max_size=60),
)
def test_never_more_than_a_burst_and_the_rate_get_in(per_s: float, burst: int, gaps_ns: list[int]) -> None:
    """In any stretch of time, however the arrivals are spread."""
    found, now_ns, entered = addresses(per_s=per_s, burst=burst), 0, []
    for gap_ns in gaps_ns:
        now_ns += gap_ns
        if found.enter(HERE, now_ns) is None:
            entered.append(now_ns)
    for first, since_ns in enumerate(entered):
        for last in range(first, len(entered)):
            span_s = (entered[last] - since_ns) / NS_PER_S
            assert last - first + 1 <= burst + span_s * per_s + 1e-6


class Crowd(RuleBasedStateMachine):
    """Anybody comes and goes at any time: counts are right and memory stays within its bounds."""

    OPEN_MAX, IDLE_MAX = 3, 4

    def __init__(self) -> None:
        super().__init__()
        self.found = addresses(open_max=self.OPEN_MAX, per_s=2, burst=2, idle_max=self.IDLE_MAX)
        self.now_ns = 0
        self.open: list[str] = []

    @rule(who=st.sampled_from("abcdefgh"))
    def come(self, who: str) -> None:
        refusal = self.found.enter(who, self.now_ns)
        full = self.open.count(who) >= self.OPEN_MAX
        assert (refusal is Refusal.ADDRESS_CONNECTIONS) is full
        if refusal is None:
            self.open.append(who)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), cost=st.integers(0, 20))
    def go(self, data: st.DataObject, cost: int) -> None:
        who = data.draw(st.sampled_from(self.open))
        self.open.remove(who)
        self.found.leave(who, self.now_ns, cost)

    @rule(seconds=st.floats(0, 10))
    def wait(self, seconds: float) -> None:
        self.now_ns += int(seconds * NS_PER_S)

    @invariant()
    def memory_is_bounded(self) -> None:
        assert len(self.found) <= len(set(self.open)) + self.IDLE_MAX


TestCrowd = Crowd.TestCase
