"""Seats that outlive their connection: who comes back goes on where he was, and nobody else can take his place."""

from __future__ import annotations

import pytest

from pelton.protocol import (
    Act,
    Heard,
    Hello,
    Leave,
    Ping,
    Rejected,
    Resume,
    Resumed,
    SeatCard,
)
from pelton.protocol.close_codes import (
    BAD_MESSAGE,
    FULL,
    LOST,
    REPLACED,
    SERVER_ERROR,
    SLOW_CONSUMER,
    UNAUTHORIZED,
    UNEXPECTED,
    UNRESPONSIVE,
)
from tests.server.games import GAMES, Add
from tests.server.receive.resuming import GRACE_S, NO_TOKEN, Loud, back, card, events, frames, lose, told
from tests.server.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage(f"simulate.grace_s={GRACE_S}", games={**GAMES, "loud": Loud})


def test_who_comes_back_has_his_seat_with_the_next_tick(stage: Stage) -> None:
    player = stage.player("loud")
    stage.tick(3)
    lose(player)
    stage.tick(5)
    again = back(stage, player)
    assert not again.heard(Resumed)
    stage.tick()
    (resumed,) = again.heard(Resumed)
    assert (resumed.received, resumed.events_lost, len(resumed.token)) == (0, 0, 16)
    assert frames(again)[0].base == frames(player)[-1].tick
    assert told(stage) == ["drop 1", "resume 1"]
    assert (stage.metrics.drops, stage.metrics.resumes, stage.metrics.seated) == (1, 1, 1)


def test_his_next_frame_is_one_delta_of_all_he_missed(stage: Stage) -> None:
    player, other = stage.player(), stage.player()
    stage.tick()
    lose(player)
    other.say(Act(1, Add(7)))
    stage.tick(4)
    again = back(stage, player)
    stage.tick()
    first = frames(again)[0]
    assert (first.base, len(first.parts)) == (frames(player)[-1].tick, 1)
    assert frames(again)[0].tick == frames(other)[-1].tick


@pytest.mark.parametrize("tick", [0, 2**53 - 1])
def test_who_knows_nothing_or_claims_too_much_gets_everything(stage: Stage, tick: int) -> None:
    player = stage.player()
    stage.tick(3)
    lose(player)
    again = back(stage, player, tick=tick)
    stage.tick()
    assert frames(again)[0].base == 0


def test_a_room_that_goes_on_telling_does_not_keep_anybody_out() -> None:
    """What piled up while he was away, and one event more in the tick in which he is back, is not his fault."""
    stage = Stage(f"simulate.grace_s={GRACE_S}", "deliver.events_max=4", games={**GAMES, "loud": Loud})
    player, other = stage.player("loud"), stage.player("loud")
    stage.tick()
    lose(player)
    for seq in range(1, 9):
        other.say(Act(seq, Add(1)))
        stage.tick()
    again = back(stage, player)
    other.say(Act(9, Add(1)))
    stage.tick()
    assert again.close_codes == []
    assert again.heard(Resumed)[0].events_lost == 5
    assert events(again, "said") == [6, 7, 8, 9]


def test_an_answer_that_did_not_arrive_is_given_again() -> None:
    """Else nobody would ever own up to the events that were dropped meanwhile."""
    stage = Stage(f"simulate.grace_s={GRACE_S}", "deliver.events_max=4", games={**GAMES, "loud": Loud})
    player, other = stage.player("loud"), stage.player("loud")
    stage.tick()
    lose(player)
    for seq in range(1, 10):
        other.say(Act(seq, Add(1)))
        stage.tick()
    unheard = back(stage, player)
    stage.tick()
    lose(unheard)
    stage.tick()
    again = back(stage, player)
    stage.tick()
    assert again.heard(Resumed)[0].events_lost == unheard.heard(Resumed)[0].events_lost == 5


