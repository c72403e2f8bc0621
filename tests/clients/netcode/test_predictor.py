"""A prediction is what the server will say; where it was not, the error fades, and never grows by itself."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import Action, TooFast
from pelton.client.predictor import Predictor
from tests.clients.netcode.game import TICK_S, WORLD, Game, step

PUSH = Action("push", push=40.0)


def predictor(**options: Any) -> Predictor:
    made = Predictor(step, ["x", "speed"], tick_s=TICK_S, **options)
    made.correct({"x": 100.0, "speed": 0.0}, 0, (), (), 0.0)
    return made


def shown_x(made: Predictor, now_s: float) -> float:
    shown = made.shown(now_s)
    assert shown is not None
    return float(shown["x"])


def apart(one: float, other: float) -> float:
    return abs((one - other + WORLD / 2) % WORLD - WORLD / 2)


# Matching.


@pytest.mark.parametrize(("up", "down"), [(0, 0), (1, 2), (5, 3), (0.5, 0.7)])
@given(st.integers(0, 2**32).map(Random))
def test_without_loss_the_prediction_is_the_authority_ahead_of_time(up: float, down: float, dice: Random) -> None:
    """One step a tick on both sides, in the same order: the state predicted for a step is that which comes back."""
    game = Game(dice)
    for _ in range(30):
        game.play(up, down)
    corrected_before = game.predictor.stats.corrected
    for _ in range(60):
        game.play(up, down)
    stats = game.predictor.stats
    assert stats.corrected == corrected_before, "only while the first actions were under way"
    assert stats.matched > 0
    state = game.predictor.state
    assert state is not None
    assert state == pytest.approx(game.predictor.shown(game.now_s + 60), abs=1e-6)


def test_at_once_without_a_network_there_is_no_correction_at_all() -> None:
    game = Game(Random(1))
    for _ in range(200):
        game.play(0, 0)
        assert (game.predictor.state, len(game.predictor)) == (game.row, 0)
        assert game.predictor.shown(game.now_s) == game.row
    assert (game.predictor.stats.matched, game.predictor.stats.corrected) == (199, 0)


@pytest.mark.parametrize("seed", range(10))
def test_idle_ticks_are_predicted_too(seed: int) -> None:
    game = Game(Random(seed), pushes=0.4)
    for _ in range(300):
        game.play(2, 2)
    assert game.predictor.stats.matched > 0.9 * (game.predictor.stats.matched + game.predictor.stats.corrected)
    assert len(game.predictor) <= 6


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("refuses", [0.0, 0.2])
def test_under_jitter_and_refusals_the_prediction_comes_back_to_the_authority(seed: int, refuses: float) -> None:
    dice = Random(seed)
    game = Game(dice, refuses=refuses)
    for _ in range(300):
        game.play(dice.uniform(1, 4), dice.uniform(1, 4))
        shown = game.predictor.shown(game.now_s)
        assert shown is None or 0 <= shown["x"] < WORLD
    assert (game.predictor.stats.refused > 0) == (refuses > 0)
    assert game.predictor.stats.largest_error < 200
    for _ in range(100):  # the player does nothing more, and predicts nothing
        game.tick += 1
        game.serve(1)
        game.receive()
    state, row = game.predictor.state, game.row
    assert state is not None
    assert row is not None
    assert apart(state["x"], row["x"]) <= 3 * abs(row["speed"]) * TICK_S + 1e-6
    assert len(game.predictor) == 0


def test_a_push_of_the_server_is_a_correction_that_fades() -> None:
    made = predictor(half_life_s=0.1)
    made.act(1, PUSH, TICK_S)
    before = shown_x(made, 1.0)
    made.correct({"x": 150.0, "speed": 0.0}, 1, (), (), 1.0)  # an explosion; the action is still under way
    state = made.state
    assert state is not None
    assert state["x"] == pytest.approx(152.0)
    assert shown_x(made, 1.0) == pytest.approx(before)
    assert shown_x(made, 1.1) == pytest.approx((before + 152) / 2)
    assert shown_x(made, 9.0) == pytest.approx(152.0)
    assert made.stats.corrected == 1
    assert made.stats.largest_error == pytest.approx(50.0)


def test_an_error_beyond_the_snap_distance_is_not_smoothed() -> None:
    made = predictor(snap=20.0)
    made.correct({"x": 150.0, "speed": 0.0}, 1, (), (), 1.0)
    assert (shown_x(made, 1.0), made.stats.snapped) == (150.0, 1)


def test_an_error_goes_the_shorter_way_round() -> None:
    made = Predictor(step, ["x"], tick_s=TICK_S, wrap={"x": WORLD}, half_life_s=0.1)
    made.correct({"x": 4095.0, "speed": 0.0}, 0, (), (), 0.0)
    made.correct({"x": 3.0, "speed": 0.0}, 1, (), (), 1.0)
    assert made.stats.largest_error == pytest.approx(4.0)
    assert [shown_x(made, at_s) for at_s in (1.0, 1.1, 9.0)] == pytest.approx([4095.0, 1.0, 3.0])


def test_what_is_no_fraction_is_corrected_at_once() -> None:
    made = Predictor(lambda state, *_: state, ["x"], tick_s=TICK_S)
    made.correct({"x": 1.0, "lives": 3}, 0, (), (), 0.0)
    made.correct({"x": 1.0, "lives": 2}, 1, (), (), 1.0)
    assert made.shown(1.0) == {"x": 1.0, "lives": 2}
    assert (made.stats.corrected, made.stats.largest_error) == (1, 0.0)


def test_a_refused_action_is_taken_back() -> None:
    made = predictor()
    made.act(1, PUSH, TICK_S)
    made.act(2, PUSH, TICK_S)
    assert made.state == {"x": pytest.approx(105.0), "speed": 60.0}
    made.correct({"x": 100.0, "speed": 0.0}, 1, (), {1}, 1.0)
    assert made.state == {"x": pytest.approx(102.0), "speed": 40.0}
    assert (len(made), made.stats.refused) == (1, 1)


def test_an_action_that_was_never_sent_is_taken_back() -> None:
    made = predictor()
    made.act(1, PUSH, TICK_S)
    made.withdraw(1)
    assert (made.state, len(made)) == ({"x": 100.0, "speed": 0.0}, 0)


# Rows that come and go, and what is not in them.


def test_a_row_that_is_gone_is_not_predicted_and_comes_back_without_an_error() -> None:
    made = predictor()
    made.act(1, PUSH, TICK_S)
    made.correct(None, 1, {1}, (), 1.0)
    assert (made.state, made.shown(1.0), len(made)) == (None, None, 0)
    made.act(2, PUSH, TICK_S)
    made.correct(None, 1, (), (), 1.0)
    made.correct({"x": 900.0, "speed": 0.0}, 1, (), (), 1.1)
    assert made.state == {"x": pytest.approx(902.0), "speed": 40.0}
    assert made.shown(1.1) == made.state


def test_a_frame_after_many_that_were_skipped_leaves_only_what_is_under_way() -> None:
    made = predictor()
    for seq in range(1, 9):
        made.act(seq, PUSH, TICK_S)
        made.idle()
    made.correct({"x": 500.0, "speed": 1.0}, 14, set(range(1, 7)), (), 1.0)
    assert len(made) == 4
    made.correct({"x": 500.0, "speed": 1.0}, 2, {7, 8}, (), 1.0)
    assert len(made) == 1
    made.correct({"x": 500.0, "speed": 1.0}, 1, (), (), 1.0)
    assert len(made) == 0


def test_what_was_done_before_an_action_that_is_taken_is_past() -> None:
    """A client whose ticks are shorter than the server's."""
    made = predictor()
    for _ in range(3):
        made.idle()
    made.act(1, PUSH, TICK_S)
    made.idle()
    made.correct({"x": 500.0, "speed": 1.0}, 1, {1}, (), 1.0)
    assert len(made) == 1


