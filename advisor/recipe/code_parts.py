"""The pieces of printed code that every framework shares: the schedule as a function, the optimizer with its groups."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.catalogue.optimizers import MUON_REST_SHARE, OPTIMIZER_INFO
from advisor.catalogue.schedule_curve import warmup_steps
from advisor.catalogue.schedule_shapes import EXPONENTIAL_FLOOR
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.recipe.optimizers import arguments, settings_of
from advisor.results import Recommendation

PLACEHOLDER_STEPS = 1_000
"""Stands in for the length of the run when it is not known; the code says so. Judgement: a round number."""

TRAIN_MODE = "optimizer.train()  # and optimizer.eval() before you evaluate or save\n"
"""What an averaging optimizer wants to be told (Schedule-Free; the Trainer of transformers tells it by itself)."""


@dataclass(frozen=True, slots=True)
class OptimizerCode:
    """How to make the optimizer in Python.

    Attributes:
        imports: import lines beside torch, each with its ``pip install``; often empty.
        expression: makes the optimizer from the lists ``decayed`` and ``others`` (Muon: from ``matrices``).
        averages: the optimizer wants ``train()`` and ``eval()`` called, as Schedule-Free does.
        beside: expression of a second optimizer; None almost always.
    """

    imports: str
    expression: str
    averages: bool = False
    beside: str | None = None


def run_steps(recommendation: Recommendation) -> int:
    """Return the optimizer steps of the run, or the stand-in when they are not known."""
    return recommendation.total_steps or PLACEHOLDER_STEPS


def schedule_code(recommendation: Recommendation) -> str:
    """Return the constants and the function ``multiplier(step)``, the share of the peak; needs ``import math``."""
    info = SCHEDULE_INFO[recommendation.schedule]
    steps = run_steps(recommendation)
    note = "" if recommendation.total_steps else " (put your own number here)"
    final = info.default_final if recommendation.final_fraction is None else recommendation.final_fraction
    final = max(final, EXPONENTIAL_FLOOR) if recommendation.schedule == "exponential" else final
    lines = [f"TOTAL_STEPS = {steps}  # optimizer steps of the whole run{note}"]
    warmup = warmup_steps(steps, recommendation.warmup_fraction) if info.takes_warmup else 0
    body = ""
    if warmup:
        lines.append(f"WARMUP_STEPS = {warmup}")
        body += "    if step < WARMUP_STEPS:\n        return (step + 1) / (WARMUP_STEPS + 1)\n"
    if "FINAL" in info.code:
        lines.append(f"FINAL = {final:.6g}  # learning rate at the end, as a share of the peak")
    if warmup and steps - 1 <= warmup and "progress" in info.code:
        body += "    progress = 1.0  # the whole run warms up\n"
    elif "progress" in info.code:
        body += (
            "    progress = min(1.0, (step - WARMUP_STEPS) / max(1, TOTAL_STEPS - 1 - WARMUP_STEPS))\n"
            if warmup
            else "    progress = min(1.0, step / max(1, TOTAL_STEPS - 1))\n"
        )
    head = f'def multiplier(step):\n    """Learning rate of optimizer step ``step`` over its peak ({info.title})."""\n'
    return "\n".join(lines) + "\n\n\n" + head + body + info.code


def optimizer_code(recommendation: Recommendation) -> OptimizerCode:
    """Return how to make the recommended optimizer; from its own package when torch has none."""
    info = OPTIMIZER_INFO[recommendation.optimizer]
    rate = f"lr={recommendation.learning_rate:.6g}"
    decay = f"{recommendation.weight_decay:.6g}"
    extra = _settings_code(recommendation)
    groups = (
        "    [\n"
        f'        {{"params": decayed, "weight_decay": {decay}}},\n'
        '        {"params": others, "weight_decay": 0.0},\n'
        "    ],\n"
    )
    if info.companion is not None:
        rest = f"lr={MUON_REST_SHARE * recommendation.learning_rate:.6g}"
        return OptimizerCode(
            imports="",
            expression=f"torch.optim.{info.torch_class}(matrices, {rate}, {extra}, weight_decay={decay})",
            beside=f"torch.optim.{OPTIMIZER_INFO[info.companion].torch_class}(\n{groups}    {rest},\n)",
        )
    settings = f"    {rate},\n" + (f"    {extra},\n" if extra else "")
    if info.elsewhere is None:
        return OptimizerCode("", f"torch.optim.{info.torch_class}(\n{groups}{settings})")
    where = info.elsewhere
    return OptimizerCode(
        imports=f"from {where.module} import {where.name}  # pip install {where.package}\n",
        expression=f"{where.name}(\n{groups}{settings})",
        averages=info.averages,
    )


def _settings_code(recommendation: Recommendation) -> str:
    settings = arguments(settings_of(recommendation))
    return ", ".join(f"{keyword}={_literal(value)}" for keyword, value in settings.items())


def _literal(value: bool | float | tuple[float, ...]) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(f'{item:g}' for item in value)})"
    return str(value) if isinstance(value, bool) else f"{value:g}"
