"""The catalogue of schedules: one name and one shape each, whoever asks."""

from __future__ import annotations

import math

import pytest

from advisor.catalogue.schedule_curve import multiplier
from advisor.catalogue.schedules import SCHEDULE_INFO, SCHEDULES, ScheduleName
from advisor.facts import Facts, Plan
from advisor.facts.derived import DERIVED
from advisor.reporting.charts.trials_info import recipe_of
from advisor.reporting.views.answer import schedule_in_words, setting_value
from advisor.results import Interval, Recommendation, Trial


def test_every_name_has_an_entry() -> None:
    assert tuple(SCHEDULE_INFO) == SCHEDULES
    for info in SCHEDULE_INFO.values():
        assert info.title
        assert info.source


@pytest.mark.parametrize("name", SCHEDULES)
def test_one_title_in_every_part_of_a_report(name: ScheduleName) -> None:
    title = SCHEDULE_INFO[name].title
    interval = Interval(lower=0.01, upper=0.04)
    advised = Recommendation(learning_rate=0.02, interval=interval, optimizer="adamw", schedule=name)
    trial = Trial(optimizer="adamw", schedule=name, learning_rate=0.02, losses=(1.0,), mean=1.0)
    assert schedule_in_words(advised) == title
    assert setting_value("schedule", name) == title
    assert recipe_of(trial) == f"AdamW, {title}"


@pytest.mark.parametrize("name", SCHEDULES)
def test_what_decays_ends_below_a_tenth_of_its_peak(name: ScheduleName) -> None:
    info = SCHEDULE_INFO[name]
    assert multiplier(name, 999, 1_000) == pytest.approx(info.default_final)
    assert info.decays == (info.default_final < 0.1)
    assert DERIVED["plan.decays"].compute(Facts(plan=Plan(schedule=name))) == info.decays


@pytest.mark.parametrize("name", SCHEDULES)
def test_printed_code_draws_the_shape(name: ScheduleName) -> None:
    info = SCHEDULE_INFO[name]
    scope: dict[str, object] = {"math": math, "FINAL": info.default_final if name != "exponential" else 0.01}
    exec(f"def shape(progress):\n{info.code}", scope)  # noqa: S102 - the code under test
    for progress in (0.0, 0.2, 0.3, 0.5, 0.7, 0.81, 0.95, 1.0):
        drawn = scope["shape"](progress)  # type: ignore[operator]
        assert drawn == pytest.approx(info.shape(progress, info.default_final), abs=1e-12)
