"""The benchmark of real jobs: its parts on cases with known answers, and the guard on the stored landscapes."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial

import numpy as np
import pytest
import torch

from advisor.results import Interval, Recommendation
from benchmarks.jobs.catalogue import CALIBRATION, JOBS, REPORT
from benchmarks.jobs.job import ADAMW, PAIRS, BenchmarkJob
from benchmarks.jobs.landscapes import FOLDER, LENGTHS, SEEDS, Landscape, Record, Sweep, read
from benchmarks.jobs.own_search import OWN
from benchmarks.jobs.replay import Cell, Trials, cells, replay, summary
from benchmarks.jobs.report import HEADLINE, README, readme_sentence
from benchmarks.jobs.score import Choice, of_default, scored
from benchmarks.jobs.strategies import bracketed, full_trainings, rules_only, shifted, vertex
from benchmarks.jobs.training import FULL_SHARES, SHORT_SHARES, held_out_loss, train, untrained_loss

RULES_MEDIAN, SEARCH_MEDIAN, SEARCH_P75 = 0.026, 0.023, 0.065
"""Excess of the rules and of `bracket at 1/8`, as `python -m benchmarks.jobs replay` printed them."""
OWN_MEDIAN_P75_COST = {"quick": (0.024, 0.057, 0.44), "standard": (0.006, 0.029, 1.19)}
"""Excess and cost of advisor's own search by budget, from the same command."""
MARGIN = 0.02
"""How far they may fall behind, or landscapes that are still growing may move them."""
RATES = tuple(10.0 ** (exponent / 2) for exponent in range(-10, -1))


def valley(bottom: float, *, length: float = 1.0, cliff: float = math.inf) -> tuple[tuple[float | None, ...], ...]:
    """Curves over RATES with a parabola in logs around ``bottom``, higher for shorter runs; None above ``cliff``."""
    points = len(FULL_SHARES) if length == 1.0 else len(SHORT_SHARES)
    ends = [None if rate > cliff else math.exp(0.05 * math.log(rate / bottom) ** 2) / length**0.2 for rate in RATES]
    return tuple((end,) * points for end in ends)


def landscape(bottom: float, *, cliff: float = math.inf) -> Landscape:
    sweeps = tuple(
        Sweep(length, seed, valley(bottom, length=length, cliff=cliff)) for length in LENGTHS for seed in SEEDS
    )
    return Landscape(ADAMW, RATES, sweeps, ceiling=100.0)


def rules(rate: float) -> Recommendation:
    interval = Interval(lower=rate / 5, upper=rate * 5)
    return Recommendation(learning_rate=rate, interval=interval, optimizer="adamw", schedule="cosine")


def cell(bottom: float, prior: float, *, cliff: float = math.inf) -> Cell:
    found = landscape(bottom, cliff=cliff)
    record = Record("one", "kind", "calibration", 200, None, (30.0, 30.0), 0.001, 0.01, (found,), default=(1.0, 1.0))
    return Cell(record, found, rules(prior), first_seed=0)


