"""What a simulated world of sessions is like, and what happens to it, drawn from a seed.

Each seed switches a random subset of the faults on (swarm testing): what all of them together would hide is found when
some are missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from tests.simulation.hall import Hall, Nook

__all__ = ["KINDS", "Plan"]

KINDS = (
    "barred",  # actions that the game refuses, and invalid ones
    "chatter",  # rooms tell more than some clients take
    "clogs",  # lines that stand still and go on
    "cuts",  # lines that break; either side notices first, late, or by itself only
    "drain",  # SIGTERM in the middle, then another server
    "ends",  # rooms end
    "floods",  # clients send far too much
    "jumps",  # nobody has the processor for a while
    "kicks",
    "lazy",  # games that take no actions for a while
    "leaves",
    "naps",  # clients whose program does not look at frames
    "overload",
    "raises",  # callbacks of the game that raise
    "stalls",  # the server's process alone stands still
    "storm",  # everybody comes at once, and there is not room for all
    "swizzle",  # lines are stopped one by one, and go on in another order
    "villain",  # wrong tokens, old tokens, garbage
)
GENTLE = frozenset({"barred", "ends", "kicks", "leaves", "jumps", "stalls", "overload", "raises"})
ON = 0.35
GENTLY = 0.15
"""So many worlds have only faults that cut nobody."""
FAULTS_S = (4.0, 8.0)
EVENTS_MANY = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """One world."""

    seed: int
    kinds: frozenset[str]
    game: type[Hall]
    bots: int
    rooms_max: int
    grace_s: float
    latency_ms: float
    jitter_ms: float
    window_bytes: int
    faults_s: float
    """When faults end."""
    events_max: int

    @property
    def is_gentle(self) -> bool:
        """Whether the worst that happens to lines and clients is that a process stands still."""
        return self.kinds <= GENTLE and self.events_max >= EVENTS_MANY

    @property
    def capacity(self) -> int:
        """Seats in all rooms together."""
        return self.rooms_max * self.game.seats

    @classmethod
    def draw(cls, seed: int, only: Iterable[str] | None = None) -> Plan:
        """What the seed says; `only` replaces the kinds of faults."""
        random = Random(f"{seed}/plan")
        kinds = frozenset(kind for kind in KINDS if random.random() < ON)
        if random.random() < GENTLY:
            kinds &= GENTLE
        game = Nook if random.random() < 0.3 else Hall
        storm = "storm" in (kinds if only is None else only)
        bots = random.randint(3, 6)
        least = -(-bots // game.seats)
        return cls(
            seed=seed,
            kinds=kinds if only is None else frozenset(only),
            game=game,
            bots=bots,
            rooms_max=max(1, least - 1) if storm else least + 1,
            grace_s=random.choice((1.0, 2.0, 4.0)),
            latency_ms=random.choice((0.3, 10.0, 60.0)),
            jitter_ms=random.choice((0.0, 5.0)),
            window_bytes=random.choice((1500, 4000, 131_072)),
            faults_s=random.uniform(*FAULTS_S),
            events_max=EVENTS_MANY if kinds <= GENTLE else random.choice((16, 64, EVENTS_MANY)),
        )

    def settings(self) -> list[str]:
        """Of the server: short times, small bounds."""
        number = Random(f"{self.seed}/server").getrandbits(50) + 1
        return [
            f"simulate.seed={number}",
            f"simulate.grace_s={self.grace_s}",
            f"simulate.rooms_max={self.rooms_max}",
            "simulate.room_empty_ttl_s=1.0",
            "simulate.action_age_max_ms=600",
            "simulate.room_faults_per_minute_max=10000",
            "server.drain_timeout_s=1.0",
            "server.retry_after_s=0.2",
            "server.shutdown_timeout_s=2.5",
            "receive.hello_timeout_s=2.0",
            "receive.message_timeout_s=2.0",
            "receive.ping_after_s=1.0",
            "receive.silence_timeout_s=3.0",
            "receive.flood_timeout_s=0.5",
            "receive.refusals_max=32",
            "receive.intake_interval_ms=10",
            "deliver.stall_timeout_s=1.0",
            "deliver.slow_after_s=0.7",
            "deliver.ack_lag_max_s=2.0",
            "deliver.digest_interval_ticks=20",
            "deliver.history_ticks=30",
            f"deliver.events_max={self.events_max}",
            "deliver.cosmetic_max=4",
            "deliver.backlog_bytes_max=8192",
            "receive.message_bytes_max=2048",
            "overload.up_after_windows=1",
            "overload.down_after_windows=2",
            "overload.room_timeout_s=2.0",
        ]
