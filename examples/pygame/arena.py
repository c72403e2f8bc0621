"""The arena: `pip install pelton pygame-ce`, `python arena.py [URL [NAME]]`. Arrow keys fly, space shoots."""

import asyncio
import math
import sys
import time

import pygame

from pelton.client import Room, connect

WORLD, SEES, SIZE, HULL = 4096, 1000, 800, ((14, 0), (-9, -8), (-5, 0), (-9, 8))
WRAP = {"x": WORLD, "y": WORLD, "angle": (-math.pi, math.pi)}  # the world has no edges, an angle neither


async def fly(room: Room) -> None:
    async for _ in room:  # twenty times a second, until the seat is given back
        keys = pygame.key.get_pressed()
        await room.act("steer", turn=float(keys[pygame.K_RIGHT] - keys[pygame.K_LEFT]), thrust=float(keys[pygame.K_UP]))
        if keys[pygame.K_SPACE]:
            await room.act("shoot")


def draw(screen: pygame.Surface, font: pygame.Font, room: Room, ships: dict[int, tuple[float, ...]]) -> None:
    def on_screen(*to: float) -> pygame.Vector2:
        return pygame.Vector2([((to[i] - eye[i] + WORLD / 2) % WORLD - WORLD / 2) * SIZE / SEES for i in (0, 1)])

    screen.fill("#0b0f16")
    eye, pilots = [at - SEES / 2 for at in ships.get(room.player_id, (0, 0, 0))[:2]], room.state.pilots
    for shot in room.state.shots:  # told once, where and when it was fired
        way = 700 * max(0.0, room.shown_tick - shot.fired) / room.tick_hz
        to = on_screen(shot.x + math.cos(shot.angle) * way, shot.y + math.sin(shot.angle) * way)
        pygame.draw.circle(screen, "#ffd9c9", to, 2)
    for ship in room.state.ships:
        if ship.id in ships and not ship.respawn:
            x, y, angle = ships[ship.id]
            hull = [on_screen(x, y) + pygame.Vector2(corner).rotate_rad(angle) for corner in HULL]
            pygame.draw.aalines(screen, "#7df0cf" if ship.id == room.player_id else "#b58be8", True, hull)
            name = font.render(pilots[ship.id].name, True, "#8493a8")
            screen.blit(name, name.get_rect(center=on_screen(x, y + 32)))
    for line, pilot in enumerate(sorted(pilots, key=lambda pilot: -pilot.score)[:8]):
        screen.blit(font.render(f"{pilot.score:3}  {pilot.name}", True, "#d3dcea"), (12, 10 + 20 * line))


async def main(url: str = "ws://127.0.0.1:7777/", name: str = "pygame") -> None:
    pygame.display.init(), pygame.font.init()
    screen, font = pygame.display.set_mode((SIZE, SIZE)), pygame.font.SysFont("sans", 15)
    async with connect(url) as client, asyncio.TaskGroup() as beside:
        room = await client.join_or_create("arena", name=name)
        view = room.interpolate("ships", "x", "y", "angle", wrap=WRAP, snap=500)
        beside.create_task(fly(room))
        while room.left_reason is None and not pygame.event.get(pygame.QUIT):
            room.shown_tick = view.tick(room.clock.tick(time.monotonic()))
            draw(screen, font, room, view.at(room.shown_tick))
            pygame.display.flip()
            await asyncio.sleep(1 / 60)
        await room.leave()


asyncio.run(main(*sys.argv[1:]))
