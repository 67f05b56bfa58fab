"""Rows in the order of time are a series; whole numbers along which the target jumps may be codes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import advisor

RNG = np.random.default_rng(5)


def notes_of(frame: pd.DataFrame, target: str = "y") -> str:
    found = advisor.profile(frame, target=target)
    return "\n".join([*found.notes, *(one.note or "" for one in found.columns)])


@pytest.mark.parametrize(
    ("step", "said"),
    [("h", "one an hour"), ("D", "one a day"), ("W", "one a week"), ("MS", "one a month"), ("YS", "one a year")],
)
def test_a_series_and_its_step_are_recognised(step: str, said: str) -> None:
    when = pd.date_range("1980-01-01", periods=120, freq=step)
    frame = pd.DataFrame({"when": when, "a": RNG.normal(size=120), "y": RNG.normal(size=120)})
    notes = notes_of(frame)
    assert f"a series: they are in the order of 'when', {said}." in notes
    assert "drifts" not in notes
    backwards = frame.iloc[::-1].assign(y=np.linspace(3, 0, 120) + RNG.normal(size=120))
    assert "'y' drifts: its last fifth lies" in notes_of(backwards)


def test_rows_in_any_other_order_are_no_series() -> None:
    when = pd.date_range("2024-01-01", periods=200, freq="h")
    y = RNG.normal(size=200)
    assert "a series" not in notes_of(pd.DataFrame({"when": RNG.permutation(when), "a": y**2, "y": y}))
    panel = pd.DataFrame({"when": np.repeat(when[:20], 10), "a": y**2, "y": y})
    assert "a series" not in notes_of(panel)


def test_codes_are_told_from_numbers_by_what_the_target_does_along_them() -> None:
    rows = 900
    code, hours = RNG.integers(1, 9, rows), RNG.integers(0, 24, rows)
    effect = np.array([0.0, 3.0, -2.0, 4.0, -3.0, 2.0, -1.0, 3.5])[code - 1]
    noise = RNG.normal(size=rows)
    frame = pd.DataFrame({"code": code, "hours": hours, "y": effect + 0.004 * (hours - 12.0) ** 2 + noise})
    notes = notes_of(frame)
    assert "say --types code=text" in notes
    assert "--types hours" not in notes
    flags = pd.DataFrame({"code": code, "hours": hours, "y": np.where(effect + noise > 0, "yes", "no")})
    assert "say --types code=text" in notes_of(flags)
    assert "--types" not in notes_of(frame.assign(y=noise))
