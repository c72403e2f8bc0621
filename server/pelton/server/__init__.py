"""What a game is written with. A game is one file that imports from here and nothing else of Pelton."""

from pelton.protocol.schema import Action, Bounds, Event, Size
from pelton.server.auth.identity import Authenticator, Credentials, Identity, Refused
from pelton.server.simulate.errors import GameError, RowError
from pelton.server.simulate.pipeline import Played
from pelton.server.simulate.room import Room, Tick
from pelton.server.simulate.seat import Player
from pelton.server.simulate.state.array import ColumnArray
from pelton.server.simulate.state.grid import Grid
from pelton.server.simulate.state.groups import By, Everyone, Groups, OwnerOnly, Team
from pelton.server.simulate.state.numbers import F32, F64, I8, I16, I32, U8, U16, U32, Bool, Quant
from pelton.server.simulate.state.objects import Bytes, Json, Str
from pelton.server.simulate.state.past import Past
from pelton.server.simulate.state.record import Record
from pelton.server.simulate.state.row import Row
from pelton.server.simulate.state.table import Table
from pelton.streams import Stream

__all__ = [
    "F32",
    "F64",
    "I8",
    "I16",
    "I32",
    "U8",
    "U16",
    "U32",
    "Action",
    "Authenticator",
    "Bool",
    "Bounds",
    "By",
    "Bytes",
    "ColumnArray",
    "Credentials",
    "Event",
    "Everyone",
    "GameError",
    "Grid",
    "Groups",
    "Identity",
    "Json",
    "OwnerOnly",
    "Past",
    "Played",
    "Player",
    "Quant",
    "Record",
    "Refused",
    "Room",
    "Row",
    "RowError",
    "Size",
    "Str",
    "Stream",
    "Table",
    "Team",
    "Tick",
]
