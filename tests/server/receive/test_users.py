"""One user, many connections: the newest is the one, and a room never has the same user twice."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest

from pelton.protocol import Join, Joined, Leave, Resume, Resumed, SeatCard, State, Welcome
from pelton.protocol.close_codes import REPLACED
from pelton.server import Player
from pelton.server.auth.identity import Identity
from pelton.server.auth.ticket import TicketAuthenticator
from tests.server.auth.tokens import SECRET
from tests.server.fakes import a_new_room, any_room
from tests.server.games import Tally
from tests.server.receive.test_greeting import Asking, greeted, ticket
from tests.server.stage import Stage, Visitor

TICKETS = TicketAuthenticator(SECRET, "pelton")


def seated(stage: Stage, visitor: Visitor) -> Visitor:
    visitor.say(any_room("tally"))
    stage.tick()
    return visitor


def users(stage: Stage) -> list[str]:
    """Of all players in all rooms, as the games see them."""
    return [player.user_id for opened in stage.lobby for player in opened.ticker.room.players.values()]


def test_who_connects_anew_replaces_his_connection_before_and_can_resume_its_seat() -> None:
    stage = Stage("simulate.grace_s=5", authenticator=TICKETS)
    before = seated(stage, greeted(stage, ticket("ada")))
    joined, card = before.heard(Joined)[0], before.heard(SeatCard)[0]
    now = greeted(stage, ticket("ada"))
    assert before.close_codes == [REPLACED.code]
    stage.tick()
    now.say(Resume(joined.room_id, joined.player_id, card.token, 0))
    stage.tick()
    assert (len(now.heard(Resumed)), now.connection.state, users(stage)) == (1, State.SEATED, ["ada"])
    assert stage.metrics.users_replaced == 1


class Diary(Tally):
    """Writes down who comes and goes."""

    seats = 8
    entries: ClassVar[list[str]] = []

    def on_join(self, player: Player) -> None:
        super().on_join(player)
        self.entries.append(f"{player.user_id} comes")

    def on_leave(self, player: Player) -> None:
        super().on_leave(player)
        self.entries.append(f"{player.user_id} goes")


@pytest.fixture
def entries() -> list[str]:
    Diary.entries = []
    return Diary.entries


def diary() -> Stage:
    return Stage("simulate.grace_s=5", authenticator=TICKETS, games={"diary": Diary, "tally": Tally})


def sits(stage: Stage, visitor: Visitor, join: Join | None = None) -> Visitor:
    visitor.say(join or any_room("diary"))
    return visitor


def test_a_game_hears_that_a_user_has_left_before_it_hears_that_he_is_back(entries: list[str]) -> None:
    stage = diary()
    sits(stage, greeted(stage, ticket("ada")))
    stage.tick()
    now = sits(stage, greeted(stage, ticket("ada")))
    stage.tick()
    assert entries == ["ada comes", "ada goes"]
    stage.tick()
    assert entries == ["ada comes", "ada goes", "ada comes"]
    assert len(now.heard(Joined)) == 1


def test_also_in_another_room_and_after_a_goodbye(entries: list[str]) -> None:
    stage = diary()
    visitor = sits(stage, greeted(stage, ticket("ada")))
    stage.tick()
    visitor.say(Leave(), a_new_room("diary"))
    stage.tick(2)
    assert entries == ["ada comes", "ada goes", "ada comes"]


def test_who_never_came_to_play_does_not_stand_between_the_seats_before_and_after_his(entries: list[str]) -> None:
    stage = diary()
    sits(stage, greeted(stage, ticket("ada")))
    stage.tick()
    for _ in range(2):
        sits(stage, greeted(stage, ticket("ada")), a_new_room("diary"))
    stage.tick(3)
    assert entries == ["ada comes", "ada goes", "ada comes"]
    assert users(stage) == ["ada"]


def test_who_waits_for_a_room_that_fails_or_is_closed_waits_no_longer(entries: list[str]) -> None:
    stage = diary()
    sits(stage, greeted(stage, ticket("ada")))
    stage.tick()
    now = sits(stage, greeted(stage, ticket("ada")), a_new_room("diary"))
    stage.lobby.fail(stage.rooms[0], stage.clock.now_ns())
    stage.tick()
    assert entries == ["ada comes", "ada comes"]
    assert len(now.heard(Joined)) == 1


def test_who_joins_instead_gives_back_the_seat_before_and_is_never_there_twice() -> None:
    stage = Stage("simulate.grace_s=5", authenticator=TICKETS)
    before = seated(stage, greeted(stage, ticket("ada")))
    now = greeted(stage, ticket("ada"))
    stage.tick()
    assert users(stage) == ["ada"]  # dropped, and waited for
    now.say(any_room("tally"))
    stage.tick()
    assert users(stage) == []
    stage.tick()
    assert users(stage) == ["ada"]
    assert (len(stage.lobby), stage.lobby.players) == (1, 1)
    assert now.heard(Joined)[0].player_id != before.heard(Joined)[0].player_id
    before.websocket.end(REPLACED.code, "")
    stage.tick()
    assert (users(stage), stage.metrics.seated) == (["ada"], 1)


def test_the_end_of_the_connection_before_does_not_forget_the_newest() -> None:
    stage = Stage(authenticator=TICKETS)
    first, second = greeted(stage, ticket("ada")), greeted(stage, ticket("ada"))
    first.websocket.end(REPLACED.code, "")
    third = greeted(stage, ticket("ada"))
    assert (second.close_codes, third.close_codes) == ([REPLACED.code], [])


async def test_of_200_logins_at_once_one_is_left_and_the_room_has_the_user_once_at_every_tick() -> None:
    asking = Asking()
    stage = Stage("auth.pending_max=200", "simulate.grace_s=5", authenticator=asking)
    visitors = [greeted(stage, "t") for _ in range(200)]
    await asyncio.sleep(0)
    for index, answer in enumerate(asking.answers):
        answer.set_result(Identity("ada"))
        if index % 7 == 0:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        for visitor in visitors:
            if visitor.heard(Welcome) and not visitor.close_codes and visitor.connection.state is State.GREETED:
                visitor.say(any_room("tally"))
        stage.tick()
        assert users(stage) in ([], ["ada"])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    codes = [visitor.close_codes for visitor in visitors]
    assert (codes.count([]), codes.count([REPLACED.code])) == (1, 199)


@pytest.mark.parametrize(("setting", "who"), [("any", "ada"), ("newest", "")])
def test_users_without_an_id_and_where_any_may_are_not_compared(setting: str, who: str) -> None:
    stage = Stage(f"auth.connections_per_user={setting}", authenticator=TICKETS if who else None)
    for _ in range(3):
        seated(stage, greeted(stage, ticket(who) if who else ""))
    assert users(stage) == [who] * 3
    assert stage.metrics.users_replaced == 0