def test_what_a_step_adds_of_its_own_is_carried_on() -> None:
    """A server that remembers more than it shows, as who steers till told otherwise."""

    def steered(state: dict[str, Any], action: Action | None, dt: float) -> dict[str, Any]:
        turn = state.get("turn", 0.0) if action is None else action.fields["turn"]
        return {**state, "turn": turn, "x": state["x"] + turn * dt}

    made = Predictor(steered, ["x"], tick_s=1.0)
    made.correct({"x": 0.0}, 0, (), (), 0.0)
    made.act(1, Action("steer", turn=2.0), 1.0)
    made.correct({"x": 2.0}, 1, {1}, (), 0.1)
    made.idle()
    assert made.state == {"x": 4.0, "turn": 2.0}
    made.correct({"x": 4.0}, 1, (), (), 0.2)
    assert (made.state, made.stats.matched) == ({"x": 4.0, "turn": 2.0}, 2)


# Bounds.


def test_more_steps_than_may_be_kept_are_too_fast() -> None:
    made = predictor(pending_max=2)
    made.act(1, PUSH, TICK_S)
    assert made.idle()
    with pytest.raises(TooFast, match="2 steps"):
        made.check_room()
    assert not made.idle()
    assert len(made) == 2


@pytest.mark.parametrize(
    "options", [{"half_life_s": 0.0}, {"pending_max": 0}, {"tolerance": -1.0}, {"wrap": {"z": 1.0}}]
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"more|go round"):
        predictor(**options)


def test_the_step_never_sees_the_state_that_is_shown() -> None:
    made = predictor()
    before = made.state
    made.act(1, PUSH, TICK_S)
    assert before == {"x": 100.0, "speed": 0.0}
