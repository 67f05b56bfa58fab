"""The sampled curve is the schedule, at any length."""

from __future__ import annotations

from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest

from advisor.facts.names import SCHEDULES, ScheduleName
from advisor.reporting.charts.curve_points import BLOCKS, curve_of, sparkline
from advisor.results import Recommendation


@pytest.fixture(params=SCHEDULES)
def recommendation(request: pytest.FixtureRequest, make: ModuleType) -> Recommendation:
    schedule: ScheduleName = request.param
    return make.typical().recommendation.replaced(schedule=schedule)


def test_between_samples_a_straight_line_is_close_to_the_schedule(recommendation: Recommendation) -> None:
    curve = curve_of(recommendation)
    steps = np.arange(recommendation.total_steps)
    true = [recommendation.learning_rate_at(int(step)) for step in steps]
    drawn = np.interp(steps, *np.array(curve.points).T)
    assert np.abs(drawn - true).max() <= 0.045 * recommendation.learning_rate


@pytest.mark.parametrize("total", [1, 2, 7, 2_000_000_000, None])
def test_every_length_of_run_has_a_curve(recommendation: Recommendation, total: int | None) -> None:
    curve = curve_of(recommendation.replaced(total_steps=total))
    steps = [step for step, _ in curve.points]
    assert steps == sorted(set(steps))
    assert steps[0] == 0
    assert curve.relative == (total is None)
    if total:
        assert steps[-1] == total - 1
    assert curve.peak[1] <= recommendation.learning_rate * (1 + 1e-12)


def test_a_step_schedule_keeps_its_edges(make: ModuleType) -> None:
    recommendation = make.typical().recommendation.replaced(schedule="step", warmup_fraction=0.0, total_steps=100_000)
    points = curve_of(recommendation).points
    falls = [after[0] - before[0] for before, after in pairwise(points) if before[1] - after[1] > 0.05 * points[0][1]]
    assert falls == [1, 1]  # the third, from 1 % of the peak to 0.1 %, is too small to see


def test_the_sparkline_rises_and_falls_with_the_schedule(make: ModuleType) -> None:
    line = sparkline(make.typical().recommendation.replaced(warmup_fraction=0.3), 20)
    heights = [BLOCKS.index(character) for character in line]
    assert len(line) == 20
    top = heights.index(max(heights))
    assert heights[: top + 1] == sorted(heights[: top + 1])
    assert heights[top:] == sorted(heights[top:], reverse=True)
    assert heights[-1] == 0
