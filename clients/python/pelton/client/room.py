"""A seat in a room, seen from the client: actions out, frames in, and a replica of the state.

Frames wait in a bounded inbox; a client that does not iterate stops reading, and the server then sends it less,
not later.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from pelton.client.clock import TickClock
from pelton.client.errors import Closed, NotSeated, ServerFault, TooFast
from pelton.client.followers import Interpolated, make_prediction
from pelton.client.frame import Action, Event, Frame, Resumption
from pelton.client.interpolation import Interpolation
from pelton.client.ledger import Ledger
from pelton.client.link import Link, away
from pelton.client.prediction import Prediction
from pelton.client.predictor import Step
from pelton.client.replica import Applied, Replica
from pelton.client.vocabulary import wire_values
from pelton.client.wrap import Wraps
from pelton.protocol import Act, EventFrame, Heard, Joined, Leave, Resumed, Resync, SeatCard, Verify
from pelton.protocol import Frame as PlainFrame
from pelton.protocol.messages import RESYNC_GROUPS_MAX, Refusal
from pelton.protocol.schema import INT_MAX
from pelton.streams import Inbox, Offer, Stream

__all__ = ["Room"]

FRAMES_LOW, FRAMES_HIGH, FRAMES_MAX = 2, 16, 256
UNANSWERED_MAX = 4096
AWAY_ACTIONS_MAX = 64
"""While the connection is lost: what is older than a few seconds would come too late anyway."""
HEARD_EVERY_S = 0.45
"""The server wants to hear twice a second that frames arrive."""
NO_TOKEN = b""

WireFrame: TypeAlias = PlainFrame | EventFrame

_log = logging.getLogger("pelton.client")


class Follower(Protocol):
    """Who looks at each frame before the room's user does."""

    def follow(self, frame: Frame, now_s: float) -> None: ...


