"""What a room does with its state: proves it, asks for what differs, tells of rows, shows and predicts them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from pelton.client import Action, Added, BadAction, Closed, Frame, NotSeated, Removed, Room, TooFast
from pelton.client.link import Link
from pelton.protocol import Act, Heard, Joined, Resync, Verify
from pelton.protocol import Frame as WireFrame
from pelton.protocol.schema import Message
from pelton.streams import CLOSED, PENDING
from tests.clients.wire import digest, entered, part

ACTIONS: Any = [["push", ["power"]], ["rest", []]]
SHIPS: list[list[Any]] = [["x", "f64"], ["hull", "u8"], ["name", "str"]]
TABLES: Any = [["ships", "table", SHIPS]]
ME = 7
WRONG = 12345


class Play:
    """A room whose server is the test."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.now_s = 100.0
        self.takes = True
        link = Link(self._send, self._offer, lambda _: None, lambda: None, lambda: None, lambda: self.now_s)
        self.room = Room(Joined("room1", "arena", ME, 20, 0, ACTIONS, TABLES), link)

    async def _send(self, message: Message) -> None:
        self.sent.append(message)
        if not self.takes:
            raise Closed(1006, "")

    def _offer(self, message: Message) -> bool:
        if self.takes and not isinstance(message, Heard):
            self.sent.append(message)
        return self.takes

    def frame(self, tick: int, *parts: Any, base: int | None = None, ack: int = 0, refused: Any = ()) -> Frame:
        """A frame arrives and is taken."""
        base = self.room.state.tick if base is None else base
        self.room.receive(WireFrame(ack, list(refused), tick, base, [], list(parts)), self.now_s)
        frame = self.room.frames().poll()
        assert isinstance(frame, Frame)
        return frame


@pytest.fixture
async def play() -> Play:
    return Play()


def ship(x: float, group: int = 0, **more: Any) -> list[Any]:
    return part(0, group, entered=entered(SHIPS, {ME: (x, 3, "Ada")}), **more)


def push(state: dict[str, Any], action: Action | None, dt: float) -> dict[str, Any]:
    """X moves by what is pushed, and by 1 a second of its own."""
    power = 0.0 if action is None else action.fields.get("power", 0.0)
    return {**state, "x": state["x"] + power + dt}


# Proofs.


async def test_a_frame_whose_digests_agree_is_checked(play: Play) -> None:
    assert not play.frame(1, ship(1.0)).is_checked
    assert play.frame(2, part(digest=digest(SHIPS, {ME: (1.0, 3, "Ada")}))).is_checked
    assert not play.frame(3, part(digest=WRONG)).is_checked


