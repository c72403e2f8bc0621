"""A player's place in a room: the game sees the Player, the room's engine the Seat.

Both reach the connection only through the Session they were given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from pelton.protocol import Act, Joined
from pelton.protocol.close_codes import RATE_LIMITED
from pelton.protocol.messages import Option, Refusal
from pelton.server.auth.identity import ANONYMOUS, Claim, Identity
from pelton.server.recorder.tape import Tape
from pelton.server.simulate.seating import SeatEvent, Standing, step
from pelton.server.simulate.weights import Weights
from pelton.streams import Inbox

__all__ = ["ABSENT", "Player", "Questions", "Seat", "SeatCredentials", "Session"]

EventNames: TypeAlias = list[tuple[str, list[str]]]


class Player:
    """Somebody who plays in a room.

    `id` is unique in the server's life and safe to show; `options` came with the join.
    """

    __slots__ = ("connected", "focus", "id", "identity", "limit_key", "options", "seen_tick", "session_id")

    def __init__(
        self,
        player_id: int,
        session_id: str,
        options: Mapping[str, Option],
        identity: Identity = ANONYMOUS,
        limit_key: str = "",
    ) -> None:
        self.id = player_id
        self.identity = identity
        self.limit_key = limit_key
        """Whom the server's limits on joins count him with; not for games."""
        self.session_id = session_id
        self.options = options
        self.connected = True
        """False from `on_drop` to `on_resume`: his connection is lost, and his seat is kept."""
        self.focus = player_id
        """The row that he looks through where groups follow a player's row. Set it to let him watch another."""
        self.seen_tick = 0
        """What was on his screen when he did what the game is looking at now: the tick, or 0 if it was not told."""

    @property
    def user_id(self) -> str:
        """Who it is, the same every time he comes; empty if he did not have to say. See docs/auth.md."""
        return self.identity.user_id

    @property
    def claims(self) -> Mapping[str, Claim]:
        """What his ticket says of him beside that; unlike `options` it is not his own word."""
        return self.identity.claims

    @property
    def name(self) -> str:
        """The option `name` if the client sent one, else `player-<id>`."""
        name = self.options.get("name")
        return name if isinstance(name, str) and name else f"player-{self.id}"

    def __repr__(self) -> str:
        return f"Player({self.id}, {self.name!r})"


