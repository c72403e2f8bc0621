"""The game whose players are bots: dots that move, in rooms of 50, so that the server is not what is measured."""

from __future__ import annotations

from benchmarks.bench_game import Bench


class Hall(Bench):
    """Everybody sees everybody."""

    seats = 50
