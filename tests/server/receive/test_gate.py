"""Callers are counted by the address that is really theirs, each limit by itself, and a flood is one line a second."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.clock import ManualClock
from pelton.server.metrics import Metrics
from pelton.server.receive.gate import FAULTS, Caller, Gate
from pelton.wire import Asked, Page
from tests.server.fakes import settings

PEER, PROXY, OTHER = "203.0.113.7", "10.0.0.1", "198.51.100.9"
OFF = ("admission.connections_per_address_max=0", "admission.connections_per_address_per_s=0")
ORIGIN = {"Origin": ["https://play.example"]}


class Entrance:
    """A gate, its clock and what it counts."""

    def __init__(self, *overrides: str, only: str = "") -> None:
        """`only`: this limit, and all others off."""
        chosen = (*OFF, only) if only else overrides
        config = settings(*(f"admission.{one}" if "." not in one.partition("=")[0] else one for one in chosen))
        self.clock, self.metrics = ManualClock(), Metrics()
        self.gate = Gate(config.admission, self.clock, self.metrics, secure=False)

    def knock(self, peer: str = PEER) -> Caller | None:
        return self.gate.knock(peer)

    def let_in(self, count: int, peer: str = PEER) -> list[Caller]:
        """Those of so many who were let in."""
        return [caller for _ in range(count) if (caller := self.knock(peer)) is not None]

    def ask(self, forwarded: Sequence[str], headers: dict[str, list[str]] | None = None, peer: str = PROXY) -> Caller:
        """Somebody who comes through a proxy and asks for a WebSocket."""
        caller = self.knock(peer)
        assert caller is not None
        self.answer(caller, {"X-Forwarded-For": list(forwarded), "Host": ["play.example"], **(headers or {})})
        return caller

    def answer(self, caller: Caller, headers: dict[str, list[str]], *, upgrade: bool = True) -> Page | None:
        return self.gate.check(caller, Asked(upgrade, lambda name: headers.get(name, [])))


def test_each_limit_works_with_all_others_off() -> None:
    assert len(Entrance(only="connections_per_address_max=7").let_in(20)) == 7
    rate = Entrance(*OFF, "connections_per_address_per_s=1", "connections_per_address_burst=5")
    assert len(rate.let_in(20)) == 5
    assert len(Entrance(*OFF).let_in(2000)) == 2000


def test_who_leaves_makes_room_for_one_more() -> None:
    entrance = Entrance(only="connections_per_address_max=1")
    (caller,) = entrance.let_in(2)
    entrance.gate.leave(caller, 1000)
    entrance.gate.leave(caller, 1000)  # twice is once
    assert len(entrance.let_in(2)) == 1


def test_addresses_do_not_take_each_others_places() -> None:
    entrance = Entrance(only="connections_per_address_max=2")
    assert [len(entrance.let_in(3, peer)) for peer in (PEER, OTHER, "2001:db8::1", "2001:db8:0:1::1")] == [2] * 4
    assert entrance.let_in(1, "2001:db8::ffff:1") == [], "it is of a /64 that has its two"


@pytest.mark.parametrize(("limit", "count"), [("no", 100), ("yes", 1)])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_this_machine_is_counted_if_asked_for(peer: str, limit: str, count: int) -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=1", f"limit_loopback={limit}")
    assert len(entrance.let_in(100, peer)) == count


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_fault_costs_more_than_a_goodbye(code: int) -> None:
    limits = (*OFF, "connections_per_address_per_s=1", "connections_per_address_burst=12", "fault_cost=10")
    polite, broken = Entrance(*limits), Entrance(*limits)
    for entrance, ended in ((polite, 1000), (broken, code)):
        (caller,) = entrance.let_in(1)
        entrance.gate.leave(caller, ended)
    assert (len(polite.let_in(20)), len(broken.let_in(20))) == (11, 1)


# Behind proxies.


@given(st.lists(st.lists(st.text(), max_size=3), min_size=20, max_size=20))
def test_whatever_an_untrusted_peer_forwards_counts_as_one_address(headers: list[list[str]]) -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=5", "trusted_proxies=10.0.0.0/8")
    callers = []
    for forwarded in headers:
        caller = entrance.knock()
        if caller is not None:
            assert entrance.answer(caller, {"X-Forwarded-For": forwarded}) is None
            callers.append(caller)
    assert [caller.address for caller in callers] == [PEER] * 5


def test_a_thousand_forwarded_addresses_of_one_peer_are_one() -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=50", "trusted_proxies=10.0.0.0/8")
    inside = 0
    for number in range(1000):
        caller = entrance.knock()
        if caller is not None:
            entrance.answer(caller, {"X-Forwarded-For": [f"198.51.{number // 250}.{number % 250}"]})
            inside += 1
    assert (inside, entrance.metrics.refused_address_connections) == (50, 950)


def test_clients_of_a_trusted_proxy_are_counted_by_their_own_addresses() -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=1", "trusted_proxies=10.0.0.0/8")
    callers = [entrance.ask([address]) for address in (PEER, OTHER)]
    assert [caller.address for caller in callers] == [PEER, OTHER]
    again = entrance.knock(PROXY)
    assert again is not None, "the proxy itself has no limit"
    refusal = entrance.answer(again, {"X-Forwarded-For": [f"1.2.3.4, {PEER}"]})
    assert refusal is not None
    assert refusal.status == 429
    entrance.gate.leave(again, 1006)  # it was not counted, so it makes no room
    again = entrance.knock(PROXY)
    assert again is not None
    assert entrance.answer(again, {"X-Forwarded-For": [PEER]}) is not None


def test_a_browser_behind_a_proxy_is_let_in_to_hear_why_it_is_not() -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=1", "trusted_proxies=10.0.0.0/8")
    assert [entrance.ask([PEER], ORIGIN).refused for _ in range(2)] == [False, True]


def test_a_proxy_that_names_nobody_is_the_client() -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=2", "trusted_proxies=10.0.0.0/8")
    for _ in range(2):
        assert entrance.ask([]).address == PROXY
    third = entrance.knock(PROXY)
    assert third is not None
    assert entrance.answer(third, {}) is not None


# Pages.


def test_a_foreign_page_is_refused_before_it_is_counted() -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=1", "trusted_proxies=10.0.0.0/8")
    for _ in range(3):
        caller = entrance.knock(PROXY)
        assert caller is not None
        foreign = {"X-Forwarded-For": [PEER], "Host": ["play.example"], "Origin": ["https://evil.example"]}
        refusal = entrance.answer(caller, foreign)
        assert refusal is not None
        assert refusal.status == 403
        entrance.gate.leave(caller, 1006)
    assert entrance.metrics.refused_origin == 3
    assert not entrance.ask([PEER], ORIGIN).refused


def test_a_plain_get_has_no_origin_to_answer_for() -> None:
    entrance = Entrance()
    caller = entrance.knock()
    assert caller is not None
    foreign = {"Host": ["play.example"], "Origin": ["https://evil.example"]}
    assert entrance.answer(caller, foreign, upgrade=False) is None


# The log.


def test_a_flood_is_one_line_a_second_that_tells_how_many(caplog: pytest.LogCaptureFixture) -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=1")
    with caplog.at_level(logging.WARNING):
        entrance.let_in(1001)
        entrance.clock.advance(1)
        entrance.let_in(1)
    assert caplog.messages == [
        f"turned away {PEER}: address_connections (admission.connections_per_address_max)",
        (
            f"turned away {PEER}: address_connections (admission.connections_per_address_max); "
            "999 more since this was last said"
        ),
    ]


def test_reasons_do_not_silence_each_other(caplog: pytest.LogCaptureFixture) -> None:
    entrance = Entrance(*OFF, "connections_per_address_max=1")
    with caplog.at_level(logging.WARNING):
        (caller,) = entrance.let_in(2)
        entrance.answer(caller, {"Host": ["a.example"], "Origin": ["https://b.example"]})
    assert [message.split()[3] for message in caplog.messages] == ["address_connections", "origin"]
