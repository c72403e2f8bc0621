"""One player's connection: messages are checked against the session's table, actions become a bounded stream.

Whatever is wrong with a message ends in a close code or a refusal, never in an exception: the peer's faults
stay his own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pelton.protocol import (
    Act,
    BadMessage,
    Draining,
    Event,
    Heard,
    Hello,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Reason,
    Rejected,
    Resume,
    Resumed,
    Resync,
    SeatCard,
    State,
    Verify,
    Welcome,
    step,
)
from pelton.protocol.close_codes import (
    BAD_MESSAGE,
    FULL,
    HELLO_TIMEOUT,
    REPLACED,
    TOO_MANY_CONNECTIONS,
    UNAUTHORIZED,
    UNEXPECTED,
    CloseCode,
    Comeback,
    may_come_back,
)
from pelton.protocol.schema import Message
from pelton.protocol.typed import ClientMessage, encode
from pelton.server.auth.identity import ANONYMOUS, Identity
from pelton.server.clock import Clock
from pelton.server.config import ReceiveConfig
from pelton.server.metrics import Metrics, Refusal
from pelton.server.receive.allowance import Allowance
from pelton.server.receive.decoders import Decoders
from pelton.server.receive.gate import Caller
from pelton.server.receive.greeting import Greetings
from pelton.server.receive.questions import ask
from pelton.server.receive.reading import Reading
from pelton.server.receive.tokens import Match, Tokens
from pelton.server.simulate.errors import JoinRejected
from pelton.server.simulate.lobby import Lobby
from pelton.server.simulate.seat import EventNames, Seat
from pelton.server.simulate.weights import Weights
from pelton.streams import Inbox, Offer
from pelton.wire import Page, Phase, WebSocket

__all__ = ["Connection", "Surroundings"]

log = logging.getLogger(__name__)

# An attribute of an enum costs ten times a module's name (Python 3.11), on every action.
_EVENTS = {Act: Event.ACT, Leave: Event.LEAVE, Heard: Event.HEARD, Verify: Event.VERIFY, Resync: Event.RESYNC}

LEFT_PAGE = 1001
"""A page that goes away may be loaded anew; only who says goodbye gives up his seat."""

_SEATED, _SHED, _PAUSE = State.SEATED, Offer.SHED, Offer.PAUSE


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all connections share."""

    config: ReceiveConfig
    lobby: Lobby
    clock: Clock
    metrics: Metrics
    decoders: Decoders
    tokens: Tokens
    greetings: Greetings
    server_name: str
    resyncs_max: int
    full: Callable[[], bool]
    on_closed: Callable[[Connection], None]
    on_hello: Callable[[Connection], None] = lambda _: None


