"""What a framework's own objects state holds only where the user says nothing."""

from __future__ import annotations

from advisor.facts import Plan, completed_settings, says

STATED = {"epochs": 3, "batch_size": 8, "precision": None, "optimizer": "adam"}


def test_what_is_stated_fills_what_is_left_open() -> None:
    assert completed_settings({}, STATED) == {"epochs": 3, "batch_size": 8, "optimizer": "adam"}
    assert completed_settings({"batch_size": 64}, STATED) == {"epochs": 3, "batch_size": 64, "optimizer": "adam"}


def test_what_the_plan_says_wins_and_a_run_has_one_length() -> None:
    plan = Plan(steps=500, optimizer="sgd")
    assert completed_settings({"plan": plan}, STATED) == {"plan": plan, "batch_size": 8}
    assert completed_settings({"steps": 10}, {"epochs": 3}) == {"steps": 10}
    assert completed_settings({"epochs": 2}, {"steps": 30}) == {"epochs": 2}
    assert (says({"plan": plan}, "optimizer"), says({"plan": None}, "optimizer")) == (True, False)