def test_every_kind_is_in_one_split_and_the_splits_are_halves() -> None:
    assert len(JOBS) >= 24
    assert len({job.name for job in JOBS}) == len({job.kind for job in JOBS}) == len(JOBS)
    assert Counter(job.split for job in JOBS) == {"calibration": len(JOBS) // 2, "report": len(JOBS) // 2}
    assert all(job.split == "calibration" for job in CALIBRATION)
    assert all(job.split == "report" for job in REPORT)


def test_a_landscape_meets_its_grid_and_is_never_below_its_neighbours() -> None:
    found = landscape(1e-3, cliff=2e-2)
    assert found.best_rate == pytest.approx(1e-3)
    assert found.excess(1e-3) == pytest.approx(0.0, abs=1e-9)
    assert found.excess(1e-4) == pytest.approx(math.exp(0.05 * math.log(10) ** 2) - 1)
    between = [found.excess(rate) for rate in np.geomspace(RATES[0], 1e-2, 50)]
    assert min(between) >= -1e-9
    assert max(between) <= found.excess(RATES[0]) + 1e-9
    assert found.excess(1.0) == pytest.approx(100.0 / found.best - 1)
    assert math.isinf(found.means[-1])


def test_trials_count_their_cost_and_know_divergence() -> None:
    trials = cell(1e-3, 1e-3, cliff=2e-2).trials()
    assert trials.loss(1e-3) == pytest.approx(1.0)
    assert trials.loss(1e-3, length=1 / 8) == pytest.approx(8**0.2)
    assert trials.loss(1e-3, length=1 / 6) == pytest.approx(6**0.2)
    assert trials.loss(1e-1, length=1 / 4) is None
    assert trials.loss(5.0) is None
    assert trials.cost == pytest.approx(1 + 1 / 8 + 1 / 6 + 1 / 4 + 1)
    with pytest.raises(ValueError, match="no trainings of this length"):
        trials.loss(1e-3, length=0.01)


def test_a_strategy_sees_the_other_seed_when_it_begins_with_it() -> None:
    sweeps = tuple(
        Sweep(length, seed, valley(1e-3 if seed == 0 else 1e-2, length=length)) for length in LENGTHS for seed in SEEDS
    )
    found = Landscape(ADAMW, RATES, sweeps, ceiling=100.0)
    first, second = (Trials(found, rules(1e-3), 200, None, 30.0, first_seed=seed) for seed in SEEDS)
    assert first.loss(1e-2) == pytest.approx(second.loss(1e-3))
    assert first.loss(1e-2) != pytest.approx(second.loss(1e-2), rel=0.1)
    assert first.loss(1e-2, seed=1) == pytest.approx(second.loss(1e-2))


@pytest.mark.parametrize("bottom", [1e-4, 1e-3, 1e-2])
def test_searches_find_the_bottom_of_a_parabola(bottom: float) -> None:
    (found,) = replay(partial(bracketed, then=1 / 4), [cell(bottom, 1e-3)])
    assert found.excess < 0.01
    assert found.cost <= 5 / 8 + 3 / 4
    (full,) = replay(full_trainings, [cell(bottom, bottom)])
    assert (full.excess, full.cost) == (pytest.approx(0.0, abs=1e-6), 5.0)


def test_an_exponent_moves_the_vertex() -> None:
    at_rest, moved = (replay(partial(shifted, exponent=one), [cell(1e-3, 1e-3)])[0] for one in (0.0, -0.7))
    assert moved.rate == pytest.approx(at_rest.rate * 6**-0.7)


def test_a_vertex_stays_between_its_neighbours_and_off_the_cliff() -> None:
    losses = {rate: math.exp(0.05 * math.log(rate / 2e-3) ** 2) for rate in (3.3e-4, 1e-3, 3e-3)}
    assert vertex(losses) == pytest.approx(3e-3)  # at the edge: the best itself
    assert vertex(losses | {9e-3: 1.4}) == pytest.approx(2e-3, rel=0.2)
    assert vertex({1e-3: 1.1, 3e-3: 1.0, 9e-3: None}) < 3e-3
    assert vertex({1e-3: None, 3e-3: None}) == 1e-3


def test_a_summary_compares_with_adam() -> None:
    found = replay(lambda _: 1e-3, [cell(1e-3, 1e-3), cell(1e-1, 1e-3)])
    assert [one.matches_default for one in found] == [True, False]
    assert "as good as Adam 1e-3 50%" in summary(found)


def test_a_score_holds_an_interval_against_the_best_rates() -> None:
    record = cell(1e-3, 1e-3).record

    def covered(low: float, high: float) -> bool | None:
        return scored(record, ADAMW, "one", 0, Choice(1e-3, 2.0, (low, high)), 1.0, 1.0).covered

    assert covered(1e-4, 6e-4)
    assert not covered(1e-5, 1e-4)
    assert of_default(record, str(ADAMW)).excess == pytest.approx(0.0)
    assert scored(record, ADAMW, "one", 0, Choice(1e-3, 2.0), 1.1, 4.0).cost == 0.5


@pytest.fixture
def job() -> BenchmarkJob:
    return next(job for job in JOBS if job.name == "multi-label")


def test_a_training_can_be_repeated_and_leaves_the_generator_alone(job: BenchmarkJob) -> None:
    torch.manual_seed(5)
    expected = torch.random.get_rng_state()
    first = train(job, ADAMW, 1e-2, 0, length=1 / 8, shares=(0.5, 1.0))
    assert torch.equal(torch.random.get_rng_state(), expected)
    assert train(job, ADAMW, 1e-2, 0, length=1 / 8, shares=(0.5, 1.0)).losses == first.losses
    assert train(job, ADAMW, 1e-2, 1, length=1 / 8).losses[-1] != first.losses[-1]
    assert held_out_loss(job, job.model(0)) == untrained_loss(job, 0)


def test_a_run_that_diverges_has_no_loss_from_there_on(job: BenchmarkJob) -> None:
    found = train(job, PAIRS[1], 1e12, 0, length=1 / 8, shares=(0.5, 1.0))
    assert found.losses[-1] is None


def test_stored_losses_come_back() -> None:
    job = next(job for job in JOBS if job.name == "graph-classes")  # its data are generated
    record = read(job.name)
    assert record is not None
    landscape = record.of(ADAMW)
    assert landscape is not None
    sweep = landscape.sweep(1 / 8, 0)
    assert sweep is not None
    kept = sweep.curve(landscape.rates.index(landscape.best_rate))
    again = train(job, ADAMW, landscape.best_rate, 0, length=1 / 8, shares=SHORT_SHARES)
    assert again.losses == pytest.approx(kept, rel=0.02)


def test_stored_landscapes_are_of_known_jobs_and_hold_their_best() -> None:
    stored = [record for job in JOBS if (record := read(job.name)) is not None]
    assert {path.stem for path in FOLDER.glob("*.json")} == {record.job for record in stored}
    assert sum(record.split == "calibration" for record in stored) == len(CALIBRATION)
    for record in stored:
        assert record.split == next(job.split for job in JOBS if job.name == record.job)
        assert record.training_seconds > 0
        for found in record.landscapes:
            steps = np.diff(np.log10(found.rates))
            assert steps == pytest.approx(0.5, abs=1e-4)
            assert found.best < min(record.untrained)
            assert found.rates[0] < found.best_rate < found.rates[-1]
            for sweep in found.sweeps:
                points = len(FULL_SHARES) if sweep.length == 1.0 else len(SHORT_SHARES)
                assert {len(curve) for curve in sweep.curves} == {points}
                assert sweep.curve(found.rates.index(found.best_rate)) is not None


def test_rules_and_a_search_have_not_fallen_behind_on_stored_landscapes() -> None:
    known = cells("calibration")
    assert len({one.record.job for one in known}) == len(CALIBRATION)
    alone, searched = (np.array([one.excess for one in replay(who, known)]) for who in (rules_only, bracketed))
    assert np.median(alone) <= RULES_MEDIAN + MARGIN
    assert np.median(searched) <= SEARCH_MEDIAN + MARGIN
    assert np.quantile(searched, 0.75) <= SEARCH_P75 + MARGIN
    assert np.all(searched <= 0.3)


@pytest.mark.parametrize("budget", OWN_MEDIAN_P75_COST)
def test_the_own_search_has_not_fallen_behind_on_stored_landscapes(budget: str) -> None:
    found = replay(OWN[f"advisor's search, {budget}"], cells("calibration"))
    excess = np.array([one.excess for one in found])
    median, p75, cost = OWN_MEDIAN_P75_COST[budget]
    assert np.median(excess) <= median + MARGIN
    assert np.quantile(excess, 0.75) <= p75 + MARGIN
    assert np.mean([one.cost for one in found]) <= cost + MARGIN


def test_the_readme_says_what_the_kept_scores_say() -> None:
    found = HEADLINE.search(README.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == f"{found[1]}{readme_sentence()}\n{found[2]}"