class Room:
    """Made by `Client.join_or_create`, `create` and `join`.

    Iterate it for frames; it ends when the seat is given back.
    """

    def __init__(
        self, joined: Joined, link: Link, state: Replica | None = None, clock: TickClock | None = None
    ) -> None:
        if not (math.isfinite(joined.tick_hz) and joined.tick_hz > 0):
            raise ServerFault(f"a room with {joined.tick_hz} ticks a second")
        self.room_id = joined.room_id
        self.game = joined.game
        self.player_id = joined.player_id
        self.tick_hz = joined.tick_hz
        self.state = Replica(joined.tables) if state is None else state
        self.clock = TickClock(joined.tick_hz) if clock is None else clock
        """At which tick the server is, by the arrival of frames and by `Client.ping`."""
        self.actions = _actions(joined.actions)
        """The room's actions: the fields of each, by name."""
        self.shown_tick: float | None = None
        """The tick that the player sees, if it is not that of the last frame: set it to what an `Interpolation` shows.

        Actions carry it, rounded down, so that the game can judge them by what the player saw.
        """
        self.left_reason: str | None = None
        """Why there is no seat any more; None while there is one."""
        self._ledger = Ledger()
        self.unanswered = self._ledger.unanswered
        """Actions by number that the server has neither taken nor refused yet, with `time.monotonic()` at sending."""
        self.events: dict[str, tuple[str, ...]] = {}
        """The room's events: the fields of each, by name."""
        self.connected = True
        """False while the connection is lost and the client tries to come back."""
        self.on_drop: Callable[[], None] | None = None
        """Called when the connection is lost and the seat may be kept."""
        self.on_resume: Callable[[], None] | None = None
        """Called when the seat is taken again, before anything that comes after it."""
        self.grace_s = 0.0
        """For how long the server keeps the seat without a connection."""
        self.token = NO_TOKEN
        """Brings the seat back; a secret."""
        self.received_tick = 0
        """Of the last frame that has arrived, taken in or not."""
        self._heard_s = -math.inf
        self._dropped_s = 0.0
        self._unanswered_before = 0
        """When the connection was lost."""
        self._paused = False
        self._resumptions: list[tuple[int, Resumption]] = []
        """Not told to the room's user yet: each goes with the first frame after its tick."""
        self._link = link
        self._closed: Closed | None = None
        self._followers: list[Follower] = []
        self._inbox: Inbox[tuple[WireFrame, float]] = Inbox(FRAMES_LOW, FRAMES_HIGH, FRAMES_MAX, self._read_on)
        self._frames = self._inbox.map(self._apply)

    def frames(self) -> Stream[Frame]:
        """The room's frames as a stream; the replica is brought to each as it is taken."""
        return self._frames

    def __aiter__(self) -> AsyncIterator[Frame]:
        return aiter(self._frames)

    def act(self, action: str | Action, /, **fields: Any) -> Coroutine[Any, Any, int]:
        """Send an action and return its number. Waits only while the network takes nothing.

        BadAction if the room has no such action or field, TooFast if thousands are unanswered, NotSeated if the
        seat is gone, Closed if the connection is.
        """
        if isinstance(action, Action):
            return self._act(action.name, {**action.fields, **fields} if fields else action.fields, None)
        return self._act(action, fields, None)

    async def verify(self) -> None:
        """Ask the server to prove the replica: the next frame brings the digest of every group in sight.

        A group that differs is asked for anew, and `Frame.divergences` then says where.
        """
        self._check_seat()
        await self._link.send(Verify())

    def interpolate(
        self,
        table: str,
        *fields: str,
        delay_ticks: float = 2.0,
        wrap: Wraps | None = None,
        snap: float | None = None,
        extrapolate_ticks: float = 1.0,
    ) -> Interpolation:
        """Rows between frames, for a screen that is drawn more often than they come.

        `interpolate("ships", "x", "y", wrap={"x": 4096})` follows two columns; x goes round from 0 to 4096.

        From now on, until it is closed; see `Interpolation`. KeyError if there is no such table, ValueError if a field
        is no number.
        """
        rows = self.state[table]
        for field in fields:
            if not rows.is_number(field):
                raise ValueError(f"the table {table!r} has no column {field!r} of numbers")

        def detach() -> None:
            self._unfollow(follower)

        view = Interpolation(
            fields,
            delay_ticks=delay_ticks,
            wrap=wrap,
            snap=snap,
            extrapolate_ticks=extrapolate_ticks,
            detach=detach,
        )
        follower = Interpolated(view, rows)
        self._followers.append(follower)
        return view

    def predict(
        self,
        table: str,
        step: Step,
        *,
        row_id: int | None = None,
        wrap: Wraps | None = None,
        half_life_s: float = 0.1,
        snap: float | None = None,
        tolerance: float = 1e-6,
        action_ticks: float = 1.0,
        pending_max: int = 256,
    ) -> Prediction:
        """The row of this player (or `row_id`) without the wait for the server; act on what is returned.

        `step(state, action, dt)` is the game's rule for one row: `state` has its columns by name and is a copy,
        `action` is an `Action` or None, `dt` is in seconds. Each action stands for `action_ticks` ticks of time: 1 if
        the game moves a player once for each action and clients act once a tick, 0 if it moves all by itself and
        actions only steer. Fractions (floats, quants) are put right smoothly: half of an error after `half_life_s`,
        at once beyond `snap`. Up to `tolerance` (half the step of a quant, say) a difference counts as none.
        KeyError if there is no such table.
        """
        rows, own = self.state[table], self.player_id if row_id is None else row_id

        def detach() -> None:
            self._unfollow(prediction)

        prediction = make_prediction(
            rows,
            own,
            step,
            lambda action, began: self._act(action.name, action.fields, began),
            detach,
            tick=self.state.tick,
            tick_s=1 / self.tick_hz,
            action_ticks=action_ticks,
            wrap=wrap,
            half_life_s=half_life_s,
            snap=snap,
            tolerance=tolerance,
            pending_max=pending_max,
        )
        self._followers.append(prediction)
        return prediction

    async def leave(self) -> None:
        """Give the seat back. Frames that are under way still arrive, then the iteration ends."""
        if self.left_reason is None:
            self.left_reason = "you_left"
            try:
                await self._link.send(Leave())
            except asyncio.CancelledError:
                self.left_reason = None  # it was never sent
                raise

    # What the client calls.

    def take_card(self, card: SeatCard) -> None:
        """What belongs to the seat has come in."""
        self.events, self.token, self.grace_s = _actions(card.events), card.token, card.grace_s
        self._say_heard(self._link.now_s())

    def dropped(self) -> None:
        """The connection is lost; the client tries to come back."""
        self.connected = False
        self._dropped_s = self._link.now_s()
        self._link = away(self._link.now_s)
        self._unanswered_before = len(self._ledger)
        if self.on_drop is not None:
            self.on_drop()

    def returned(self, resumed: Resumed, link: Link) -> None:
        """The seat is taken again, on another connection; what was lost of the actions is sent again."""
        self.connected = True
        self.token, self._link = resumed.token, link
        if self._paused:
            link.pause()
        self._say_heard(link.now_s())
        lost = self._ledger.after(resumed.received)
        for act in lost:
            link.push(act)
        self._resume(Resumption(link.now_s() - self._dropped_s, len(lost), resumed.events_lost))
        if self.left_reason is not None:
            link.push(Leave())  # the first one may have been lost
        if self.on_resume is not None:
            self.on_resume()

    def receive(self, frame: WireFrame, arrived_s: float) -> None:
        """A frame has come in."""
        self.clock.arrived(frame.tick, arrived_s)
        self.received_tick = frame.tick
        if arrived_s - self._heard_s >= HEARD_EVERY_S:
            self._say_heard(arrived_s)
        match self._inbox.offer((frame, arrived_s)):
            case Offer.PAUSE:
                self._paused = True
                self._link.pause()
            case Offer.SHED:
                self._inbox.end(ServerFault("the server sent more frames than were asked for"))
            case _:
                """Queued, or nobody listens any more."""

    def end(self, reason: str, error: Closed | None = None) -> None:
        """The seat is gone."""
        self.left_reason = reason
        self.token = NO_TOKEN
        self._ledger.close()
        self._closed = error
        self._inbox.end(error)
        if not len(self._inbox):
            self.state.close()

    async def _act(self, name: str, fields: dict[str, Any], began: Callable[[int], None] | None) -> int:
        values = wire_values(self.game, self.actions, name, fields)
        if self.left_reason is not None:
            self._check_seat()
        if len(self.unanswered) >= UNANSWERED_MAX:
            raise TooFast(f"{UNANSWERED_MAX} actions are unanswered; iterate the room's frames, or act less often")
        if not self.connected and len(self._ledger) - self._unanswered_before >= AWAY_ACTIONS_MAX:
            raise TooFast(f"the connection is lost, and {AWAY_ACTIONS_MAX} actions wait for it to come back")
        seq = self._ledger.next_seq(self._link.now_s())
        shown_tick = self.shown_tick
        shown = self.state.tick if shown_tick is None else min(max(0, int(shown_tick)), INT_MAX)
        try:
            if began is not None:
                began(seq)
            act = Act(seq, [name, *values], shown)
            self._ledger.keep(act)
            if not self._link.offer(act):  # nearly always it takes it
                await self._link.send(act)
        except BaseException:
            self._ledger.forget(seq)  # it was never sent, so nobody will answer it
            raise
        return seq

    def _say_heard(self, now_s: float) -> None:
        """If the network takes it at once; else with the next frame."""
        if self._link.offer(Heard(self.received_tick)):
            self._heard_s = now_s

    def _read_on(self) -> None:
        self._paused = False
        self._link.resume()

    def _check_seat(self) -> None:
        if self._closed is not None:
            raise Closed(self._closed.code, self._closed.reason)
        if self.left_reason is not None:
            raise NotSeated(self.room_id, self.left_reason)

    def _apply(self, item: tuple[WireFrame, float]) -> Frame:
        try:
            frame = self._take_in(*item)
        except (ServerFault, TypeError, ValueError) as error:
            self._link.resume()  # no more frames are taken, but the connection must still be read
            self.state.close()
            if isinstance(error, ServerFault):
                raise
            raise ServerFault(f"tick {item[0].tick} makes no sense: {error!r}") from error
        if self._followers:
            now_s = self._link.now_s()
            for follower in list(self._followers):
                follower.follow(frame, now_s)
        if self._inbox.ended and not len(self._inbox):
            self.state.close()  # that was the last
        return frame

    def _take_in(self, frame: WireFrame, arrived_s: float) -> Frame:
        tick, base = frame.tick, frame.base
        applied = self.state.apply(tick, base, frame.hidden, frame.parts)
        if applied.doubts:
            self._resync(applied)
        for divergence in applied.divergences:
            _log.warning("room %s: %s", self.room_id, divergence)
        refused = _refusals(frame) if frame.refused else []
        taken = self._ledger.settle(frame.ack, refused, arrived_s) if self.unanswered else []
        is_checked = applied.digests > 0 and not applied.differing
        plain = Frame(tick, refused, taken, base == 0, is_checked, arrived_s, applied.divergences)
        return self._with_more(plain, frame) if type(frame) is EventFrame or self._resumptions else plain

    def _resume(self, resumption: Resumption) -> None:
        """Keep it for the next frame. If none came since the one before, the server has told all of that one again."""
        waiting = self._resumptions
        if waiting and waiting[-1][0] == self.received_tick:
            waiting.pop()
        waiting.append((self.received_tick, resumption))

    def _with_more(self, plain: Frame, frame: WireFrame) -> Frame:
        """What few frames have: events, or that the seat was taken again."""
        events = [self._event(event) for event in frame.events] if isinstance(frame, EventFrame) else []
        if not self._resumptions or frame.tick <= self._resumptions[0][0]:
            return plain._replace(events=events)
        return plain._replace(events=events, resumed=self._resumptions.pop(0)[1])

    def _event(self, event: list[Any]) -> Event:
        name, *values = event
        fields = self.events.get(name, ())
        named = dict(zip(fields, values, strict=False))
        return Event(name, named | {str(place): value for place, value in enumerate(values) if place >= len(fields)})

    def _resync(self, applied: Applied) -> None:
        """Ask for the groups that differ; for everything, if they are more than a message may name."""
        doubts = applied.doubts
        groups = [(doubt.table, doubt.group, doubt.agreed_tick) for doubt in doubts]
        asked = self.left_reason is None and self._link.offer(
            Resync(groups if len(groups) <= RESYNC_GROUPS_MAX else [])
        )
        if not asked:
            for doubt in doubts:
                self.state.forget_doubt(doubt)

    def _unfollow(self, follower: Follower) -> None:
        if follower in self._followers:
            self._followers.remove(follower)


def _refusals(frame: WireFrame) -> list[Refusal]:
    untyped: list[Any] = list(frame.refused)  # lists, as MessagePack has no tuples
    refused = [(seq, reason) for seq, reason in untyped]
    if not all(isinstance(seq, int) and isinstance(reason, str) for seq, reason in refused):
        raise ServerFault(f"tick {frame.tick}: refusals that are none")
    return refused


def _actions(actions: Any) -> dict[str, tuple[str, ...]]:
    try:
        return {str(name): tuple(map(str, fields)) for name, fields in actions}
    except (TypeError, ValueError) as error:
        raise ServerFault(f"the room's actions make no sense: {error}") from error
