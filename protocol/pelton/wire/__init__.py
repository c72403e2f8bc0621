"""A WebSocket of either side on a swept socket or an asyncio transport: whole binary messages, every buffer bounded."""

from pelton.wire.handshake import ClientHandshake, HandshakeRefused, Page, ServerHandshake
from pelton.wire.seam import Channel, Endpoint, Meter
from pelton.wire.swept import Sweep
from pelton.wire.transport import TransportChannel
from pelton.wire.websocket import Phase, WebSocket

__all__ = [
    "Channel",
    "ClientHandshake",
    "Endpoint",
    "HandshakeRefused",
    "Meter",
    "Page",
    "Phase",
    "ServerHandshake",
    "Sweep",
    "TransportChannel",
    "WebSocket",
]
