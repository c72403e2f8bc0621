"""The client's copy of a room's state: tables of rows, rebuilt from frames, on numpy or without it."""

from pelton.client.replica.divergence import Divergence
from pelton.client.replica.events import Added, Changed, Removed
from pelton.client.replica.parts import SharedParts
from pelton.client.replica.replica import Applied, Doubt, Replica
from pelton.client.replica.row import ReplicaRow
from pelton.client.replica.table import ReplicaTable

__all__ = [
    "Added",
    "Applied",
    "Changed",
    "Divergence",
    "Doubt",
    "Removed",
    "Replica",
    "ReplicaRow",
    "ReplicaTable",
    "SharedParts",
]