async def test_a_group_that_differs_is_asked_for_and_reported(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    play.frame(1, ship(1.0, digest=digest(SHIPS, {ME: (1.0, 3, "Ada")})))
    assert play.frame(5, part(digest=WRONG), base=1).divergences == []
    play.frame(6, part(digest=WRONG))
    assert play.sent == [Resync([(0, 0, 1)])]
    with caplog.at_level(logging.WARNING, "pelton.client"):
        (found,) = play.frame(7, ship(2.5, whole=True)).divergences
    assert (found.paths, found.agreed_tick, found.tick) == ((("ships[7].x", 1.0, 2.5),), 1, 7)
    assert caplog.messages == [f"room room1: {found}"]


async def test_a_question_that_the_network_does_not_take_is_asked_later(play: Play) -> None:
    play.takes = False
    play.frame(1, ship(1.0))
    play.frame(2, part(digest=WRONG))
    play.takes = True
    play.frame(3, part(digest=WRONG))
    assert play.sent == [Resync([(0, 0, 0)])]


async def test_more_groups_than_a_message_may_name_are_everything(play: Play) -> None:
    play.frame(1, *(ship(1.0, group) for group in range(65)))
    play.frame(2, *(part(0, group, digest=WRONG) for group in range(65)))
    assert play.sent == [Resync([])]


async def test_who_has_left_asks_for_nothing(play: Play) -> None:
    play.frame(1, ship(1.0))
    await play.room.leave()
    play.frame(2, part(digest=WRONG))
    assert not any(isinstance(message, Resync) for message in play.sent)


async def test_a_proof_can_be_asked_for(play: Play) -> None:
    await play.room.verify()
    assert play.sent == [Verify()]
    play.room.end("room_closed")
    with pytest.raises(NotSeated):
        await play.room.verify()


# What the player saw.


async def test_an_action_tells_which_tick_the_player_saw(play: Play) -> None:
    await play.room.act("rest")
    play.frame(4, ship(1.0), base=0)
    await play.room.act("rest")
    play.room.shown_tick = 2.9
    await play.room.act("rest")
    play.room.shown_tick = -1.0
    await play.room.act("rest")
    assert [message.seen for message in play.sent if isinstance(message, Act)] == [0, 4, 2, 0]


# Events.


async def test_events_come_with_frames_and_end_after_the_last(play: Play) -> None:
    events = play.room.state.ships.events()
    play.frame(1, ship(1.0))
    (event,) = events.ready()
    assert isinstance(event, Added)
    play.room.receive(WireFrame(0, [], 2, 1, [], [part(removed=[ME])]), 0.0)
    play.room.end("room_closed")
    assert events.poll() is PENDING
    assert isinstance(play.room.frames().poll(), Frame)
    assert isinstance(events.poll(), Removed)
    assert events.poll() is CLOSED


async def test_events_of_a_room_without_more_frames_end_at_once(play: Play) -> None:
    events = play.room.state.ships.events()
    play.room.end("room_closed")
    assert events.poll() is CLOSED


# Interpolation and the clock.


async def test_rows_are_shown_between_frames(play: Play) -> None:
    view = play.room.interpolate("ships", "x", "hull", snap=100.0)
    play.frame(1, ship(1.0))
    play.frame(3, ship(2.0))
    assert view.at(2.0) == {ME: (1.5, 3)}
    play.frame(4, part(removed=[ME], entered=entered(SHIPS, {ME: (3.0, 3, "Eve")})))
    assert view.row(ME, 3.9) == (2.0, 3)
    view.close()
    view.close()
    play.frame(5, ship(9.0))
    assert view.row(ME, 5.0) == (3.0, 3)


async def test_a_row_that_ends_later_has_glided_before(play: Play) -> None:
    view = play.room.interpolate("ships", "x")
    play.frame(1, ship(1.0), base=0)
    play.frame(2, ship(2.0))
    play.frame(3, part(removed=[ME]))
    assert view.row(ME, 1.5) == (1.5,)


@pytest.mark.parametrize("field", ["y", "name"])
async def test_only_numbers_can_be_shown_between_frames(play: Play, field: str) -> None:
    with pytest.raises(ValueError, match=f"the table 'ships' has no column '{field}' of numbers"):
        play.room.interpolate("ships", field)
    with pytest.raises(KeyError):
        play.room.interpolate("walls", field)


async def test_the_rooms_clock_goes_by_its_frames(play: Play) -> None:
    play.frame(40, base=0)
    assert play.room.clock.tick(play.now_s) == pytest.approx(40)
    assert play.room.clock.tick(play.now_s + 0.5) == pytest.approx(50)


# Prediction.


async def test_an_action_takes_effect_at_once_and_is_confirmed(play: Play) -> None:
    play.frame(1, ship(1.0), base=0)
    me = play.room.predict("ships", push)
    assert await me.act("push", power=5.0) == 1
    assert me.state == {"x": 6.05, "hull": 3, "name": "Ada"}
    assert (play.sent, me.pending) == ([Act(1, ["push", 5.0], 1)], 1)
    play.frame(2, ship(6.05), ack=1)
    assert (me.pending, me.stats.matched, me.stats.corrected) == (0, 1, 0)
    assert me.shown(play.now_s) == me.state == {"x": 6.05, "hull": 3, "name": "Ada"}


async def test_a_refused_action_is_undone(play: Play) -> None:
    play.frame(1, ship(1.0), base=0)
    me = play.room.predict("ships", push)
    await me.act(Action("push", power=5.0))
    play.frame(2, ship(1.05), refused=[[1, "late"]])
    assert me.state == {"x": 1.05, "hull": 3, "name": "Ada"}
    assert (me.stats.refused, me.stats.corrected, me.pending) == (1, 1, 0)


async def test_actions_that_only_steer_take_no_time(play: Play) -> None:
    play.frame(1, ship(1.0), base=0)
    me = play.room.predict("ships", push, action_ticks=0)
    await me.act("push", power=5.0)
    assert me.state is not None
    assert me.state["x"] == 6.0
    assert me.idle()
    assert me.state["x"] == 6.05
    play.frame(2, ship(6.05), ack=1)
    assert (me.pending, me.stats.matched) == (0, 1)


async def test_an_action_that_the_room_does_not_have_has_no_effect(play: Play) -> None:
    play.frame(1, ship(1.0), base=0)
    me = play.room.predict("ships", push)
    with pytest.raises(BadAction):
        await me.act("fly")
    play.takes = False
    with pytest.raises(Closed):
        await me.act("push", power=5.0)
    assert (me.state, me.pending) == ({"x": 1.0, "hull": 3, "name": "Ada"}, 0)


async def test_steps_that_no_frame_answers_are_bounded(play: Play) -> None:
    play.frame(1, ship(1.0), base=0)
    me = play.room.predict("ships", push, pending_max=2)
    await me.act("rest")
    await me.act("rest")
    with pytest.raises(TooFast):
        await me.act("rest")
    assert len(play.sent) == 2


async def test_a_row_may_go_and_come_back(play: Play) -> None:
    me = play.room.predict("ships", push)
    assert (me.state, me.shown(0.0)) == (None, None)
    play.frame(1, ship(1.0), base=0)
    play.frame(2, part(removed=[ME]))
    assert me.state is None
    play.frame(3, ship(4.0), base=0)
    assert me.state == {"x": 4.0, "hull": 3, "name": "Ada"}


async def test_a_prediction_that_is_closed_follows_no_more(play: Play) -> None:
    me = play.room.predict("ships", push, row_id=8)
    me.close()
    play.frame(1, part(entered=entered(SHIPS, {8: (1.0, 3, "Ada")})), base=0)
    assert me.state is None


async def test_a_step_that_raises_is_not_blamed_on_the_server(play: Play) -> None:
    def broken(state: dict[str, Any], action: Action | None, dt: float) -> dict[str, Any]:
        raise ValueError("a mistake in the game's rule")

    play.frame(1, ship(1.0), base=0)
    me = play.room.predict("ships", broken)
    with pytest.raises(ValueError, match="a mistake"):
        await me.act("rest")
