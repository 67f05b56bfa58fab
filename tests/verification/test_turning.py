"""Where held-out losses turn: found beyond noise only, in any unit; where the length is open, the run ends there."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import advisor
from advisor.training.pruning import Look
from advisor.verification.challengers import nearest_to
from advisor.verification.point import Point
from advisor.verification.turning import at_its_turn, held_out_curve, turn_of

STEPS = 100
LOOKS = (10, 25, 50, 75)


def trials(levels: list[float], *, noise: float = 0.0, seeds: int = 2, rows: int = 200, factor: float = 1.0) -> Point:
    """Return trials whose held-out loss has these levels at the looks and at the end, on rows of unequal losses."""
    drawn = np.random.default_rng(0)
    looks, ends = [], []
    for _ in range(seeds):
        hard = drawn.exponential(1.0, rows)
        hard /= hard.mean()
        seen = [factor * (level * hard + noise * drawn.normal(size=rows)) for level in levels]
        looks.append(tuple(Look(at, array("d", one), ()) for at, one in zip(LOOKS, seen[:-1], strict=True)))
        ends.append(tuple(seen[-1]))
    losses = tuple(float(np.mean(one)) for one in ends)
    return Point(math.log(1e-3), losses, held_out=tuple(ends), looks=tuple(looks), steps=STEPS)


def test_a_loss_that_rises_under_every_seed_turns_where_it_is_lowest() -> None:
    turn = turn_of(trials([1.0, 0.6, 0.5, 0.7, 0.9]))
    assert turn is not None
    assert (turn.step, turn.loss, turn.end) == (50, pytest.approx(0.5), pytest.approx(0.9))


@pytest.mark.parametrize(
    "levels",
    [
        [1.0, 0.8, 0.6, 0.5, 0.4],
        [1.0, 0.8, 0.6, 0.5, 0.5],
        [1.0, 0.8, 0.5, 0.5, 0.505],  # one per cent
    ],
)
def test_a_loss_that_does_not_rise_by_much_does_not_turn(levels: list[float]) -> None:
    assert turn_of(trials(levels)) is None


def test_a_rise_within_the_error_of_the_samples_is_none() -> None:
    levels = [1.0, 0.8, 0.5, 0.52, 0.55]
    assert turn_of(trials(levels)) is not None
    assert turn_of(trials(levels, noise=1.0)) is None


def test_a_rise_under_one_seed_alone_is_none() -> None:
    rising, falling = trials([1.0, 0.6, 0.5, 0.9, 1.5], seeds=1), trials([1.0, 0.6, 0.5, 0.48, 0.47], seeds=1)
    both = Point(
        rising.log_rate,
        (*rising.losses, *falling.losses),
        held_out=(*rising.held_out, *falling.held_out),
        looks=(*rising.looks, *falling.looks),
        steps=STEPS,
    )
    assert turn_of(rising) is not None
    assert turn_of(both) is None


def test_a_rise_of_a_few_rows_is_none() -> None:
    point = trials([1.0, 0.6, 0.5, 0.5, 0.5], seeds=1)
    wild = (point.held_out[0][0] + 100.0, *point.held_out[0][1:])
    shaken = Point(
        point.log_rate, (float(np.mean(wild)),), held_out=(tuple(wild),), looks=point.looks, steps=point.steps
    )
    assert shaken.losses[0] > 1.5 * point.losses[0]
    assert turn_of(shaken) is None


def test_of_an_open_length_a_rise_is_enough_that_is_more_likely_than_not() -> None:
    likely = trials([1.0, 0.8, 0.5, 0.52, 0.55], noise=1.0)
    assert turn_of(likely) is None
    assert at_its_turn(likely).turn is not None
    assert at_its_turn(trials([1.0, 0.8, 0.5, 0.502, 0.505], noise=1.0)).turn is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.1, 2.0), min_size=5, max_size=5), st.floats(1e-6, 1e6))
def test_the_unit_of_the_loss_changes_nothing(levels: list[float], factor: float) -> None:
    plain, scaled = (turn_of(trials(levels, noise=0.05, factor=one)) for one in (1.0, factor))
    assert (plain is None) == (scaled is None)
    if plain is not None and scaled is not None:
        assert plain.step == scaled.step


def test_trials_at_their_turn_are_those_of_there() -> None:
    point = trials([1.0, 0.6, 0.5, 0.7, 0.9])
    there = at_its_turn(point)
    assert there.mean == pytest.approx(0.5)
    assert np.mean(there.held_out[0]) == pytest.approx(there.losses[0])
    assert held_out_curve(there) == held_out_curve(point)
    assert there.turn == turn_of(point) == turn_of(there)
    assert at_its_turn(there) is there


def overfitting(**plan: object) -> advisor.Advice:
    """Advise on a net that learns 160 noisy rows by heart."""
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(160, 20, generator=drawn)
    y = 2.0 * x[:, :1] + 2.0 * torch.randn(160, 1, generator=drawn)
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1))
    return advisor.advise(model, (x, y), "mse", batch_size=32, optimizer="adamw", schedule="cosine", **plan)


def test_an_open_length_ends_where_the_loss_turns_in_recommendation_and_code() -> None:
    advice = overfitting()
    rec, verdict = advice.recommendation, advice.verdict
    assert rec.stop_steps is not None
    assert rec.total_steps is not None
    assert rec.stop_steps < 0.85 * rec.total_steps
    said = {note.code for note in verdict.notes}
    assert said & {"stops_where_loss_turns", "run_is_shortened"}
    turned = [trial for trial in verdict.trials if trial.turn_steps is not None and trial.role == "candidate"]
    assert turned
    for trial in turned:
        assert trial.mean == pytest.approx(min(loss for _, loss in trial.held_out_curve))
    code = advice.code()
    assert f"STOP_STEPS = {rec.stop_steps}" in code
    assert "while step < STOP_STEPS" in code
    assert f"TOTAL_STEPS = {rec.total_steps}" in code
    assert "stopped after" in advice.explain()


def test_a_length_that_the_user_fixed_stays_and_the_turn_is_a_remark() -> None:
    advice = overfitting(epochs=100)
    assert advice.recommendation.epochs == 100
    assert advice.recommendation.stop_steps is None
    notes = {note.code: dict(note.values) for note in advice.verdict.notes}
    trials = [trial for trial in advice.verdict.trials if trial.role == "candidate" and trial.turn_steps is not None]
    assert trials
    for trial in trials:
        assert trial.mean == pytest.approx(trial.held_out_curve[-1][1])
    reasons = {reason.code for reason in advice.verdict.reasons}
    nearest = nearest_to(advice.verdict.learning_rate, advice.verdict.trials)  # which it is depends on the plan
    assert nearest is not None
    if nearest.turn_steps is not None and "overfits_before_its_end" not in reasons:
        assert notes.keys() & {"held_out_loss_turns", "short_trials_turn"}