class Connection:
    """The endpoint of a WebSocket, and the session of at most one seat at a time."""

    __slots__ = (
        "_allowance",
        "_around",
        "_decoder",
        "_seat",
        "_short_bytes",
        "_weights",
        "caller",
        "close_code",
        "identity",
        "session_id",
        "state",
        "websocket",
    )

    def __init__(self, around: Surroundings, session_id: str, caller: Caller | None = None) -> None:
        self._around = around
        self._decoder = around.decoders.without_seat
        self._seat: Seat | None = None
        self.caller = caller or Caller("unknown")
        """Who is at the other end."""
        self.close_code = 0
        """What it ended with, once it has."""
        self.session_id = session_id
        self.identity: Identity = ANONYMOUS
        self.state = State.FRESH
        self._short_bytes = 0
        self._weights: Weights
        self._allowance: Allowance
        self.websocket: WebSocket

    def bind(self, websocket: WebSocket, allowance: Allowance) -> None:
        """Tell the connection its WebSocket and that one's meter; they need each other."""
        self.websocket = websocket
        self._allowance = allowance

    # What the WebSocket calls.

    def opened(self) -> None:
        """Tell a client who is one too many; a browser's could not read the status of a refused handshake."""
        if self.caller.refused:
            self.websocket.close(TOO_MANY_CONNECTIONS.code, "too many connections from your address; come back later")
        elif self._around.full():
            self._around.metrics.refuse(Refusal.FULL)
            self.websocket.close(FULL.code, "the server is full; come back later")

    def received(self, payload: bytes) -> None:
        """One message of the client."""
        try:
            message = self._decoder.decode(payload)
        except BadMessage as bad:
            self._bad(payload, bad)
            return
        if isinstance(message, Act) and self._seat is not None and self.state is _SEATED:
            self._act(self._seat, message, len(payload))
        else:
            self._converse(message)

    def drained(self) -> None:
        """Nothing: the next tick finds out by itself."""

    def closed(self, code: int, reason: str) -> None:
        """The connection is over, whoever ended it; the seat is kept for a while if its player may come back."""
        self.close_code = code
        if code == LEFT_PAGE or may_come_back(code) is not Comeback.NO:
            self._drop_seat()
        else:
            self._give_up_seat()
        self._around.greetings.forget(self)
        self._around.on_closed(self)

    # What the room calls (see `Session`).

    def joined(self, seat: Seat, message: Joined, events: EventNames, grace_s: float) -> None:
        if seat is self._seat and self._advance(Event.JOINED):
            self._decoder = self._around.decoders.for_game(message.game)
            self._push(message)
            token = self._around.tokens.first(seat.credentials) if grace_s else b""
            self._push(SeatCard(events, token, grace_s))

    def resumed(self, seat: Seat, tick: int, events_lost: int) -> None:
        if seat is self._seat and self._advance(Event.RESUMED):
            self._around.metrics.resumes += 1
            self._push(Resumed(tick, seat.received, events_lost, self._around.tokens.next(seat.credentials)))

    def replaced(self, seat: Seat) -> None:
        if seat is self._seat:
            self._take(None)
            self.websocket.resume()
            self.websocket.close(REPLACED.code, "replaced: the same player is back on another connection")

    def resume_reading(self) -> None:
        self.websocket.resume()

    def left(self, seat: Seat, reason: str) -> None:
        if seat is self._seat:
            self._take(None)
            self.websocket.resume()  # the inbox that had it paused is gone
            if self.state is State.JOINING:  # it is this seat that is gone, not the one before
                self._reject(reason, "the room closed before the seat was taken")
            elif self._advance(Event.LEFT):
                self._decoder = self._around.decoders.without_seat
                self._push(Left(reason))

    def sender(self) -> Callable[[bytes, bytes], bool]:
        return self.websocket.send

    @property
    def busy(self) -> bool:
        return self.websocket.busy

    def close(self, code: int, reason: str) -> None:
        self.websocket.close(code, reason)

    # What the greeting calls.

    def greet(self, identity: Identity) -> None:
        """It is known who this is."""
        self.identity = identity
        if self._advance(Event.WELCOME):
            around = self._around
            self._push(Welcome(self.session_id, around.server_name, around.config.message_bytes_max))
            around.on_hello(self)

    def turn_away(self, row: CloseCode, reason: str) -> None:
        """He is not let in, or no longer."""
        self.websocket.resume()
        self.websocket.close(row.code, reason)

    def supersede(self) -> None:
        """The same user has connected anew; there his seat can be resumed, or given back by taking another."""
        self._drop_seat()
        self.turn_away(REPLACED, "replaced: the same user has connected anew")

    # What the listener calls.

    def announce(self, message: Draining) -> None:
        """The server is going to stop: tell a client that was let in."""
        if self.state not in (State.FRESH, State.JUDGED):
            self._push(message)

    def hello_overdue(self) -> None:
        """The time for the handshake and hello is over; end it if they are not done."""
        if self.websocket.phase is Phase.HANDSHAKE:
            self.websocket.refuse(Page.text(408, "the request was not whole in time"))
        elif self.state is State.FRESH and self.websocket.phase is Phase.OPEN:
            self._close(HELLO_TIMEOUT, "no hello in time")

    def crowded_out(self) -> None:
        """Make room: of too many who have not said hello, this one has waited longest."""
        if self.websocket.phase is Phase.HANDSHAKE:
            self.websocket.refuse(Page.text(503, "too many are connecting; come back later"))
        else:
            self.websocket.close(FULL.code, "too many are connecting; come back later")

    def _act(self, seat: Seat, act: Act[Any], size: int) -> None:
        if act.seq <= seat.received:
            self._close(BAD_MESSAGE, "seq must rise with every action")
            return
        seat.received = act.seq
        if size > self._short_bytes and not self._weights.admits(size):
            self._around.metrics.actions_overweight += 1
            self._refuse(seat, act.seq, Reason.OVERFLOW, act.action, f"{size} bytes, too many with those that wait")
            return
        offer = seat.inbox.offer(act)
        if offer is _SHED:
            self._around.metrics.actions_overflowed += 1
            self._refuse(seat, act.seq, Reason.OVERFLOW, act.action, f"{len(seat.inbox)} wait")
            return
        if offer is _PAUSE:
            self.websocket.pause()  # until the room has taken enough: Inbox.on_low
            self._allowance.full()

    def _bad(self, payload: bytes, bad: BadMessage) -> None:
        """An action that only its game finds wrong is refused by its number; anything else ends the connection."""
        if self._seat is not None and self.state is State.SEATED:
            try:
                message = self._around.decoders.without_seat.decode(payload)
            except BadMessage as worse:
                bad = worse
            else:
                if isinstance(message, Act) and message.seq > self._seat.received:
                    self._seat.received = message.seq
                    self._refuse(self._seat, message.seq, Reason.INVALID, "", bad.problem)
                    return
        self._close(BAD_MESSAGE, bad.problem)

    def _refuse(self, seat: Seat, seq: int, reason: str, action: object, detail: str) -> None:
        self._around.metrics.actions_refused += 1
        seat.refuse(seq, reason, action, detail)

    def _converse(self, message: ClientMessage) -> None:
        """Everything but the actions of a seated player."""
        match message:
            case Hello():
                if self._advance(Event.HELLO):
                    self._around.greetings.hello(self, message)
            case Join():
                if self._advance(Event.JOIN):
                    self._join(message)
            case Resume():
                if self._advance(Event.RESUME):
                    self._resume(message)
            case Ping():
                if self._advance(Event.PING):
                    self._push(Pong(message.nonce, self._around.clock.now_ns() // 1000))
            case _:
                self._of_seat(message)

    def _of_seat(self, message: Act[Any] | Leave | Heard | Verify | Resync) -> None:
        """What only somebody with a seat says, or who had one a moment ago; then it means nothing."""
        if not self._advance(_EVENTS[type(message)]) or self._seat is None:
            return
        match message:
            case Heard():
                self._seat.heard = max(self._seat.heard, message.tick)
                self._around.tokens.confirm(self._seat.credentials)
            case Leave():
                self._give_up_seat()
                self._decoder = self._around.decoders.without_seat
                self._push(Left("you_left"))
            case Verify() | Resync():
                ask(self._seat, message, self._around.metrics, self.session_id)
            case Act():
                """Not here: `_act` has those of a seated player."""

    def _join(self, join: Join) -> None:
        around = self._around
        config = around.config

        reading = Reading()
        inbox: Inbox[Act[Any]] = Inbox(config.inbox_low, config.inbox_high, config.inbox_max, reading.go_on)
        player = around.lobby.new_player(self.session_id, join.options, self.identity, self.caller.counted_as)
        seat = Seat(player, self, inbox, config.refusals_max, around.resyncs_max, config.inbox_bytes_max)
        reading.of(seat)
        try:
            around.lobby.enter(join, seat, around.clock.now_ns())
        except JoinRejected as rejected:
            self._reject(rejected.reason, rejected.detail, rejected.retry_after_s)
        else:
            self._take(seat)

    def _resume(self, resume: Resume) -> None:
        """Check everything before anything is touched: a wrong token changes nothing for anybody."""
        around = self._around
        seat = around.lobby.seat_of(resume.room_id, resume.player_id)
        match = around.tokens.match(seat.credentials, resume.token) if seat is not None else Match.NO
        if seat is None or match is Match.NO or seat.player.user_id != self.identity.user_id:
            around.metrics.resumes_refused += 1
            self.websocket.close(UNAUTHORIZED.code, "unauthorized: there is no seat for this token")
        elif match is Match.BEFORE and not seat.away:
            self._reject("resume_busy", "another connection has just resumed this seat and was not heard of since")
        else:
            self._take(seat)
            self._decoder = around.decoders.for_game(around.lobby.game_of(seat))
            around.tokens.rotate(seat.credentials, match)
            around.lobby.resume(seat, self, resume.tick)

    def _reject(self, reason: str, detail: str, retry_after_s: float = 0.0) -> None:
        if self._advance(Event.REJECTED):
            self._push(Rejected(reason, detail, retry_after_s))

    def _take(self, seat: Seat | None) -> None:
        """Have this seat, or none."""
        self._around.metrics.seated += (seat is not None) - (self._seat is not None)
        self._seat = seat
        if seat is not None:
            self._weights, self._short_bytes = seat.weights, seat.weights.short_bytes

    def _give_up_seat(self) -> None:
        seat = self._seat
        if seat is not None:
            self._take(None)
            self._around.lobby.leave(seat)
            self.websocket.resume()  # the inbox that had it paused is gone

    def _drop_seat(self) -> None:
        seat = self._seat
        if seat is not None:
            self._take(None)
            self._around.metrics.drops += self._around.lobby.drop(seat)

    def _advance(self, event: Event) -> bool:
        """Walk the session's table; an event that has no place there ends the connection."""
        after = step(self.state, event)
        if after is None:
            self._close(UNEXPECTED, f"{event.value} has no place in a session that is {self.state.value}")
            return False
        self.state = after
        return True

    def _close(self, row: CloseCode, reason: str) -> None:
        self._around.metrics.messages_bad += 1
        self.websocket.close(row.code, f"{row.name}: {reason}")

    def _push(self, message: Message) -> None:
        self.websocket.push(encode(message))
