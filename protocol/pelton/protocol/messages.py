"""Every message of pelton.v1 as a frozen record; nouns only. What they mean is told in protocol/SPEC.md.

Fields stand in the order in which they travel; the tag is the array's first element. Numbers below 16 go to the server.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from pelton.protocol.schema import INT_MAX, Bounds, Message, Size

__all__ = [
    "HOW_BY_ID",
    "HOW_CREATE",
    "HOW_JOIN_OR_CREATE",
    "RESYNC_GROUPS_MAX",
    "SUBPROTOCOL",
    "TICKET_MAX",
    "TOKEN_BYTES",
    "Act",
    "Draining",
    "EventFrame",
    "Frame",
    "GroupAgreed",
    "Heard",
    "Hello",
    "Join",
    "Joined",
    "Leave",
    "Left",
    "Option",
    "Ping",
    "Pong",
    "Reason",
    "Refusal",
    "Rejected",
    "Resume",
    "Resumed",
    "Resync",
    "SeatCard",
    "ServerMessage",
    "Verify",
    "Welcome",
]

SUBPROTOCOL = "pelton.v1"

HOW_JOIN_OR_CREATE, HOW_CREATE, HOW_BY_ID = 0, 1, 2

A = TypeVar("A")

RESYNC_GROUPS_MAX = 64
TOKEN_BYTES = 16
"""Of a resume token: 128 bits, at random."""

TICKET_MAX = 2048
"""Characters of what shows who somebody is."""

Index: TypeAlias = Annotated[int, Bounds(0, INT_MAX)]
GroupAgreed: TypeAlias = tuple[Index, Index, Index]
"""A table, a group of it, a tick."""
Seq: TypeAlias = Annotated[int, Bounds(1, INT_MAX)]
Option: TypeAlias = (
    Annotated[str, Size(128)]
    | Annotated[int, Bounds(-INT_MAX, INT_MAX)]
    | Annotated[float, Bounds(-1e300, 1e300)]
    | bool
    | None
)


class Hello(Message, tag=1, frozen=True):
    """The first message of a client. `client` names the program, for the server's log; `ticket` shows who it is."""

    client: Annotated[str, Size(64)]
    ticket: Annotated[str, Size(TICKET_MAX)] = ""

    def __repr__(self) -> str:
        """Without the ticket: it is a secret, and what is written somewhere is read by somebody."""
        return f"Hello({self.client!r})"


class Join(Message, tag=2, frozen=True):
    """Ask for a seat: in any room of a game, in a new room, or in the room of this id."""

    how: Annotated[int, Bounds(0, 2)]
    target: Annotated[str, Size(64, low=1)]
    options: Annotated[dict[Annotated[str, Size(32)], Option], Size(16)]


class Leave(Message, tag=3, frozen=True):
    """Give the seat back."""


class Act(Message, Generic[A], tag=4, frozen=True):
    """One action of the player; `seq` rises with each. `seen` is the tick on the player's screen, 0 if not told."""

    seq: Seq
    action: A
    seen: Annotated[int, Bounds(0, INT_MAX)] = 0


class Ping(Message, tag=5, frozen=True):
    """Measure the round trip: answered at once with the same nonce."""

    nonce: Annotated[int, Bounds(0, 2**32 - 1)]


class Verify(Message, tag=6, frozen=True):
    """Ask for the digest of every group in sight, in the next frame."""


class Resync(Message, tag=7, frozen=True):
    """Ask for groups whole, because their digest was not the replica's: table, group, the tick they last agreed at."""

    groups: Annotated[list[GroupAgreed], Size(RESYNC_GROUPS_MAX)]


class Heard(Message, tag=8, frozen=True):
    """All frames up to this tick have arrived. Said twice a second or so: it shows that the client is alive."""

    tick: Index


class Resume(Message, tag=9, frozen=True):
    """Take a seat again whose connection was lost; `tick` is the last frame that arrived, 0 for none."""

    room_id: Annotated[str, Size(64, low=1)]
    player_id: Annotated[int, Bounds(1, INT_MAX)]
    token: Annotated[bytes, Size(TOKEN_BYTES, low=TOKEN_BYTES)]
    tick: Index


class Welcome(Message, tag=16, frozen=True):
    """The answer to hello."""

    session_id: str
    server: str
    message_bytes_max: int


class Joined(Message, tag=17, frozen=True):
    """The seat is taken. `actions` and `tables` say how this room's actions and state look on the wire."""

    room_id: str
    game: str
    player_id: int
    tick_hz: float
    tick: int
    actions: list[tuple[str, list[str]]]
    tables: list[tuple[str, str, list[list[Any]]]]
    """Of each its name, `table` or `record`, and its columns."""


class Rejected(Message, tag=18, frozen=True):
    """No seat. The connection stays; the client may ask for another room."""

    reason: str
    detail: str
    retry_after_s: float = 0.0
    """After so many seconds it may be different; 0 if nobody knows."""


class Left(Message, tag=19, frozen=True):
    """The seat is given back, asked for or not. Actions without an answer are void."""

    reason: str


class Reason:
    """Why an action was refused."""

    LATE = "late"
    OVERFLOW = "overflow"
    INVALID = "invalid"
    RATE = "rate"
    NOT_ALLOWED = "not_allowed"


Refusal: TypeAlias = tuple[int, str]


class Frame(Message, tag=20, frozen=True):
    """What happened in one tick. The first two fields are the client's own, the rest is the same bytes for many."""

    ack: int
    refused: list[Refusal]
    tick: int
    base: int
    hidden: list[list[int]]
    parts: list[list[Any]]


class Pong(Message, tag=21, frozen=True):
    """The answer to ping; `time_us` is the server's own monotonic clock."""

    nonce: int
    time_us: int


class SeatCard(Message, tag=22, frozen=True):
    """Follows `Joined`: the room's events, and what brings the seat back after a lost connection."""

    events: list[tuple[str, list[str]]]
    token: bytes
    """Empty if seats are not kept."""
    grace_s: float


class Resumed(Message, tag=23, frozen=True):
    """The seat is taken again. The next frame builds on the tick that the client named, or is a keyframe."""

    tick: int
    received: int
    """The highest `seq` that has arrived; what was sent after it was lost."""
    events_lost: int
    """Events that can not be told again."""
    token: bytes
    """For the next time."""


class EventFrame(Message, tag=24, frozen=True):
    """A frame with events: `[name, field, ...]` each, in the order in which they happened."""

    ack: int
    refused: list[Refusal]
    events: list[list[Any]]
    tick: int
    base: int
    hidden: list[list[int]]
    parts: list[list[Any]]


class Draining(Message, tag=25, frozen=True):
    """The server is going to stop: nobody new gets a seat, and rooms that have not ended by then are ended."""

    ends_in_s: float
    retry_after_s: float
    """When to connect again; another number for each client, so that not all come at once."""


ServerMessage: TypeAlias = (
    Welcome | Joined | Rejected | Left | Frame | Pong | SeatCard | Resumed | EventFrame | Draining
)
