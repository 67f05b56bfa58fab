"""Schedules against torch's own, against their formulas, and at their ends."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import PlanError
from advisor.facts.names import SCHEDULES, ScheduleName
from advisor.recipe.schedules import ONE_CYCLE_START, SCHEDULE_INFO, learning_rate, multiplier

STEPS = 50


def curve(name: ScheduleName, **settings: float) -> list[float]:
    return [multiplier(name, step, STEPS, **settings) for step in range(STEPS)]


def torch_curve(scheduler_of, peak: float = 1.0) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak, momentum=0.9)
    scheduler = scheduler_of(optimizer)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_every_name_has_an_entry() -> None:
    assert tuple(SCHEDULE_INFO) == SCHEDULES


def test_cosine_equals_torch() -> None:
    theirs = torch_curve(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS - 1, eta_min=0.1))
    assert curve("cosine", final_fraction=0.1) == pytest.approx(theirs, abs=1e-9)


def test_linear_equals_torch() -> None:
    theirs = torch_curve(lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.2, STEPS - 1))
    assert curve("linear", final_fraction=0.2) == pytest.approx(theirs, abs=1e-9)


def test_exponential_equals_torch() -> None:
    gamma = 0.01 ** (1 / (STEPS - 1))
    theirs = torch_curve(lambda o: torch.optim.lr_scheduler.ExponentialLR(o, gamma))
    assert curve("exponential") == pytest.approx(theirs, rel=1e-9)


def test_one_cycle_is_torchs_shape() -> None:
    """Torch places the peak at pct_start·total - 1; with 51 steps that is 0.3 · 50 on both sides."""
    total = 51
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1.0, total_steps=total, pct_start=16 / total, div_factor=25, final_div_factor=1e4
    )
    theirs = []
    for _ in range(total):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(theirs) < total:
            scheduler.step()
    ours = [multiplier("one_cycle", step, total) for step in range(total)]
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert ours[0] == pytest.approx(ONE_CYCLE_START)


def test_step_decays_by_tenths_at_its_milestones() -> None:
    rates = [multiplier("step", step, 91) for step in range(91)]
    assert [rates[0], rates[29], rates[30], rates[60], rates[81]] == pytest.approx([1, 1, 0.1, 0.01, 0.001])


def test_cyclical_touches_both_ends_four_times() -> None:
    rates = [multiplier("cyclical", step, 801) for step in range(801)]
    assert sum(rate > 1 - 1e-9 for rate in rates) == 4
    assert (min(rates), rates[0], rates[-1]) == pytest.approx((0.2, 0.2, 0.2))


def test_stable_phase_then_square_root_decay() -> None:
    rates = [multiplier("warmup_stable_decay", step, 101) for step in range(101)]
    assert rates[:80] == [1.0] * 80
    assert rates[85] == pytest.approx(1 - math.sqrt(5 / 20))
    assert rates[100] == pytest.approx(0.0)


def test_warmup_rises_linearly_to_the_peak() -> None:
    rates = curve("cosine", warmup_fraction=0.2)
    assert rates[:11] == pytest.approx([(step + 1) / 11 for step in range(10)] + [1.0])


def test_one_cycle_drops_a_second_warmup() -> None:
    assert curve("one_cycle", warmup_fraction=0.2) == curve("one_cycle")


@given(
    name=st.sampled_from(SCHEDULES),
    total=st.integers(1, 400),
    warmup=st.floats(0, 1),
    final=st.none() | st.floats(0, 1),
    data=st.data(),
)
def test_every_rate_lies_between_zero_and_the_peak(name, total, warmup, final, data) -> None:
    step = data.draw(st.integers(0, total + 10))
    share = multiplier(name, step, total, warmup_fraction=warmup, final_fraction=final)
    assert 0.0 <= share <= 1.0 + 1e-12
    rate = learning_rate(name, step, total, peak=0.3, warmup_fraction=warmup, final_fraction=final)
    assert rate == pytest.approx(0.3 * share)


@given(name=st.sampled_from(SCHEDULES), total=st.integers(20, 500), warmup=st.floats(0, 0.5))
def test_the_peak_is_reached_and_the_end_is_the_end(name, total, warmup) -> None:
    rates = [multiplier(name, step, total, warmup_fraction=warmup) for step in range(total)]
    assert max(rates) > 0.9
    assert rates[-1] == pytest.approx(SCHEDULE_INFO[name].default_final, abs=1e-9)


def test_unknown_names_and_empty_runs_are_refused() -> None:
    with pytest.raises(PlanError, match="did you mean 'cosine'"):
        multiplier("cosin", 0, 10)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="at least one step"):
        multiplier("cosine", 0, 0)
