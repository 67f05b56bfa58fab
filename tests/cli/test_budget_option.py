"""``--budget`` takes names and seconds."""

from __future__ import annotations

import pytest

from advisor.cli.profile_command import checked_budget
from advisor.errors import PlanError


def test_names_and_seconds() -> None:
    assert checked_budget("quick") == "quick"
    assert checked_budget("2.5") == 2.5


@pytest.mark.parametrize("wrong", ["0", "-3", "nan", "inf", "fast"])
def test_what_is_neither_is_told(wrong: str) -> None:
    with pytest.raises(PlanError, match=f"--budget {wrong}: must be a number of seconds or one of none, quick"):
        checked_budget(wrong)


def test_a_slip_of_the_pen_is_recognised() -> None:
    with pytest.raises(PlanError, match="quick"):
        checked_budget("quik")
