"""Many sources, one tick loop: a fair merge, drained without awaiting.

Every player has an inbox. In each tick `sweep` takes at most 2 items a player and 8 in all. Mallory floods; so does
Oscar, with moves that a filter drops. It prints:

    tick 0: mallory 1, ada 1, bob 1, mallory 2, ada 2, bob left: quit
    tick 1: mallory 3, ada 3, mallory 4, ada failed: no such move
    tick 2: mallory 5, mallory 6
    still waiting: mallory 9,994, oscar 9,994
    oscar: 0 delivered, 6 dropped
"""

from __future__ import annotations

import asyncio

from pelton.streams import Err, Inbox, Left, Merge, interval

MOVES = {"mallory": range(1, 10_001), "oscar": [-1] * 10_000, "ada": [1, 2, 3], "bob": [1]}


def said(player: str, item: int | Err | Left) -> str:
    match item:
        case Left(reason):
            return f"{player} left: {reason}"
        case Err(error):
            return f"{player} failed: {error}"
        case move:
            return f"{player} {move}"


async def main() -> None:
    merge: Merge[str, int] = Merge()
    inboxes: dict[str, Inbox[int]] = {}
    for player, moves in MOVES.items():
        inbox = inboxes[player] = Inbox(low=10, high=100, hard=10_000)
        merge.add(player, inbox.filter(lambda move: move > 0))
        for move in moves:
            inbox.offer(move)  # called by whoever receives it, and never waits
    inboxes["bob"].end(reason="quit")
    inboxes["ada"].end(ValueError("no such move"))

    async for tick in interval(asyncio.get_running_loop(), period_s=0.02, late="burst").take(3):
        taken = [said(player, item) for player, item in merge.sweep(quantum=2, total=8)]  # no await in here
        print(f"tick {tick}:", ", ".join(taken))

    print("still waiting:", ", ".join(f"{player} {len(inbox):,}" for player, inbox in inboxes.items() if inbox))
    oscar = merge.stats("oscar")
    print(f"oscar: {oscar.delivered} delivered, {oscar.dropped} dropped")


if __name__ == "__main__":
    asyncio.run(main())
