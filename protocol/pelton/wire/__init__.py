"""A WebSocket of either side on a swept socket or an asyncio transport: whole binary messages, every buffer bounded."""

from pelton.wire.handshake import Asked, ClientHandshake, HandshakeRefused, Page, ServerHandshake
from pelton.wire.seam import Carried, Channel, Endpoint, Meter
from pelton.wire.swept import Sweep
from pelton.wire.tls import TlsChannel
from pelton.wire.transport import TransportChannel
from pelton.wire.websocket import Phase, WebSocket

__all__ = [
    "Asked",
    "Carried",
    "Channel",
    "ClientHandshake",
    "Endpoint",
    "HandshakeRefused",
    "Meter",
    "Page",
    "Phase",
    "ServerHandshake",
    "Sweep",
    "TlsChannel",
    "TransportChannel",
    "WebSocket",
]
