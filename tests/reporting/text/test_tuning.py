"""The tuning procedure in words: every step says what to run with the numbers of the task."""

from __future__ import annotations

from typing import get_args

import pytest

import advisor
from advisor.facts import DataFacts, ModelFacts, Plan
from advisor.reporting.sentences.tuning import STEPS, StepCode
from advisor.reporting.views.tuning import StepView, step_view


def views(*facts: DataFacts | ModelFacts | Plan | None) -> list[StepView]:
    return [step_view(step) for step in advisor.tune_plan(*facts).steps]


def test_every_step_has_its_sentences() -> None:
    assert set(STEPS) == set(get_args(StepCode))


def test_the_five_steps_carry_the_numbers_of_the_task() -> None:
    sweep, base, schedule, batch, regularisation = views(
        DataFacts(rows=6400), ModelFacts(family="mlp"), Plan(epochs=20, batch_size=64, optimizer="adamw")
    )
    assert "from 1e-7 to 1 by the same factor" in sweep.run
    assert "112 steps, about 1.1 epochs" in sweep.run
    assert "for 4 epochs each" in base.run
    assert "2 seeds each" in base.run
    assert "a cosine decay schedule after warm-up over 5 % of the run (100 steps); then with a constant" in schedule.run
    assert "at batch size 64: " in batch.run
    assert batch.run.count("; ") == 2
    assert "dropout 0, 0.1 and 0.3" in regularisation.run


def test_without_a_length_runs_are_given_as_shares() -> None:
    assert "a fifth of the full run each" in views(None, ModelFacts(family="cnn"))[1].run


def test_a_convex_model_has_no_dropout_in_its_text() -> None:
    assert "dropout" not in views(None, ModelFacts(family="logistic", convex=True))[4].run


def test_a_constant_schedule_is_compared_with_a_decay() -> None:
    assert "then with cosine decay to zero" in views(None, None, Plan(schedule="constant"))[2].run


@pytest.mark.parametrize(("optimizer", "said"), [("sgd", True), ("adamw", False)])
def test_only_sgd_is_said_to_take_a_rate_in_proportion_to_the_batch(optimizer: str, said: bool) -> None:
    assert any("in proportion" in line for line in views(None, None, Plan(optimizer=optimizer))[3].look) is said


@pytest.mark.parametrize("family", ["mlp", "logistic", "language_model", "cnn"])
def test_the_text_fits_and_has_no_gap_left(family: str) -> None:
    text = str(advisor.tune_plan(DataFacts(rows=6400), ModelFacts(family=family), Plan(epochs=20)))
    assert max(len(line) for line in text.splitlines()) <= 88
    assert "{" not in text
