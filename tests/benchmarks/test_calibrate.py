"""The fit of laws on landscapes with a known answer, and what the calibration says and leaves alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.facts import Facts, with_facts
from advisor.knowledge import load_rules
from benchmarks import calibrate
from benchmarks.calibrate import calibrated, lines
from benchmarks.regret.datasets import CALIBRATION
from benchmarks.regret.fit import GRID, WORST, Cell, Feature, Law, bootstrapped, curve, excess, fitted, unseen
from benchmarks.regret.laws import CALIBRATIONS, FEATURES, FLAGS
from benchmarks.regret.limits import _inputs, _whole_grid

BEST, EXPONENT = -5.0, -0.7


def law(published: float) -> Law:
    return Law("known", (), "zero", {"steps": published})


def valleys(apart: float = 0.0) -> list[Cell]:
    """Return landscapes of seven data sets whose best rates lie a little apart from the law."""
    return [
        Cell(f"data {index % 7}", {"steps": steps}, np.minimum(0.05 * (GRID - best) ** 2, WORST))
        for index, steps in enumerate(np.linspace(-3.0, 3.0, 21))
        for best in [BEST + EXPONENT * steps + apart * (index % 7 - 3)]
    ]


def test_the_fit_finds_a_law_it_is_shown() -> None:
    factors = fitted(law(0.0), valleys())
    assert factors == pytest.approx([BEST, EXPONENT], abs=0.1)
    assert np.median(excess(law(0.0), factors, valleys())) < 0.01
    assert np.median(unseen(law(0.0), valleys())) < 0.01


def test_a_flat_landscape_leaves_the_published_exponent() -> None:
    flat = [Cell("one", {"steps": steps}, np.zeros(len(GRID))) for steps in (-1.0, 1.0)]
    assert fitted(law(-0.4), flat)[1] == pytest.approx(-0.4)


def test_a_cliff_keeps_the_rate_away_from_it() -> None:
    cost = np.where(GRID > BEST, WORST, 0.01 * (GRID - BEST) ** 2)
    (rate,) = fitted(Law("cliff", (), "zero", {}), [Cell("one", {}, cost)])
    assert BEST - 1.5 < rate < BEST - 0.5


def test_the_interval_holds_the_truth_and_widens_with_what_sets_data_apart() -> None:
    known = law(EXPONENT)
    narrow, wide = (bootstrapped(known, valleys(apart), times=12)[:, 0] for apart in (0.05, 0.4))
    assert wide.min() < BEST < wide.max()
    assert np.ptp(wide) > 3 * np.ptp(narrow)


def test_a_curve_counts_divergence_as_the_worst_and_looks_no_lower_than_the_grid() -> None:
    found = curve([1e-3, 1e-2, 1e-1], [2.0, 1.0, math.inf])

    def at(rate: float) -> float:
        return float(np.interp(math.log(rate), GRID, found))

    assert at(0.97e-2) == pytest.approx(0.0, abs=0.02)
    assert at(10**-2.5) == pytest.approx(math.log(2.0) / 2, abs=0.01)
    assert at(1e-6) == pytest.approx(math.log(2.0), abs=0.01)
    assert at(1.03e-2) == at(1.0) == WORST


def test_a_feature_stays_within_its_bounds_and_is_zero_when_unknown() -> None:
    feature = Feature("plan.memorising_pressure", 66, least=24)
    known = with_facts(Facts(), {"plan.epochs": 20, "data.rows": 1000, "model.parameters": 6600})
    assert feature.log(known) == pytest.approx(math.log(2.0))
    assert feature.log(with_facts(known, {"model.parameters": 10})) == pytest.approx(math.log(24 / 66))
    assert feature.log(Facts()) == 0.0


def test_only_calibration_data_and_rules_that_exist_are_fitted() -> None:
    known = {rule.id for rule in load_rules().rules}
    for calibration in CALIBRATIONS:
        assert set(calibration.law.rules) <= known
        assert set(calibration.law.published) <= {*FEATURES, *FLAGS}
        if calibration.optimizers:
            assert {cell.data for cell in calibration.cells()} <= set(CALIBRATION)


def test_a_sign_that_flips_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate, "DRAWS", 3)

    class Shown:
        over_smoothness = False

        def __init__(self, published: float) -> None:
            self.law = law(published)

        def cells(self) -> list[Cell]:
            return valleys()

    flipped, kept = (calibrated(Shown(published)) for published in (0.3, -0.3))  # type: ignore[arg-type]
    assert [factor["sign_flips"] for factor in flipped["factors"]] == [False, True]
    assert any("sign of the exponent of steps flips" in line for line in lines(flipped))
    assert not any("flips" in line for line in lines(kept))


def test_learners_see_words_as_flags_and_unknown_facts_as_the_median() -> None:
    sheets = [with_facts(Facts(), facts) for facts in ({"data.rows": 10}, {"data.rows": 30}, {"model.family": "cnn"})]
    cells = [Cell("one", {"steps": float(place)}, np.zeros(len(GRID))) for place in range(3)]
    columns = {tuple(column) for column in _inputs(cells, sheets).T.tolist()}
    assert {(0.0, 1.0, 2.0), (10.0, 30.0, 20.0), (0.0, 0.0, 1.0)} <= columns


def test_one_seed_of_the_whole_grid_is_judged_by_the_others() -> None:
    found = np.array(list(_whole_grid("calibration")))
    assert len(found) > 1_000
    assert found.min() == 0.0
    assert 0.0 < np.quantile(found, 0.9) < 1.0
