"""The normal distribution's numbers against scipy's."""

from __future__ import annotations

import pytest
from scipy.stats import norm

from advisor.statistics.normal import Z_90


def test_nine_tenths_lie_within_so_many_standard_errors() -> None:
    assert norm.cdf(Z_90) - norm.cdf(-Z_90) == pytest.approx(0.9, abs=1e-15)
