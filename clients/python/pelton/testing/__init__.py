"""Server, bots and network on one virtual clock in one process, for the tests of a game."""

__all__: list[str] = []
