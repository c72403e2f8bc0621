"""From hello to welcome: who is let in, who is not, and that nothing is made and nothing told before."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from pelton.protocol import Hello, Join, Joined, Left, Ping, Rejected, Resume, SeatCard, State, Welcome
from pelton.protocol.close_codes import FULL, HELLO_TIMEOUT, SERVER_ERROR, UNAUTHORIZED
from pelton.protocol.messages import HOW_BY_ID
from pelton.server.auth.identity import Credentials, Identity, Refused
from pelton.server.auth.jwt import JwtAuthenticator, JwtRules
from pelton.server.auth.ticket import TicketAuthenticator, mint_ticket
from tests.server.auth.tokens import AUDIENCE, ISSUER, KEY_ID, NOW_S, OTHER, SECRET, WRONG, token
from tests.server.fakes import a_new_room, any_room, the_room
from tests.server.games import Tally
from tests.server.stage import Stage, Visitor

TICKETS = TicketAuthenticator(SECRET, "pelton")


def ticket(
    user_id: str = "ada", lasts_s: float = 60, *, secret: str = SECRET, game: str = "", room_id: str = ""
) -> str:
    identity = Identity(user_id, {"clan": "north"}, NOW_S + lasts_s, game, room_id)
    return mint_ticket(secret, "pelton", identity)


class Asking:
    """Waits until the test says who it is."""

    def __init__(self) -> None:
        self.asked: list[Credentials] = []
        self.answers: list[asyncio.Future[Identity]] = []
        self.given_up = 0

    async def authenticate(self, credentials: Credentials, now_s: float) -> Identity:
        self.asked.append(credentials)
        self.answers.append(asyncio.get_running_loop().create_future())
        try:
            return await self.answers[-1]
        except asyncio.CancelledError:
            self.given_up += 1
            raise


class Doing:
    """Whatever the test wants."""

    def __init__(self, do: Callable[[Credentials], Identity | Awaitable[Identity]]) -> None:
        self._do = do

    def authenticate(self, credentials: Credentials, now_s: float) -> Identity | Awaitable[Identity]:
        return self._do(credentials)


def raising(error: BaseException) -> Callable[[Credentials], Identity]:
    def do(credentials: Credentials) -> Identity:
        raise error

    return do


def greeted(stage: Stage, shown: str) -> Visitor:
    visitor = stage.connect()
    visitor.say(Hello("test", shown))
    return visitor


def nothing_was_made(stage: Stage) -> bool:
    """No room, no seat, and the next player is the first."""
    seats = (len(stage.lobby), stage.lobby.players, stage.metrics.seated)
    return (*seats, stage.lobby.new_player("x", {}).id) == (0, 0, 0, 1)


def test_whoever_has_a_ticket_plays_under_his_id() -> None:
    stage = Stage(authenticator=TICKETS)
    visitor = greeted(stage, ticket())
    visitor.say(any_room("tally"))
    stage.tick()
    (player,) = stage.rooms[0].ticker.room.players.values()
    assert (player.user_id, dict(player.claims)) == ("ada", {"clan": "north"})


def test_who_did_not_have_to_say_has_no_id() -> None:
    stage = Stage()
    stage.player()
    (player,) = stage.rooms[0].ticker.room.players.values()
    assert (player.user_id, dict(player.claims)) == ("", {})


TOKENS = JwtAuthenticator(JwtRules("HS256", SECRET, AUDIENCE, ISSUER, {KEY_ID}))


@pytest.mark.parametrize("name", WRONG)
def test_before_a_good_ticket_there_is_no_player_no_room_and_no_welcome(name: str) -> None:
    """The corpus, past the protocol's own bound on tickets."""
    stage = Stage(authenticator=TOKENS)
    visitor = stage.connect()
    stage.greetings.hello(visitor.connection, Hello("test", WRONG[name]()))
    assert visitor.websocket.closings == [(UNAUTHORIZED.code, "unauthorized: the ticket is not good")]
    assert visitor.websocket.heard == []
    assert nothing_was_made(stage)


