"""The async client: connect, take a seat, act, watch the state.

async with connect("ws://127.0.0.1:7777/") as client:
    room = await client.join_or_create("arena", name="Ada")
    async for frame in room:
        await room.act("steer", turn=0.5, thrust=1)
"""

from pelton.client.client import Client, connect
from pelton.client.errors import (
    BadAction,
    CannotConnect,
    ClientError,
    Closed,
    JoinRejected,
    NotSeated,
    ServerFault,
    StateMismatch,
    TooFast,
)
from pelton.client.replica import Replica, ReplicaRow, ReplicaTable
from pelton.client.room import Action, Frame, Room

__all__ = [
    "Action",
    "BadAction",
    "CannotConnect",
    "Client",
    "ClientError",
    "Closed",
    "Frame",
    "JoinRejected",
    "NotSeated",
    "Replica",
    "ReplicaRow",
    "ReplicaTable",
    "Room",
    "ServerFault",
    "StateMismatch",
    "TooFast",
    "connect",
]
