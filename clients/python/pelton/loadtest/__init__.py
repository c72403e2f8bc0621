"""Load tests: players who come and act as planned, what they measured, and the verdict."""

__all__: list[str] = []
