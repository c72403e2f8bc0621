"""What who connects is told, on either transport: 429 at the door, 403 or 4530 for a page, 503 for the eldest."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.server.peer import UPGRADE, Peer
from tests.server.wheel import TRANSPORTS, Wheel

COUNTED = "admission.limit_loopback=yes"
PROXIED = "admission.trusted_proxies=127.0.0.1"
ONE = "admission.connections_per_address_max=1"


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return f"server.transport={request.param}"


def upgrade(**headers: str) -> bytes:
    """The request with more headers, `X_Forwarded_For` for example."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return UPGRADE.removesuffix(b"\r\n") + lines.encode() + b"\r\n"


async def status(peer: Peer, request: bytes = UPGRADE) -> int:
    await peer.send(request)
    return int((await peer.head()).split()[1])


async def until_refused(wheel: Wheel, count: int) -> None:
    while wheel.metrics.connections_refused < count:
        await wheel.turned()


async def until_taken(wheel: Wheel, count: int) -> None:
    while wheel.metrics.connections_total < count:
        await wheel.turned()


async def until_connected(wheel: Wheel, count: int) -> None:
    while wheel.metrics.connections != count:
        await wheel.turned()


async def test_one_too_many_of_an_address_is_told_429_and_nothing_is_made_of_it(transport: str) -> None:
    async with Wheel(transport, COUNTED, "admission.connections_per_address_max=2") as wheel:
        with Peer(wheel.port) as one, Peer(wheel.port) as two, Peer(wheel.port) as three:
            await one.greet()
            await two.greet()
            await until_refused(wheel, 1)
            answer = await three.rest()  # to the end, though it never asked
            assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
            assert answer.endswith(b"too many connections from your address; come back later\n")
            assert (wheel.metrics.connections, wheel.metrics.connections_total) == (2, 2)
            assert wheel.metrics.refused_address_connections == 1
            one.break_off()
            await until_connected(wheel, 1)
            with Peer(wheel.port) as four:
                await four.greet()


async def test_too_fast_is_told_429_until_time_has_passed(transport: str) -> None:
    limits = (
        "admission.connections_per_address_per_s=1",
        "admission.connections_per_address_burst=2",
        "admission.connections_per_address_max=0",
    )
    async with Wheel(transport, COUNTED, *limits) as wheel:
        with ExitStack() as stack:
            for _ in range(2):
                await stack.enter_context(Peer(wheel.port)).greet()
            assert (await stack.enter_context(Peer(wheel.port)).rest()).startswith(b"HTTP/1.1 429 ")
            assert wheel.metrics.refused_address_rate == 1
            await wheel.pass_time(1)
            await stack.enter_context(Peer(wheel.port)).greet()


async def test_garbage_costs_its_address_more_than_a_goodbye(transport: str) -> None:
    limits = ("admission.connections_per_address_per_s=1", "admission.connections_per_address_burst=10")
    async with Wheel(transport, COUNTED, *limits, "admission.fault_cost=9") as wheel:
        with Peer(wheel.port) as garbage:
            await garbage.upgrade()
            await garbage.say("nonsense")
            assert (await garbage.closed())[0] == 4400
        with Peer(wheel.port) as again:
            assert (await again.rest()).startswith(b"HTTP/1.1 429 ")


async def test_this_machine_is_not_counted_by_default(transport: str) -> None:
    async with Wheel(transport, ONE) as wheel:
        with Peer(wheel.port) as one, Peer(wheel.port) as two:
            await one.greet()
            await two.greet()


async def test_a_program_behind_a_proxy_is_told_429_and_a_browser_4530(transport: str) -> None:
    async with Wheel(transport, PROXIED, ONE) as wheel:
        with ExitStack() as stack:
            inside, program, browser, other = (stack.enter_context(Peer(wheel.port)) for _ in range(4))
            assert await status(inside, upgrade(X_Forwarded_For="203.0.113.7")) == 101
            assert await status(program, upgrade(X_Forwarded_For="1.2.3.4, 203.0.113.7")) == 429
            from_page = upgrade(X_Forwarded_For="203.0.113.7", Origin="http://localhost")
            assert await status(browser, from_page) == 101
            assert await browser.closed() == (4530, "too many connections from your address; come back later")
            assert await status(other, upgrade(X_Forwarded_For="203.0.113.8")) == 101


async def test_what_somebody_else_forwards_is_ignored(transport: str) -> None:
    async with Wheel(transport, COUNTED, "admission.trusted_proxies=10.0.0.0/8", ONE) as wheel:
        with Peer(wheel.port) as one, Peer(wheel.port) as two:
            assert await status(one, upgrade(X_Forwarded_For="203.0.113.7")) == 101
            await until_refused(wheel, 1)
            assert await status(two, upgrade(X_Forwarded_For="203.0.113.8")) == 429


@pytest.mark.parametrize(
    ("origin", "expected"), [("http://localhost", 101), ("http://localhost:1", 403), ("http://evil.example", 403)]
)
async def test_a_page_may_connect_to_its_own_host_only(transport: str, origin: str, expected: int) -> None:
    async with Wheel(transport) as wheel:
        with Peer(wheel.port) as peer:
            assert await status(peer, upgrade(Origin=origin)) == expected
        assert wheel.metrics.refused_origin == (expected == 403)


async def test_of_too_many_strangers_the_eldest_goes_and_who_said_hello_stays(transport: str) -> None:
    async with Wheel(transport, "admission.unauthenticated_max=2") as wheel:
        with ExitStack() as stack:
            known = stack.enter_context(Peer(wheel.port))
            await known.greet()
            silent = stack.enter_context(Peer(wheel.port))
            await until_connected(wheel, 2)
            half = stack.enter_context(Peer(wheel.port))
            await half.upgrade()
            new = stack.enter_context(Peer(wheel.port))
            assert (await silent.rest()).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            newer = stack.enter_context(Peer(wheel.port))
            assert await half.closed() == (1013, "too many are connecting; come back later")
            await new.greet()
            await newer.greet()
            await known.say(5, 1)
            assert (await known.hear())[0] == 21
            assert (wheel.metrics.refused_unauthenticated, wheel.metrics.connections) == (2, 3)


async def test_a_flood_of_strangers_leaves_as_many_as_may_wait(transport: str) -> None:
    async with Wheel(transport, "admission.unauthenticated_max=10") as wheel:
        with ExitStack() as stack:
            for number in range(300):
                stack.enter_context(Peer(wheel.port))
                await until_taken(wheel, number + 1)
            await until_refused(wheel, 290)
            assert wheel.metrics.connections == 10
            assert len(wheel.listener._lingering) <= 256
            with Peer(wheel.port) as honest:
                await honest.greet()