def test_every_refusal_is_the_same_to_the_client_and_another_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    shown = [ticket("nobody", secret=OTHER), ticket()[:-2] + "AA", ticket(lasts_s=-1), "", "v9.x.y"]
    stage = Stage(authenticator=TICKETS)
    told = [greeted(stage, one).websocket for one in shown]
    assert len({(tuple(one.closings), tuple(one.heard)) for one in told}) == 1
    reasons = [record.__dict__["reason"] for record in caplog.records]
    assert reasons == ["wrong mac", "wrong mac", "expired", "no ticket", "malformed"]
    assert stage.metrics.tickets_refused == len(shown)


def test_no_log_line_and_no_answer_has_a_ticket_or_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets, said = {SECRET, OTHER}, list[str]()
    for authenticator in (TICKETS, TOKENS, Doing(raising(ValueError("s3same"))), Doing(_quoting)):
        stage = Stage(authenticator=authenticator)
        for shown in ("s3same", ticket(), ticket(secret=OTHER), ticket(lasts_s=-1), token(), token(OTHER)):
            secrets |= {shown, *(part for part in shown.split(".") if len(part) > 8)}
            visitor = greeted(stage, shown)
            visitor.say(any_room("nowhere"), Ping(1))
            stage.wall_s += 1000
            stage.greetings.look(0)
            said += [str(visitor.websocket.closings), repr(visitor.websocket.heard)]
    visitor = Stage().connect()
    visitor.say_bytes(b"\x93\x01\xa1x\xda\x08\x01" + b"s3same" * 341 + b"xxx")
    said += [str(visitor.websocket.closings)]
    formatter = logging.Formatter()
    said += [formatter.format(record) + str(record.__dict__) for record in caplog.records]
    assert len(caplog.records) > 10
    assert [(secret, text) for secret in secrets for text in said if secret in text] == []


def _quoting(credentials: Credentials) -> Identity:
    raise KeyError(credentials.ticket)


