"""A game of one ship, its server, and a network between: for what a client predicts. Time is counted in ticks."""

from __future__ import annotations

from random import Random
from typing import Any

from pelton.client import Action
from pelton.client.predictor import Predictor

TICK_S = 0.05
WORLD = 4096.0


def step(state: dict[str, Any], action: Action | None, dt: float) -> dict[str, Any]:
    """An action pushes, and every step moves on: `speed` is what stays of earlier pushes."""
    if action is not None:
        state["speed"] = state["speed"] * 0.5 + action.fields["push"]
    state["x"] = (state["x"] + state["speed"] * dt) % WORLD
    return state


class Game:
    """Each tick the player pushes or does nothing; the server takes one step a tick with what has arrived by then."""

    def __init__(self, dice: Random, *, pushes: float = 1.0, refuses: float = 0.0, **options: Any) -> None:
        self.predictor = Predictor(step, ["x", "speed"], tick_s=TICK_S, wrap={"x": WORLD}, **options)
        self.row: dict[str, Any] | None = {"x": 4090.0, "speed": 0.0}
        self.tick = 0
        self._dice = dice
        self._pushes, self._refuses = pushes, refuses
        self._seq = 0
        self._up: list[tuple[float, int | None, Action | None]] = []
        self._down: list[tuple[float, int, dict[str, Any] | None, set[int], set[int]]] = []
        self._seen_tick = 0

    @property
    def now_s(self) -> float:
        return self.tick * TICK_S

    def play(self, up_ticks: float, down_ticks: float) -> None:
        """One tick: act, let the server step, take what has come."""
        self.tick += 1
        self.act(up_ticks)
        self.serve(down_ticks)
        self.receive()

    def act(self, up_ticks: float) -> None:
        if self._dice.random() < self._pushes:
            self._seq += 1
            action = Action("push", push=self._dice.uniform(-80, 80))
            self.predictor.act(self._seq, action, TICK_S)
            self._send(up_ticks, self._seq, action)
        else:
            self.predictor.idle()

    def serve(self, down_ticks: float) -> None:
        taken: set[int] = set()
        refused: set[int] = set()
        action = None
        while self._up and self._up[0][0] <= self.tick and action is None:
            _, seq, arrived = self._up.pop(0)
            assert seq is not None
            if self._dice.random() < self._refuses:
                refused.add(seq)
            else:
                taken.add(seq)
                action = arrived
        if self.row is not None:
            self.row = step(dict(self.row), action, TICK_S)
        at = max([self.tick + down_ticks, *(sent[0] for sent in self._down)])
        self._down.append((at, self.tick, self.row and dict(self.row), taken, refused))

    def receive(self) -> None:
        while self._down and self._down[0][0] <= self.tick:
            _, tick, row, taken, refused = self._down.pop(0)
            self.predictor.correct(row, tick - self._seen_tick, taken, refused, self.now_s)
            self._seen_tick = tick

    def _send(self, up_ticks: float, seq: int, action: Action) -> None:
        at = max([self.tick + up_ticks, *(sent[0] for sent in self._up)])
        self._up.append((at, seq, action))
