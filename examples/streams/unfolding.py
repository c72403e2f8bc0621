"""`unfold` makes items of a state: one step for each item that is asked for, and none ahead.

It prints:

    delays before trying again: [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    steps made: 6
    binary digits of 13, last first: [1, 0, 1, 1]
"""

from __future__ import annotations

from pelton.streams import unfold

steps: list[float] = []


def next_delay(delay: float) -> tuple[float, float]:
    """The item, and the state of the next step. This one never ends."""
    steps.append(delay)
    return delay, min(delay * 2, 8.0)


def next_digit(rest: int) -> tuple[int, int] | None:
    """None is the end."""
    return (rest % 2, rest // 2) if rest else None


def main() -> None:
    delays = unfold(0.5, next_delay)
    print("delays before trying again:", list(delays.take(6).ready()))
    print("steps made:", len(steps))

    print("binary digits of 13, last first:", list(unfold(13, next_digit).ready()))


if __name__ == "__main__":
    main()
