"""The way of runs: training losses over equal parts."""

from __future__ import annotations

import math

import pytest
import torch

from advisor.training.loss_curves import PARTS, LossCurves


def test_a_part_is_the_mean_of_its_steps() -> None:
    curves = LossCurves(1, 2 * PARTS)
    for step in range(2 * PARTS):
        curves.add(step, torch.tensor([0]), torch.tensor([float(step)]))
    assert curves.of(0) == pytest.approx([2 * part + 0.5 for part in range(PARTS)])


def test_a_short_run_has_a_part_per_step_and_a_long_one_is_looked_at_now_and_then() -> None:
    short, long = LossCurves(1, 5), LossCurves(1, 100_000)
    for curves, steps in ((short, 5), (long, 100_000)):
        for step in range(steps):
            curves.add(step, torch.tensor([0]), torch.tensor([1.0 + step / steps]))
    assert len(short.of(0)) == 5
    assert len(long.of(0)) == PARTS
    assert long.of(0)[0] == pytest.approx(1.0 + 0.5 / PARTS, abs=0.1 / PARTS)


def test_a_curve_ends_where_its_run_left_or_was_no_longer_finite() -> None:
    curves = LossCurves(3, PARTS)
    for step in range(PARTS):
        runs = [0, 1, 2] if step < 6 else [0, 2]
        losses = [1.0, 2.0, math.inf if step >= 9 else 3.0] if step < 6 else [1.0, math.inf if step >= 9 else 3.0]
        curves.add(step, torch.tensor(runs), torch.tensor(losses))
    assert [len(curves.of(run)) for run in range(3)] == [PARTS, 6, 9]
