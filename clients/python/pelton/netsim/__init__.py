"""Bad networks: what TCP makes of latency, loss, narrow lines and cuts, as a model; and lines that follow it."""

__all__: list[str] = []
