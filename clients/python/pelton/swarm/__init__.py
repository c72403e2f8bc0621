"""Headless bots: the logic of each is an async generator that yields actions.

    @bot
    async def wanderer(me):
        async for frame in me.frames():
            yield Action("steer", turn=me.random.uniform(-1, 1), thrust=1.0)

`pelton swarm --behaviour module:wanderer` plays many of them. The command line imports this package to
read its arguments, so nothing here may import the client before it is needed.
"""

from pelton.swarm.behaviour import BadBehaviour, Behaviour, bot
from pelton.swarm.me import Me

__all__ = ["BadBehaviour", "Behaviour", "Me", "bot"]
