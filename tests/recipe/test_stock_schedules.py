"""Stock schedulers draw our curves step by step, for every schedule, length, warm-up and set of groups."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from advisor.catalogue.schedule_curve import multiplier
from advisor.facts.names import SCHEDULES
from advisor.recipe.stock_schedules import stock_schedules
from advisor.recipe.torch_schedules import build_scheduler
from advisor.results import Interval, Recommendation

STOCK = {
    ("constant", False): ["ConstantLR"],
    ("constant", True): ["LinearLR"],
    ("step", False): ["MultiStepLR"],
    ("step", True): ["LinearLR", "MultiStepLR"],
    ("exponential", False): ["ExponentialLR"],
    ("exponential", True): ["LinearLR", "ExponentialLR"],
    ("cosine", False): ["CosineAnnealingLR"],
    ("cosine", True): ["LinearLR", "CosineAnnealingLR"],
    ("linear", False): ["LinearLR"],
    ("linear", True): ["LinearLR", "LinearLR"],
    ("cyclical", False): ["CyclicLR"],
    ("cyclical", True): [],
    ("one_cycle", False): ["OneCycleLR"],
    ("one_cycle", True): ["OneCycleLR"],
    ("warmup_stable_decay", False): [],
    ("warmup_stable_decay", True): [],
}


def recommendation(schedule: str, warmup: float, final: float | None) -> Recommendation:
    return Recommendation(
        learning_rate=0.02,
        interval=Interval(lower=0.01, upper=0.04),
        optimizer="adamw",
        schedule=schedule,
        warmup_fraction=warmup,
        final_fraction=final,
    )


def optimizer_of(rates: tuple[float, ...]) -> torch.optim.Optimizer:
    groups = [{"params": [nn.Parameter(torch.zeros(2))], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=rates[0])


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("total", [1, 2, 3, 7, 10, 11, 37, 300])
@pytest.mark.parametrize("rates", [(0.02,), (0.02, 0.0003), (0.02, 0.02)])
def test_every_group_follows_the_pure_function(schedule: str, total: int, rates: tuple[float, ...]) -> None:
    for warmup, final in itertools.product((0.0, 0.1, 0.5, 1.0), (None, 0.0, 0.25, 1.0)):
        optimizer = optimizer_of(rates)
        scheduler = build_scheduler(recommendation(schedule, warmup, final), optimizer, total)
        for step in range(total):
            share = multiplier(schedule, step, total, warmup_fraction=warmup, final_fraction=final)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                assert group["lr"] == pytest.approx(share * rate, rel=1e-9, abs=1e-13), (warmup, final, step)
            optimizer.step()
            scheduler.step()


@pytest.mark.parametrize(("case", "names"), STOCK.items(), ids=str)
def test_stock_classes_are_taken_wherever_there_are_some(case: tuple[str, bool], names: list[str]) -> None:
    schedule, warms_up = case
    found = stock_schedules(recommendation(schedule, 0.1 if warms_up else 0.0, None), 100, (0.02,))
    assert [part.name for part in found] == names
    assert all(hasattr(lr_scheduler, name) for name in names)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup", [0.0, 0.2])
def test_the_printed_arguments_are_the_built_ones(schedule: str, warmup: float) -> None:
    names = {"LEARNING_RATE": 0.02, "TOTAL_STEPS": 123, "WARMUP_STEPS": round(123 * warmup)}
    for final in (None, 0.25):
        for part in stock_schedules(recommendation(schedule, warmup, final), 123, (0.02,)):
            for argument in part.arguments:
                printed = eval(argument.code, {}, names)  # noqa: S307
                printed = tuple(printed) if isinstance(printed, list) else printed
                assert printed == pytest.approx(argument.value, rel=1e-6), argument.name