def test_no_action_is_taken_twice_and_what_arrived_is_told(stage: Stage) -> None:
    player = stage.player("loud")
    player.say(Act(1, Add(1)), Act(2, Add(2)))
    lose(player)
    stage.tick()
    again = back(stage, player)
    stage.tick()
    assert again.heard(Resumed)[0].received == 2
    again.say(Act(3, Add(3)))
    stage.tick()
    assert (frames(again)[0].ack, frames(again)[-1].ack) == (2, 3)
    assert events(again, "said") == [3, 6]


def test_a_number_that_has_arrived_before_is_a_fault_on_the_next_connection_too(stage: Stage) -> None:
    player = stage.player()
    player.say(Act(2, Add(1)))
    lose(player)
    again = back(stage, player)
    stage.tick()
    again.say(Act(2, Add(1)))
    assert again.close_codes == [BAD_MESSAGE.code]


def test_events_of_frames_that_did_not_arrive_come_again_and_no_others(stage: Stage) -> None:
    player, other = stage.player("loud"), stage.player("loud")
    totals = []
    for seq in range(1, 6):
        other.say(Act(seq, Add(1)))
        stage.tick()
        totals.append(frames(player)[-1].tick)
    lose(player)
    for seq in range(6, 8):
        other.say(Act(seq, Add(1)))
        stage.tick()
    again = back(stage, player, tick=totals[1])
    stage.tick()
    assert events(again, "said") == [3, 4, 5, 6, 7]
    assert len(events(again, "bang")) == 1


def test_refusals_that_did_not_arrive_come_again(stage: Stage) -> None:
    player = stage.player()
    player.say_bytes(b"\x93\x04\x01\x91\xa3fly")
    stage.tick()
    assert frames(player)[-1].refused
    lose(player)
    again = back(stage, player, tick=frames(player)[-2].tick if len(frames(player)) > 1 else 0)
    stage.tick()
    assert [list(refusal) for refusal in frames(again)[0].refused] == [[1, "invalid"]]


def test_who_is_away_for_too_long_loses_his_seat_and_his_token_is_worth_nothing(stage: Stage) -> None:
    player = stage.player("loud")
    stage.player("loud")
    lose(player)
    stage.tick(round(GRACE_S * 20) + 2)
    assert told(stage)[-1] == "leave 1"
    assert stage.lobby.players == 1
    again = back(stage, player)
    assert (again.close_codes, stage.metrics.resumes_refused) == ([UNAUTHORIZED.code], 1)


def test_wrong_tokens_change_nothing_for_the_seat(stage: Stage) -> None:
    """A peer's server freed the timer of the seat before it looked at the token."""
    player = stage.player("loud")
    lose(player)
    stage.tick()
    for number in range(100):
        thief = back(stage, player, token=number.to_bytes(16, "big"))
        assert thief.close_codes == [UNAUTHORIZED.code]
    assert told(stage) == ["drop 1"]
    again = back(stage, player)
    stage.tick()
    assert again.heard(Resumed)
    stage.tick(round(GRACE_S * 20) + 2)
    assert told(stage) == ["drop 1", "resume 1"]


@pytest.mark.parametrize("part", ["room", "player"])
def test_a_token_holds_for_one_player_in_one_room(stage: Stage, part: str) -> None:
    player, other = stage.player("solo"), stage.player("solo")
    lose(player)
    lose(other)
    stage.tick()
    mine, theirs = card(player)[0], card(other)[0]
    room_id = theirs.room_id if part == "room" else mine.room_id
    player_id = theirs.player_id if part == "player" else mine.player_id
    thief = stage.connect()
    thief.say(Hello("test"), Resume(room_id, player_id, card(player)[1].token, 0))
    assert thief.close_codes == [UNAUTHORIZED.code]


def test_a_token_is_good_once(stage: Stage) -> None:
    player = stage.player("loud")
    lose(player)
    again = back(stage, player)
    stage.tick()
    again.say(Heard(frames(again)[-1].tick))
    thief = back(stage, player)
    assert thief.close_codes == [UNAUTHORIZED.code]
    stage.tick()
    assert not again.close_codes
    assert frames(again)


