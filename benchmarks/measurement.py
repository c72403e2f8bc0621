"""What one run of the load found out, and what would make it worthless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["COMPLETE_MIN", "Measurement"]

COMPLETE_MIN = 0.95  # of what should have been delivered and applied
LOAD_CPU_SHARE_MAX = 0.90  # beyond it the load measures itself


@dataclass(frozen=True, slots=True)
class Measurement:
    """One server, one number of clients, one window."""

    clients: int
    tick_hz: float
    window_s: float
    deliveries: int
    deliveries_expected: int
    delivery_bytes: float
    """Mean length on the wire, WebSocket header included."""
    actions_sent: int
    actions_applied: int
    """As the delivered state shows it."""
    actions_blocked: int
    server_cpu_ns: int
    server_waited_ns: int
    connection_kib: float
    rss_kib: int
    began_s: float
    """`time.monotonic()` at the beginning of the window."""
    late_p50_ms: float
    late_p99_ms: float
    send_late_p99_ms: float
    """How far the load was behind its own plan."""
    load_cpu_share: float
    refused: int
    others: int
    closed: int

    @property
    def delivery_us(self) -> float:
        """CPU for one delivered update, with the action that goes with it where R = T."""
        return self.server_cpu_ns / 1000 / max(1, self.deliveries)

    @property
    def action_us(self) -> float:
        """CPU for one action, with whatever was delivered meanwhile."""
        return self.server_cpu_ns / 1000 / max(1, self.actions_sent)

    @property
    def delivered(self) -> float:
        """Share of the expected deliveries that came; off by up to `edge`."""
        return self.deliveries / max(1, self.deliveries_expected)

    @property
    def applied(self) -> float:
        """Share of the actions that show in the state."""
        return self.actions_applied / max(1, self.actions_sent)

    @property
    def edge(self) -> float:
        """Share of the window that one tick is: what comes a moment after its end is not lost."""
        return 1 / (self.tick_hz * self.window_s)

    @property
    def waited(self) -> float:
        """Share of the window in which the server was kept from its core by others."""
        return self.server_waited_ns / 1e9 / self.window_s

    def problems(self) -> Iterator[str]:
        """Everything for which this measurement must not be used."""
        if self.delivered + self.edge < COMPLETE_MIN:
            yield f"only {self.delivered:.0%} delivered"
        if self.applied + self.edge < COMPLETE_MIN:
            yield f"only {self.applied:.0%} of the actions applied"
        if self.load_cpu_share > LOAD_CPU_SHARE_MAX:
            yield f"load took {self.load_cpu_share:.0%} of its core"
        if self.closed:
            yield f"{self.closed} connections closed"
        if self.refused:
            yield f"{self.refused} actions refused"
        if self.others:
            yield f"{self.others} messages that are no state"
