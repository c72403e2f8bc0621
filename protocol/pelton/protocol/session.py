"""The life of a session as a table. Pure: server and client walk it, the SPEC prints it, a test visits every cell.

                 hello     join      act      leave     ping   verify   resync | joined   rejected   left
    fresh        greeted   -         -        -         -      -        -      | -        -          -
    greeted      -         joining   -        -         same   -        -      | -        -          -
    joining      -         -         -        -         same   -        -      | seated   greeted    same
    seated       -         -         same     unseated  same   same     same   | -        -          unseated
    unseated     -         joining   same     same      same   same     same   | -        -          same

`-` ends the connection with 4405. `unseated` differs from `greeted` in one thing: actions, a leave and questions about
the state that were under way when the seat was given back are no fault of the client; they are ignored. A `left` while
joining belongs to the seat before.
"""

from __future__ import annotations

import enum

__all__ = ["TRANSITIONS", "Event", "State", "step"]


class State(enum.Enum):
    """Where a session stands."""

    FRESH = "fresh"
    GREETED = "greeted"
    JOINING = "joining"
    SEATED = "seated"
    UNSEATED = "unseated"


class Event(enum.Enum):
    """What moves it: the client's messages, and the server's three answers."""

    HELLO = "hello"
    JOIN = "join"
    ACT = "act"
    LEAVE = "leave"
    PING = "ping"
    VERIFY = "verify"
    RESYNC = "resync"
    JOINED = "joined"
    REJECTED = "rejected"
    LEFT = "left"


TRANSITIONS: dict[State, dict[Event, State]] = {
    State.FRESH: {
        Event.HELLO: State.GREETED,
    },
    State.GREETED: {
        Event.JOIN: State.JOINING,
        Event.PING: State.GREETED,
    },
    State.JOINING: {
        Event.PING: State.JOINING,
        Event.JOINED: State.SEATED,
        Event.REJECTED: State.GREETED,
        Event.LEFT: State.JOINING,
    },
    State.SEATED: {
        Event.ACT: State.SEATED,
        Event.LEAVE: State.UNSEATED,
        Event.PING: State.SEATED,
        Event.VERIFY: State.SEATED,
        Event.RESYNC: State.SEATED,
        Event.LEFT: State.UNSEATED,
    },
    State.UNSEATED: {
        Event.JOIN: State.JOINING,
        Event.ACT: State.UNSEATED,
        Event.LEAVE: State.UNSEATED,
        Event.PING: State.UNSEATED,
        Event.VERIFY: State.UNSEATED,
        Event.RESYNC: State.UNSEATED,
        Event.LEFT: State.UNSEATED,
    },
}


def step(state: State, event: Event) -> State | None:
    """The state after the event, or None if the event has no place there."""
    return TRANSITIONS[state].get(event)