class Session(Protocol):
    """What a room needs of a player's connection."""

    def joined(self, seat: Seat, message: Joined, events: EventNames, grace_s: float) -> None:
        """The seat is taken; frames follow. For `grace_s` it is kept if the connection breaks."""
        ...

    def resumed(self, seat: Seat, tick: int, events_lost: int) -> None:
        """The seat is taken again; frames follow."""
        ...

    def replaced(self, seat: Seat) -> None:
        """Another connection has the seat now."""
        ...

    def resume_reading(self) -> None:
        """The room has taken enough actions for more to be read."""
        ...

    def left(self, seat: Seat, reason: str) -> None:
        """The seat is given back; no frame follows."""
        ...

    def sender(self) -> Callable[[bytes, bytes], bool]:
        """What sends a frame, in two parts, now or not at all: False if the client has not taken an earlier one yet."""
        ...

    @property
    def busy(self) -> bool:
        """Whether the client has not taken an earlier frame yet, so that none can be sent now."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        ...


class Absent:
    """In the place of a connection that is lost."""

    busy = True

    def joined(self, seat: Seat, message: Joined, events: EventNames, grace_s: float) -> None:
        """Nobody to tell, here and below."""

    def resumed(self, seat: Seat, tick: int, events_lost: int) -> None: ...

    def replaced(self, seat: Seat) -> None: ...

    def resume_reading(self) -> None: ...

    def left(self, seat: Seat, reason: str) -> None: ...

    def close(self, code: int, reason: str) -> None: ...

    def sender(self) -> Callable[[bytes, bytes], bool]:
        return lambda _head, _body: False


ABSENT: Session = Absent()


class SeatCredentials:
    """What brings a seat back: hashes of tokens, never the tokens.

    A new token is given out with each resume. Until the client shows that it has arrived, the one before still counts:
    the answer that carried the new one may have been lost, and with it the player.
    """

    __slots__ = ("before", "now")

    def __init__(self) -> None:
        self.now = b""
        self.before = b""
        """Empty once the newer one is known to have arrived."""


class Questions:
    """What a client wants to know about its state, with the next frame."""

    __slots__ = ("everything", "groups", "verify")

    def __init__(self) -> None:
        self.verify = False
        """The digest of every group in sight."""
        self.groups: set[tuple[int, int]] = set()
        """These groups whole: table, group."""
        self.everything = False
        """A keyframe."""


class Seat:
    """A player's seat: what he did and was not yet looked at, and what he is owed in answer."""

    __slots__ = (
        "__weakref__",
        "_questions_max",
        "_refusals_max",
        "acked",
        "after",
        "asked",
        "away",
        "credentials",
        "heard",
        "inbox",
        "live",
        "player",
        "questions",
        "received",
        "refusals",
        "refused",
        "seated",
        "session",
        "standing",
        "tape",
        "weights",
    )

    def __init__(
        self,
        player: Player,
        session: Session,
        inbox: Inbox[Act[Any]],
        refusals_max: int,
        questions_max: int = 16,
        inbox_bytes_max: int = 65_536,
    ) -> None:
        self.player = player
        self.session = session
        self.inbox = inbox
        self.weights = Weights(inbox, inbox_bytes_max)
        self.standing = Standing.RESERVED
        self.live = True
        """False once it is given back."""
        self.away = False
        """Whether the connection is lost and the seat kept."""
        self.seated = False
        """From `on_join` until `on_leave`: whether the game has this player."""
        self.after: Seat | None = None
        """The same user's seat before; the game has to have let go of it first."""
        self.credentials = SeatCredentials()
        self.received = 0
        """The highest `seq` that has arrived."""
        self.heard = 0
        """The client has said that all frames up to this tick have arrived."""
        self.acked = 0
        """Every action up to this one has been taken by the game, or refused."""
        self.refused: list[Refusal] = []
        """Refusals that the client has not been told yet."""
        self.questions: Questions | None = None
        """What the client asked about its state and was not answered yet."""
        self.asked = 0
        """Questions since the last round of digests."""
        self.refusals: dict[str, int] = {}
        """How many by reason, so far."""
        self.tape: Tape | None = None
        """Where the room's refusals are noted, if they are."""
        self._refusals_max = refusals_max
        self._questions_max = questions_max

    @property
    def waits(self) -> bool:
        """Whether its user is still in play on the seat before."""
        return self.after is not None and self.after.seated

    def advance(self, event: SeatEvent) -> None:
        """Walk the seat's table."""
        self.standing = step(self.standing, event)
        self.live = self.standing is not Standing.LEFT
        self.away = self.standing is Standing.DROPPED

    def ask(self) -> Questions:
        """Where to write down what the client asks. Who asks too much is closed."""
        self.asked += 1
        if self.asked > self._questions_max:
            self.session.close(RATE_LIMITED.code, "rate_limited: too many questions about the state")
        if self.questions is None:
            self.questions = Questions()
        return self.questions

    def refuse(self, seq: int, reason: str, action: object = None, detail: str = "") -> None:
        """Owe the client a refusal. Who is owed too many is closed: it does not read, or does nothing right.

        Of what had arrived by then as many again are kept, as he may come back, and is told of each. `action` and
        `detail` are for whoever runs the server, and are not sent.
        """
        self.refusals[reason] = self.refusals.get(reason, 0) + 1
        if self.tape is not None:
            name = "" if action is None else action if isinstance(action, str) else type(action).__name__
            self.tape.refused(self.player.id, seq, reason, name, detail)
        if len(self.refused) < 2 * self._refusals_max:
            self.refused.append((seq, reason))
        if len(self.refused) > self._refusals_max:
            self.session.close(RATE_LIMITED.code, "rate_limited: too many refused actions")
