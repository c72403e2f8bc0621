"""Server, bots and network on one virtual clock in one process, for the tests of a game.

    async with simulate(Arena, bots=8, seed=1) as world:
        await world.run(seconds=60)

Simulated time runs as fast as the machine can; the same game, bots, seed and network do the same again.
"""

from pelton.testing.failure import Failure, SimulationFailed
from pelton.testing.script import Acted, Script, Stall, Visit
from pelton.testing.world import World, simulate

__all__ = ["Acted", "Failure", "Script", "SimulationFailed", "Stall", "Visit", "World", "simulate"]
