"""The interval for language models from scratch holds what every published law says, for they contradict each other."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from benchmarks.golden import recommend

SIZES = ((6e7, 2e9), (1.2e8, 2.5e9), (4e8, 8e9), (1e9, 2e10), (1e9, 3e11), (3e9, 6e10), (7e9, 1.4e11), (7e9, 2e12))
"""Parameters and tokens, on the compute-optimal line and beyond it."""

GPT3 = ((1.25e8, 6e-4), (3.5e8, 3e-4), (7.6e8, 2.5e-4), (1.3e9, 2e-4), (2.7e9, 1.6e-4), (6.7e9, 1.2e-4), (1.3e10, 1e-4))
"""Parameters and peak rate, table 2.1."""


def kaplan(parameters: float, tokens: float) -> float | None:
    """Zero at twelve billion parameters, so of no use long before."""
    return 0.003239 - 0.0001395 * math.log(parameters) if parameters <= 5e9 else None


def deepseek(parameters: float, tokens: float) -> float:
    return 0.3118 * (6 * parameters * tokens) ** -0.125


def step_law(parameters: float, tokens: float) -> float:
    return 1.79 * parameters**-0.713 * tokens**0.307


def porian(parameters: float, tokens: float) -> float:
    return 3.7 * parameters**-0.36


SAFE = 5e-3
"""What a rule of safety allows transformers of this size at most; one law asks for more at sixty million parameters."""

LAWS: tuple[Callable[[float, float], float | None], ...] = (kaplan, deepseek, step_law, porian)


def of_size(parameters: float, tokens: float = 2e10) -> dict[str, object]:
    return {
        "model.family": "language_model",
        "model.convex": False,
        "model.attention": True,
        "model.pretrained": False,
        "model.parameters": parameters,
        "plan.tokens": tokens,
        "plan.batch_tokens": 5e5,
    }


@pytest.mark.parametrize(("parameters", "tokens"), SIZES)
def test_the_interval_holds_every_published_law(parameters: float, tokens: float) -> None:
    found = recommend(of_size(parameters, tokens))
    for law in LAWS:
        said = law(parameters, tokens)
        assert said is None or min(said, SAFE) in found.interval, law.__name__
        assert said is None or 1 / 5 < found.learning_rate / said < 5, law.__name__


@pytest.mark.parametrize(("parameters", "rate"), GPT3)
def test_the_interval_holds_the_table_that_recipes_follow(parameters: float, rate: float) -> None:
    found = recommend(of_size(parameters, 3e11))
    assert rate in found.interval
    assert 1 / 3 < found.learning_rate / rate < 3


def test_the_interval_is_the_spread_between_the_laws() -> None:
    """Wide enough for all of them, and no wider than what the widest pair asks for."""
    for parameters, tokens in SIZES:
        said = [rate for law in LAWS if (rate := law(parameters, tokens)) is not None]
        ratio = recommend(of_size(parameters, tokens)).interval.ratio
        assert max(said) / min(said) < ratio < 30


def test_larger_models_get_lower_rates() -> None:
    rates = [recommend(of_size(parameters)).learning_rate for parameters, _ in SIZES[::2]]
    assert rates == sorted(rates, reverse=True)