@pytest.mark.parametrize(
    "do",
    [
        raising(ValueError("s3same")),
        raising(asyncio.CancelledError()),
        raising(SystemExit(3)),
        lambda _: None,
        lambda _: "ada",
        lambda _: Identity("a" * 65),
    ],
    ids=["ValueError", "CancelledError", "SystemExit", "None", "a text", "an id too long"],
)
def test_an_authenticator_that_fails_ends_that_connection_alone(
    do: Callable[[Credentials], Identity], caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(authenticator=Doing(do))
    visitor = greeted(stage, "x")
    assert visitor.websocket.closings == [(SERVER_ERROR.code, "server error")]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert nothing_was_made(stage)


async def test_while_somebody_is_asked_the_server_goes_on_and_reads_nothing_of_him() -> None:
    asking = Asking()
    stage = Stage(authenticator=asking)
    visitor = greeted(stage, "t")
    await asyncio.sleep(0)
    assert asking.asked == [Credentials("t", "unknown", "")]
    assert (visitor.connection.state, visitor.websocket.is_paused()) == (State.JUDGED, True)
    assert (visitor.websocket.heard, stage.metrics.greetings_pending) == ([], 1)
    stage.tick(3)
    asking.answers[0].set_result(Identity("ada"))
    await settled()
    assert [type(message) for message in visitor.websocket.heard] == [Welcome]
    assert (visitor.connection.state, visitor.websocket.is_paused()) == (State.GREETED, False)
    assert stage.metrics.greetings_pending == 0


async def settled() -> None:
    """What is ready on the loop has run."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("locked out"), UNAUTHORIZED.code),
        (ValueError("x"), SERVER_ERROR.code),
        (TimeoutError("of the database"), SERVER_ERROR.code),
    ],
    ids=["Refused", "ValueError", "TimeoutError"],
)
async def test_what_an_asking_authenticator_raises_ends_that_connection(error: Exception, code: int) -> None:
    asking = Asking()
    stage = Stage(authenticator=asking)
    first, second = greeted(stage, "1"), greeted(stage, "2")
    await asyncio.sleep(0)
    asking.answers[0].set_exception(error)
    asking.answers[1].set_result(Identity("bob"))
    await settled()
    assert (first.close_codes, second.close_codes) == ([code], [])
    assert second.heard(Welcome)


async def test_an_authenticator_that_takes_too_long_is_given_up() -> None:
    asking = Asking()
    stage = Stage("auth.timeout_s=0.1", authenticator=asking)
    visitor = greeted(stage, "t")
    async with asyncio.timeout(10):
        while not visitor.websocket.closings:
            await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
    assert visitor.close_codes == [HELLO_TIMEOUT.code]
    assert (asking.given_up, stage.metrics.greetings_late, stage.metrics.greetings_pending) == (1, 1, 0)


async def test_no_more_are_asked_for_at_a_time_than_may() -> None:
    asking = Asking()
    stage = Stage("auth.pending_max=2", authenticator=asking)
    visitors = [greeted(stage, str(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert [visitor.close_codes for visitor in visitors] == [[], [], *[[FULL.code]] * 3]
    assert (len(asking.asked), stage.metrics.connections_refused) == (2, 3)
    asking.answers[0].set_result(Identity("ada"))
    await settled()
    greeted(stage, "again")
    await asyncio.sleep(0)
    assert len(asking.asked) == 3
    await stage.greetings.stop()
    assert asking.given_up == 2


@pytest.mark.parametrize("begun", [True, False])
async def test_who_goes_away_meanwhile_is_forgotten(*, begun: bool) -> None:
    asking = Asking()
    stage = Stage(authenticator=asking)
    visitor = greeted(stage, "t")
    if begun:
        await asyncio.sleep(0)
    visitor.websocket.end(1006, "")
    await settled()
    assert (asking.given_up, stage.metrics.greetings_pending) == (int(begun), 0)
    assert visitor.close_codes == []
    await stage.greetings.stop()


async def test_stop_sees_the_end_of_all_that_is_under_way() -> None:
    asking = Asking()
    stage = Stage(authenticator=asking)
    for number in range(3):
        greeted(stage, str(number))
    await asyncio.sleep(0)
    await stage.greetings.stop()
    assert asking.given_up == 3


# Its end.


def test_a_ticket_that_ends_ends_its_connection() -> None:
    stage = Stage(authenticator=TICKETS)
    visitor = greeted(stage, ticket(lasts_s=10))
    visitor.say(any_room("tally"))
    stage.tick()
    stage.wall_s += 9.9
    stage.greetings.look(0)
    assert visitor.close_codes == []
    stage.wall_s += 0.1
    stage.greetings.look(0)
    assert visitor.websocket.closings == [(UNAUTHORIZED.code, "unauthorized: the time of this ticket is over")]
    assert (stage.lobby.players, stage.metrics.tickets_expired) == (0, 1)


def test_it_may_be_let_be() -> None:
    stage = Stage("auth.close_at_expiry=off", authenticator=TICKETS)
    visitor = greeted(stage, ticket(lasts_s=10))
    stage.wall_s += 1000
    stage.greetings.look(0)
    assert visitor.close_codes == []


def test_nobody_is_remembered_who_is_gone() -> None:
    stage = Stage(authenticator=TICKETS)
    for _ in range(100):
        greeted(stage, ticket()).websocket.end(1006, "")
    assert (stage.greetings._ending, stage.greetings._pending) == ({}, {})


def test_an_authenticator_that_lets_in_who_has_expired_is_not_believed() -> None:
    stage = Stage(authenticator=Doing(lambda _: Identity("ada", expires_at=NOW_S - 1.0)))
    assert greeted(stage, "t").close_codes == [UNAUTHORIZED.code]


# Games.


class Choosy(Tally):
    """Takes nobody from the south."""

    def on_auth(self, identity: Identity, options: object) -> None:
        self.told.append(f"auth {identity.user_id}")
        if identity.user_id == "bug":
            raise RuntimeError("a bug of the game")
        if identity.user_id.startswith("south"):
            self.reject("nobody from the south" + "!" * 1000)


def test_a_game_may_turn_somebody_away() -> None:
    stage = Stage(games={"choosy": Choosy}, authenticator=TICKETS)
    ada = greeted(stage, ticket("ada"))
    ada.say(any_room("choosy"))
    stage.tick()
    bob = greeted(stage, ticket("south-bob"))
    bob.say(any_room("choosy"))
    (rejected,) = bob.heard(Rejected)
    assert (rejected.reason, len(rejected.detail)) == ("not_allowed", 200)
    assert (stage.lobby.players, len(stage.lobby), bob.close_codes) == (1, 1, [])
    room = stage.rooms[0].ticker.room
    assert isinstance(room, Choosy)
    assert room.told == ["create", "auth ada", "join 1", "tick 1", "auth south-bob"]


def test_a_room_that_was_made_for_somebody_it_does_not_want_is_gone_at_once() -> None:
    stage = Stage(games={"choosy": Choosy}, authenticator=TICKETS)
    bob = greeted(stage, ticket("south-bob"))
    bob.say(a_new_room("choosy"))
    assert (len(bob.heard(Rejected)), len(stage.lobby), stage.lobby.players) == (1, 0, 0)


def test_an_exception_out_of_on_auth_ends_that_room_and_no_other() -> None:
    stage = Stage(games={"choosy": Choosy}, authenticator=TICKETS)
    ada, eve, bug = (greeted(stage, ticket(user)) for user in ("ada", "eve", "bug"))
    ada.say(a_new_room("choosy"))
    eve.say(a_new_room("choosy"))
    stage.tick()
    room_id = ada.heard(Joined)[0].room_id
    bug.say(the_room(room_id))
    assert [message.reason for message in bug.heard(Rejected)] == ["room_error"]
    assert [message.reason for message in ada.heard(Left)] == ["room_error"]
    assert (eve.heard(Left), len(stage.lobby), stage.lobby.players) == ([], 1, 1)
    stage.tick()
    assert len(stage.beat._fanouts) == 1


@pytest.mark.parametrize(
    ("bound", "join", "is_in"),
    [
        ({"game": "tally"}, any_room("tally"), True),
        ({"game": "tally"}, any_room("solo"), False),
        ({"room_id": "abc"}, any_room("tally"), False),
        ({"room_id": "abc"}, the_room("abd"), False),
    ],
    ids=str,
)
def test_a_ticket_is_good_for_what_it_is_bound_to(bound: dict[str, str], join: Join, *, is_in: bool) -> None:
    stage = Stage(authenticator=TICKETS)
    visitor = greeted(stage, ticket(**bound))  # type: ignore[arg-type]  # texts, as it wants
    visitor.say(join)
    stage.tick()
    assert len(visitor.heard(Joined)) == is_in
    assert [message.reason for message in visitor.heard(Rejected)] == ["not_allowed"] * (not is_in)


def test_a_ticket_for_a_game_opens_no_room_of_another_by_its_id() -> None:
    stage = Stage(authenticator=TICKETS)
    ada, bob = greeted(stage, ticket("ada")), greeted(stage, ticket("bob", game="solo"))
    ada.say(any_room("tally"))
    stage.tick()
    bob.say(Join(HOW_BY_ID, ada.heard(Joined)[0].room_id, {}))
    assert [message.reason for message in bob.heard(Rejected)] == ["not_allowed"]
    assert len(stage.lobby) == 1


def test_a_seat_is_resumed_by_the_user_it_belongs_to_and_nobody_else() -> None:
    stage = Stage("simulate.grace_s=5", authenticator=TICKETS)
    ada = greeted(stage, ticket("ada"))
    ada.say(any_room("tally"))
    stage.tick()
    card, joined = ada.heard(SeatCard)[0], ada.heard(Joined)[0]
    ada.websocket.end(1006, "")
    resume = Resume(joined.room_id, joined.player_id, card.token, 0)
    thief = greeted(stage, ticket("thief"))
    thief.say(resume)
    assert thief.close_codes == [UNAUTHORIZED.code]
    again = greeted(stage, ticket("ada"))
    again.say(resume)
    stage.tick()
    assert (again.close_codes, again.connection.state) == ([], State.SEATED)
