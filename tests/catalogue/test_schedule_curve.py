"""Schedules against torch's own, against their formulas, and at their ends."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.schedule_curve import learning_rate, multiplier
from advisor.catalogue.schedule_shapes import ONE_CYCLE_START
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.errors import PlanError
from advisor.facts.names import SCHEDULES, ScheduleName

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
    assert [rates[0], rates[29], rates[30], rates[59], rates[60], rates[90]] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01, 0.01]
    )


def test_step_equals_torchs_multistep_at_other_milestones() -> None:
    theirs = torch_curve(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [24, 36], gamma=0.2))
    ours = [multiplier("step", step, 49, milestones=(0.5, 0.75), gamma=0.2) for step in range(49)]
    assert ours == pytest.approx(theirs[:49], rel=1e-12)


@pytest.mark.parametrize("cycles", [1, 3])
def test_cyclical_equals_torch(cycles: int) -> None:
    half, total = 8, 16 * cycles + 1
    theirs = torch_curve(lambda o: torch.optim.lr_scheduler.CyclicLR(o, 0.2, 1.0, half, cycle_momentum=False))
    ours = [multiplier("cyclical", step, total, cycles=cycles, base_fraction=0.2) for step in range(total)]
    assert ours == pytest.approx(theirs[:total], abs=1e-9)


def test_warmup_equals_torchs_linear_rise() -> None:
    theirs = torch_curve(lambda o: torch.optim.lr_scheduler.LinearLR(o, 1 / 11, 1.0, 10))
    assert curve("constant", warmup_fraction=0.2) == pytest.approx(theirs, abs=1e-9)


def test_stable_then_linear_decay_is_a_trapezoid() -> None:
    rates = [multiplier("warmup_stable_decay", step, 11, decay_share=0.5, decay="linear") for step in range(11)]
    assert rates == pytest.approx([1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0])


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
    if name in {"cyclical", "one_cycle"}:  # their peak falls between two steps
        assert max(rates) >= 1.0 - max(abs(later - rate) for rate, later in pairwise(rates))
    else:
        assert max(rates) == 1.0
    assert rates[-1] == pytest.approx(SCHEDULE_INFO[name].default_final, abs=1e-9)


def test_unknown_names_and_empty_runs_are_refused() -> None:
    with pytest.raises(PlanError, match="did you mean 'cosine'"):
        multiplier("cosin", 0, 10)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="at least one step"):
        multiplier("cosine", 0, 0)
    with pytest.raises(PlanError, match="counted from 0"):
        multiplier("cosine", -1, 10)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("cyclical", {"cycle": 3}, "did you mean 'cycles'"),
        ("cosine", {"gamma": 0.1}, "it has: none"),
        ("cyclical", {"cycles": 2.5}, "does not fit"),
        ("step", {"milestones": (0.8, 0.5)}, "does not fit"),
        ("warmup_stable_decay", {"decay": "cubic"}, "does not fit"),
        ("cosine", {"warmup_fraction": 1.5}, "between 0 and 1"),
        ("cosine", {"final_fraction": -0.1}, "between 0 and 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(name, settings, message) -> None:
    with pytest.raises(PlanError, match=message):
        multiplier(name, 0, 10, **settings)


@pytest.mark.parametrize("peak", [0.0, -1.0, math.inf, math.nan])
def test_a_peak_is_a_positive_number(peak: float) -> None:
    with pytest.raises(PlanError, match="positive number"):
        learning_rate("cosine", 0, 10, peak=peak)


def test_the_registry_is_frozen_and_its_defaults_are_the_functions() -> None:
    with pytest.raises(TypeError):
        SCHEDULE_INFO["cosine"] = SCHEDULE_INFO["linear"]  # type: ignore[index]
    for info in SCHEDULE_INFO.values():
        bare = [info.shape(progress / 20, info.default_final) for progress in range(21)]
        stated = {key: value for key, value in info.settings.items() if key != "base_fraction"}
        assert bare == [info.shape(progress / 20, info.default_final, **stated) for progress in range(21)]
        assert info.title
        assert info.formula
        assert info.source