def test_of_two_who_come_with_one_token_the_first_has_the_seat(stage: Stage) -> None:
    player = stage.player("loud")
    lose(player)
    stage.tick()
    first, second = back(stage, player), back(stage, player)
    (busy,) = second.heard(Rejected)
    assert busy.reason == "resume_busy"
    stage.tick()
    assert first.heard(Resumed)
    assert not second.heard(Resumed)
    assert not second.close_codes


def test_if_the_answer_is_lost_the_token_before_is_good_again(stage: Stage) -> None:
    player = stage.player("loud")
    lose(player)
    stage.tick()
    unlucky = back(stage, player)
    stage.tick()
    lose(unlucky)
    stage.tick()
    again = back(stage, player)
    stage.tick()
    assert again.heard(Resumed)
    assert told(stage) == ["drop 1", "resume 1", "drop 1", "resume 1"]


def test_if_the_connection_breaks_before_the_answer_the_token_is_good_still(stage: Stage) -> None:
    player = stage.player("loud")
    lose(player)
    stage.tick()
    lose(back(stage, player))
    again = back(stage, player)
    stage.tick()
    assert again.heard(Resumed)


def test_who_is_back_before_the_server_noticed_is_let_in_at_once(stage: Stage) -> None:
    player = stage.player("loud")
    stage.tick()
    again = back(stage, player)
    assert player.close_codes == [REPLACED.code]
    stage.tick()
    assert again.heard(Resumed)
    assert (told(stage), stage.lobby.players, stage.metrics.seated) == ([], 1, 1)


@pytest.mark.parametrize("code", [1001, LOST.code, SLOW_CONSUMER.code, UNRESPONSIVE.code, SERVER_ERROR.code, 4999])
def test_a_seat_is_kept_after_an_end_that_is_not_its_players_will(stage: Stage, code: int) -> None:
    player = stage.player("loud")
    lose(player, code)
    stage.tick()
    assert told(stage) == ["drop 1"]


@pytest.mark.parametrize("code", [1000, BAD_MESSAGE.code, UNEXPECTED.code, 1002, 1003, 1009])
def test_a_seat_is_given_back_after_a_goodbye_or_a_fault_of_the_client(stage: Stage, code: int) -> None:
    player = stage.player("loud")
    lose(player, code)
    stage.tick()
    assert told(stage) == ["leave 1"]
    assert back(stage, player).close_codes == [UNAUTHORIZED.code]


def test_who_has_left_can_not_come_back(stage: Stage) -> None:
    player = stage.player("loud")
    player.say(Leave())
    stage.tick()
    assert back(stage, player).close_codes == [UNAUTHORIZED.code]


def test_without_a_grace_no_token_is_given_out() -> None:
    stage = Stage()
    player = stage.player()
    assert card(player)[1] == SeatCard([], b"", 0)
    lose(player)
    assert back(stage, player, token=NO_TOKEN).close_codes == [UNAUTHORIZED.code]


def test_while_he_waits_for_his_seat_he_may_measure_but_not_act(stage: Stage) -> None:
    player = stage.player("loud")
    lose(player)
    again = back(stage, player)
    again.say(Ping(1))
    assert not again.close_codes
    again.say(Act(1, Add(1)))
    assert again.close_codes == [UNEXPECTED.code]
    stage.tick()
    assert told(stage) == ["leave 1"]  # it was his fault


def test_a_full_server_turns_away_also_those_who_come_back(stage: Stage) -> None:
    player = stage.player("loud")
    lose(player)
    stage.full = True
    again = back(stage, player)
    assert again.close_codes == [FULL.code]
    stage.full = False
    stage.tick()
    again = back(stage, player)
    stage.tick()
    assert again.heard(Resumed)


def test_a_room_that_ends_takes_the_kept_seats_with_it(stage: Stage) -> None:
    player = stage.player("loud")
    lose(player)
    stage.tick()
    stage.rooms[0].ticker.room.end()
    stage.tick()
    assert (stage.lobby.players, back(stage, player).close_codes) == (0, [UNAUTHORIZED.code])
