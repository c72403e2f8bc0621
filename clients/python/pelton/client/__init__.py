"""The async client: connect, take a seat, act, watch the state.

async with connect("ws://127.0.0.1:7777/") as client:
    room = await client.join_or_create("arena", name="Ada")
    async for frame in room:
        await room.act("steer", turn=0.5, thrust=1)
"""

from pelton.client.backoff import Backoff
from pelton.client.client import Client, connect
from pelton.client.clock import ServerClock, TickClock
from pelton.client.errors import (
    BadAction,
    CannotConnect,
    ClientError,
    Closed,
    JoinRejected,
    NotSeated,
    ServerFault,
    TooFast,
)
from pelton.client.frame import Action, Event, Frame, Resumption
from pelton.client.interpolation import Interpolation
from pelton.client.prediction import Prediction
from pelton.client.predictor import PredictionStats
from pelton.client.replica import (
    Added,
    Changed,
    Divergence,
    Removed,
    Replica,
    ReplicaRow,
    ReplicaTable,
    SharedParts,
)
from pelton.client.room import Room

__all__ = [
    "Action",
    "Added",
    "Backoff",
    "BadAction",
    "CannotConnect",
    "Changed",
    "Client",
    "ClientError",
    "Closed",
    "Divergence",
    "Event",
    "Frame",
    "Interpolation",
    "JoinRejected",
    "NotSeated",
    "Prediction",
    "PredictionStats",
    "Removed",
    "Replica",
    "ReplicaRow",
    "ReplicaTable",
    "Resumption",
    "Room",
    "ServerClock",
    "ServerFault",
    "SharedParts",
    "TickClock",
    "TooFast",
    "connect",
]
