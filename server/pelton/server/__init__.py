"""What a game is written with. A game is one file that imports from here and nothing else of Pelton."""

from pelton.protocol.schema import Action, Bounds, Size
from pelton.server.simulate.columns import F64, I8, I16, I32, U8, U16, U32, Bool, Quant, Str
from pelton.server.simulate.errors import GameError, RowError
from pelton.server.simulate.pipeline import Played
from pelton.server.simulate.room import Room, Tick
from pelton.server.simulate.row import Row, Table
from pelton.server.simulate.seat import Player
from pelton.streams import Stream

__all__ = [
    "F64",
    "I8",
    "I16",
    "I32",
    "U8",
    "U16",
    "U32",
    "Action",
    "Bool",
    "Bounds",
    "GameError",
    "Played",
    "Player",
    "Quant",
    "Room",
    "Row",
    "RowError",
    "Size",
    "Str",
    "Stream",
    "Table",
    "Tick",
]
