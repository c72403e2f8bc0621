"""A counter where drinks are made to order: nothing is made ahead, and `poll` has three answers.

It prints:

    the counter is open, and nothing was made
    order: not yet, I will call you
      the bell rings
      making a cup of mocha
    order: here is your cup of mocha
    order: we are closed
"""

from __future__ import annotations

from pelton.streams import CLOSED, PENDING, Inbox, Poll


def make_cup(beans: str) -> str:
    print(f"  making a cup of {beans}")
    return f"cup of {beans}"


def ring() -> None:  # a waker: it only notes that asking again may help
    print("  the bell rings")


def spoken(answer: str | Poll) -> str:
    if answer is PENDING:
        return "not yet, I will call you"
    if answer is CLOSED:
        return "we are closed"
    return f"here is your {answer}"


def main() -> None:
    deliveries: Inbox[str] = Inbox(low=0, high=4, hard=8)
    counter = deliveries.map(make_cup)
    print("the counter is open, and nothing was made")

    print("order:", spoken(counter.poll(ring)))
    deliveries.offer("mocha")  # rings the bell, once; makes nothing
    print("order:", spoken(counter.poll(ring)))

    deliveries.end()
    print("order:", spoken(counter.poll(ring)))


if __name__ == "__main__":
    main()
