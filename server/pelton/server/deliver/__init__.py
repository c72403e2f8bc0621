"""Changes to sockets: encoded once for all who share them, one frame a client a tick, nothing queued."""
