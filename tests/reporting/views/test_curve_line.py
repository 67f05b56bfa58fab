"""Logged curves as a line of block characters."""

from __future__ import annotations

from advisor.reporting.views.diagnosis import curve_line
from advisor.results import LoggedCurve


def line(*values: float | None) -> str:
    shares = tuple(index / len(values) for index in range(len(values)))
    return curve_line(LoggedCurve(name="loss", role="loss", shares=shares, values=values), width=len(values))


def test_a_fall_is_drawn_as_one() -> None:
    assert line(4.0, 3.0, 2.0, 1.0) == "█▆▃▁"


def test_rounding_is_no_movement() -> None:
    assert len(set(line(0.2, 0.2 + 3e-17, 0.2, 0.2 - 3e-17, 0.2))) == 1


def test_what_is_not_finite_is_marked() -> None:
    assert line(1.0, None, 2.0)[1] == "×"
