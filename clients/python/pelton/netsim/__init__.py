"""Bad networks: what TCP makes of latency, loss, narrow lines and cuts, as a model; and lines that follow it.

The model (`Conditions`, `Route`, `Way`, `Fate`, `Uplink`) is pure: it reads no clock and opens no socket. The command
line and simulations import this package, so nothing here may import asyncio or sockets before they are needed.
"""

from pelton.netsim.conditions import BadConditions, Conditions
from pelton.netsim.fate import Fate
from pelton.netsim.presets import PRESETS, parse
from pelton.netsim.through import dial_through
from pelton.netsim.uplink import Uplink
from pelton.netsim.way import Route, Way

__all__ = ["PRESETS", "BadConditions", "Conditions", "Fate", "Route", "Uplink", "Way", "dial_through", "parse"]
