"""What one player is promised for as long as he has a seat: a ledger on the client's side, held against the game's."""

from __future__ import annotations

from pelton.client import Frame, Room
from tests.simulation.hall import Hall
from tests.simulation.verdict import Fail

__all__ = ["Stay"]


class Stay:
    """One seat, from the join to its end, over all connections."""

    def __init__(self, who: str, room: Room, hall: Hall, fail: Fail) -> None:
        self.who = who
        self.room = room
        self.hall = hall
        self.player_id = room.player_id
        self.leaving = False
        """Whether he wants to go."""
        self.dropped_s: float | None = None
        """Since when his connection is lost, as far as he knows."""
        self.frames = 0
        self.sent: set[int] = set()
        self.invalid: set[int] = set()
        """Of these such as the game cannot understand."""
        self.unsent: set[int] = set()
        """What `act` raised for: never sent."""
        self.taken: set[int] = set()
        self.refused: dict[int, str] = {}
        self._fail = fail
        self._noted = hall.noted_before.get(room.player_id, 0)
        self._whispers = 0

    @property
    def settled(self) -> bool:
        """Seated, connected, and every action answered."""
        return self.room.connected and self.room.left_reason is None and not self.room.unanswered

    def apply(self, number: int) -> None:
        """The game has applied an action of this player."""
        if number in self.refused:
            self._wrong("a refused action is never applied", f"action {number} was refused ({self.refused[number]})")
        elif number in self.unsent:
            self._wrong("what was not sent is never applied", f"action {number} was given up by the client")
        elif number not in self.sent:
            self._wrong("what was not sent is never applied", f"action {number} was never sent")

    def saw(self, frame: Frame) -> None:
        """The client has taken in a frame."""
        self.frames += 1
        if frame.divergences:
            self._wrong("the replica is the server's view", f"{frame.divergences[0]}")
        self._answers(frame)
        self._events(frame)
        self._state(frame)

    def at_end(self) -> None:
        """Time is over, and nothing was in the way: each action was answered, in one of two ways."""
        lost = self.sent - self.taken - set(self.refused)
        if lost:
            self._wrong("every action is answered", f"actions {sorted(lost)[:5]} were neither taken nor refused")
        both = self.taken & set(self.refused)
        if both:
            self._wrong("every action is answered once", f"actions {sorted(both)[:5]} were taken and refused")

    def _answers(self, frame: Frame) -> None:
        applied = self.hall.applied.get(self.player_id, ())
        for number, reason in frame.refused:
            if number in self.refused or number in self.taken:
                self._wrong("every action is answered once", f"action {number} is refused and was answered before")
            if number in applied:
                self._wrong("a refused action is never applied", f"action {number} was applied, tick {frame.tick}")
            self.refused[number] = reason
        for number, _ in frame.taken:
            if number in self.taken or number in self.refused:
                self._wrong("every action is answered once", f"action {number} is taken and was answered before")
            if number not in applied:
                why = "it is invalid" if number in self.invalid else "the game has not got it"
                self._wrong("what is acknowledged was applied", f"action {number}, by tick {frame.tick}: {why}")
            self.taken.add(number)

    def _events(self, frame: Frame) -> None:
        missed = 0
        for event in frame.events:
            serial = event.fields["serial"]
            if event.name == "noted":
                missed += self._gap("noted", self._noted, serial)
                self._noted = serial
            elif event.name == "whispered":
                missed += self._gap("whispered", self._whispers, serial)
                self._whispers = serial
        due = self.hall.noted_by_tick.get(frame.tick, 0), self.hall.whispers_by_tick[frame.tick].get(self.player_id, 0)
        missed += due[0] - self._noted + due[1] - self._whispers
        lost = frame.resumed.events_lost if frame.resumed is not None else 0
        if missed > lost or self._noted > due[0] or self._whispers > due[1]:
            seen = f"up to {self._noted} and {self._whispers} of {due[0]} and {due[1]} at tick {frame.tick}"
            self._wrong("events come once and in order", f"{missed} are missing, {lost} owned up to: {seen}")
        self._noted, self._whispers = due

    def _gap(self, name: str, last: int, serial: int) -> int:
        if serial <= last:
            self._wrong("events come once and in order", f"{name} {serial} comes after {last}")
        return max(serial - last - 1, 0)

    def _state(self, frame: Frame) -> None:
        shadow, secret = self.hall.shadows[frame.tick]
        marks = self.room.state["marks"].pick(("count", "last"))
        if marks != shadow:
            self._wrong("the replica is the server's view", f"tick {frame.tick}: marks {marks} are {shadow} there")
        own = {self.player_id: (self.player_id, secret[self.player_id])} if self.player_id in secret else {}
        secrets = self.room.state["secrets"].pick(("owner", "total"))
        if secrets != own:
            self._wrong("the replica is the server's view", f"tick {frame.tick}: secrets {secrets} are {own} there")

    def _wrong(self, law: str, text: str) -> None:
        self._fail(law, self.who, text)
