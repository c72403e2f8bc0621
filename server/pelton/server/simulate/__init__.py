"""Actions to changes: the tick, the rooms and their games.

Synchronous; knows no socket, no event loop and no wall clock.
"""
