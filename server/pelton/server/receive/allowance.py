"""How many frames each connection may send: a token bucket, and backpressure in the place of a verdict for each frame.

The WebSocket counts down a number; only when it is used up is anybody asked. Whoever has nothing left is not read,
and the kernel slows him down; with each look at the sockets he gets what the time since then has earned him. Only who
takes all of that at once, look after look, is a flood and is closed. Reads no clock: the looks bring the time.
"""

from __future__ import annotations

from pelton.protocol.close_codes import RATE_LIMITED
from pelton.server.clock import NS_PER_S
from pelton.server.config import ReceiveConfig
from pelton.server.metrics import Metrics
from pelton.wire import Phase, WebSocket

__all__ = ["Allowance", "Allowances"]

SHARES = 4
"""A bucket hands out a quarter of a burst at a time. Of what is out nobody knows when it was used; it counts as used
when more is asked for, so that never more than a burst passes at once, and after a rest three quarters of one at least.
"""
HEARTBEATS_PATIENCE = 5
"""A flood of pings and pongs has this part of the time: no game sends them, and each is answered."""
HEARTBEAT_FRAMES = 3
"""What a ping or pong counts besides itself is one less than this. Of long ones few are read at a look: counted once,
a flood of them would live on its burst for longer than the whole flood may last.
"""
STALL_NS = NS_PER_S
"""When a look comes so much after the one before, the process stood still. What has piled up is nobody's fault."""

_CLOSED = Phase.CLOSED


class Allowances:
    """What the allowances of all connections share, and those of them that have to wait."""

    def __init__(self, config: ReceiveConfig, metrics: Metrics, now_ns: int) -> None:
        self.rate = config.frames_per_second_max
        self.burst = config.frames_burst_max
        self.share = max(self.burst // SHARES, 1)
        self.now_ns = now_ns
        """Of the latest look."""
        self.short: dict[Allowance, None] = {}
        """Who was held, and has not been seen to be content since."""
        self.metrics = metrics
        self._timeout_ns = round(config.flood_timeout_s * NS_PER_S)
        self._step_ns_max = 2 * config.intake_seated_interval_ms * 1_000_000
        self._lenient_until_ns = now_ns

    def begin(self, now_ns: int) -> int:
        """A look begins. Answers how much time it stands for: not more than looks usually are apart."""
        passed_ns = now_ns - self.now_ns
        self.now_ns = now_ns
        if passed_ns > STALL_NS:
            self._lenient_until_ns = now_ns + passed_ns
        return min(passed_ns, self._step_ns_max)

    def refill(self, step_ns: int, *, judge: bool) -> None:
        """After the sockets were read: give those who wait what they have earned, and end those who never have enough.

        `judge` is False if not everybody was read: who seems content may be about to go on.
        """
        judge = judge and self.now_ns >= self._lenient_until_ns
        for allowance in list(self.short):
            websocket = allowance.websocket
            if websocket.phase is _CLOSED:
                del self.short[allowance]
            elif websocket.held:
                if judge and allowance.insists:
                    allowance.short_ns += step_ns
                patience = HEARTBEATS_PATIENCE if allowance.beats else 1
                if allowance.short_ns * patience >= self._timeout_ns:
                    del self.short[allowance]
                    self.metrics.floods_closed += 1
                    websocket.close(RATE_LIMITED.code, f"{RATE_LIMITED.name}: more than {self.rate} frames a second")
                elif not websocket.credit:
                    websocket.grant(allowance.earned())
            elif judge:
                del self.short[allowance]
                allowance.insists = False
                allowance.short_ns = 0


class Allowance:
    """One connection's bucket: the meter of its WebSocket."""

    __slots__ = (
        "_around",
        "_before",
        "_level",
        "_out",
        "_share",
        "_since_ns",
        "granted",
        "insists",
        "short_ns",
        "websocket",
    )

    def __init__(self, around: Allowances) -> None:
        self._around = around
        self._level = around.burst
        """Frames in the bucket. What is out does not count, nor is there room for it. Pings may leave it in debt."""
        self._out = 0
        self._since_ns = around.now_ns
        """Up to when the bucket was filled."""
        self.granted = 0
        """Frames so far. Less the WebSocket's credit it is how many have come."""
        self.insists = False
        """Whether what was given was taken at once, and more was wanted."""
        self.short_ns = 0
        """How long that has been so without a break."""
        self._before = 0, 0
        """The same for the share before that."""
        self._share = 0, 0
        """Frames that had come when more was asked for last, and how many of them were pings and pongs."""
        self.websocket: WebSocket

    @property
    def used(self) -> int:
        """Frames that have come."""
        return self.granted - self.websocket.credit

    @property
    def beats(self) -> bool:
        """Whether most of what has come lately are pings and pongs."""
        used, heartbeats = self._before
        return 2 * (self.websocket.heartbeats - heartbeats) > self.used - used

    def spent(self) -> int:
        """What is out was used up; see `pelton.wire.Meter`."""
        if self.granted:
            self._before = self._share
            self._share = self.used, self.websocket.heartbeats
            self._level -= (HEARTBEAT_FRAMES - 1) * (self._share[1] - self._before[1])
        granted = self.earned()
        if not granted:
            self.insists = True
            self._enlist()
            self._around.metrics.reads_held += 1
        return granted

    def earned(self) -> int:
        """Take what there is out of the bucket, up to a share."""
        around = self._around
        gained = (around.now_ns - self._since_ns) * around.rate // NS_PER_S
        level, room = self._level + gained, around.burst - self._out
        if level < room:
            self._since_ns += -(-gained * NS_PER_S // around.rate)
        else:  # full: what the time would have earned besides, a part of a frame too, is lost
            level = room
            self._since_ns = around.now_ns
        self._out = out = max(0, min(level, around.share))
        self._level = level - out
        self.granted += out
        return out

    def behind(self) -> None:
        """One visit was not enough for what was read; see `pelton.wire.Meter`."""
        self._around.metrics.slices_cut += 1

    def full(self) -> None:
        """The room takes fewer actions than come, so that reading has stopped. Once is no flood, again and again is."""
        if self in self._around.short:
            self.insists = True
        else:
            self._enlist()

    def _enlist(self) -> None:
        """It is short from now on."""
        self._around.short[self] = None
