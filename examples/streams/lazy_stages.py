"""Stages are lazy: they do nothing when they are made, and no more than was asked for when they are polled.

It prints:

    made, and looked at so far: []
    three even squares: [4, 16, 36]
    looked at: [1, 2, 3, 4, 5, 6]
    within a budget of 100: []
    and the source went no further than 106
    running totals: [5, 7, 12]
    no repeats: [1, 2, 1]
    pairs: [('a', 1), ('b', 2)]
    lists: [[0, 1, 2], [3, 4, 5], [6]]
"""

from __future__ import annotations

import itertools

from pelton.streams import from_iter


def main() -> None:
    looked_at: list[int] = []
    numbers = from_iter(itertools.count(1)).inspect(looked_at.append)
    squares = numbers.filter(lambda number: number % 2 == 0).map(lambda number: number * number)
    print("made, and looked at so far:", looked_at)

    print("three even squares:", list(itertools.islice(squares.ready(), 3)))
    print("looked at:", looked_at)

    # A filter that lets nothing pass would run for ever: the budget counts what is taken from the source.
    print("within a budget of 100:", list(squares.filter(lambda square: square < 0).ready(limit=100)))
    print("and the source went no further than", looked_at[-1])

    print("running totals:", list(from_iter([5, 2, 5]).scan(0, lambda total, number: total + number).ready()))
    print("no repeats:", list(from_iter([1, 1, 2, 2, 2, 1]).dedup().ready()))
    print("pairs:", list(from_iter("abc").zip(from_iter([1, 2])).ready()))
    print("lists:", list(from_iter(range(7)).chunks(3).ready()))


if __name__ == "__main__":
    main()
