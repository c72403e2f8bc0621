"""The life of a session as a table. Pure: server and client walk it, the SPEC prints it, a test visits every cell.

             hello  join    act  leave    ping verify resync heard resume  |welcome joined resumed rejected left
    fresh    judged -       -    -        -    -      -      -     -       |-       -      -       -        -
    judged   -      -       -    -        -    -      -      -     -       |greeted -      -       -        -
    greeted  -      joining -    -        same -      -      -     joining |-       -      -       -        -
    joining  -      -       -    -        same -      -      -     -       |-       seated seated  greeted  same
    seated   -      -       same unseated same same   same   same  -       |-       -      -       -        unseated
    unseated -      joining same same     same same   same   same  -       |-       -      -       -        same

`-` ends the connection with 4405. `judged` is who has said hello and is not known yet: the server reads nothing of him
meanwhile. `unseated` differs from `greeted` in two things: whatever belonged to the seat and was under way when it was
given back is no fault of the client and is ignored; and no seat can be resumed by who has just had one. A `left` while
joining belongs to the seat before.
"""

from __future__ import annotations

import enum

__all__ = ["TRANSITIONS", "Event", "State", "step"]


class State(enum.Enum):
    """Where a session stands."""

    FRESH = "fresh"
    JUDGED = "judged"
    """The server finds out who it is; it reads nothing meanwhile."""
    GREETED = "greeted"
    JOINING = "joining"
    SEATED = "seated"
    UNSEATED = "unseated"


class Event(enum.Enum):
    """What moves it: the client's messages, and the server's five answers."""

    HELLO = "hello"
    JOIN = "join"
    ACT = "act"
    LEAVE = "leave"
    PING = "ping"
    VERIFY = "verify"
    RESYNC = "resync"
    HEARD = "heard"
    RESUME = "resume"
    WELCOME = "welcome"
    JOINED = "joined"
    RESUMED = "resumed"
    REJECTED = "rejected"
    LEFT = "left"


TRANSITIONS: dict[State, dict[Event, State]] = {
    State.FRESH: {
        Event.HELLO: State.JUDGED,
    },
    State.JUDGED: {
        Event.WELCOME: State.GREETED,
    },
    State.GREETED: {
        Event.JOIN: State.JOINING,
        Event.RESUME: State.JOINING,
        Event.PING: State.GREETED,
    },
    State.JOINING: {
        Event.PING: State.JOINING,
        Event.JOINED: State.SEATED,
        Event.RESUMED: State.SEATED,
        Event.REJECTED: State.GREETED,
        Event.LEFT: State.JOINING,
    },
    State.SEATED: {
        Event.ACT: State.SEATED,
        Event.LEAVE: State.UNSEATED,
        Event.PING: State.SEATED,
        Event.VERIFY: State.SEATED,
        Event.RESYNC: State.SEATED,
        Event.HEARD: State.SEATED,
        Event.LEFT: State.UNSEATED,
    },
    State.UNSEATED: {
        Event.JOIN: State.JOINING,
        Event.ACT: State.UNSEATED,
        Event.LEAVE: State.UNSEATED,
        Event.PING: State.UNSEATED,
        Event.VERIFY: State.UNSEATED,
        Event.RESYNC: State.UNSEATED,
        Event.HEARD: State.UNSEATED,
        Event.LEFT: State.UNSEATED,
    },
}


def step(state: State, event: Event) -> State | None:
    """The state after the event, or None if the event has no place there."""
    return TRANSITIONS[state].get(event)
