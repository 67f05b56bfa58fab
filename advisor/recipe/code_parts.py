"""The pieces of printed code that programs share: constants, the optimizer with its groups, the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from advisor.catalogue.optimizers import MUON_REST_SHARE, OPTIMIZER_INFO
from advisor.catalogue.schedule_curve import warmup_steps
from advisor.catalogue.schedule_shapes import EXPONENTIAL_FLOOR
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.recipe.optimizers import arguments as optimizer_arguments
from advisor.recipe.optimizers import settings_of
from advisor.recipe.stock_schedules import StockSchedule, stock_schedules
from advisor.results import Recommendation

PLACEHOLDER_STEPS = 1_000
"""Stands in for the length of the run when it is not known; the code says so. Judgement: a round number."""

LAST_STEP = "STOP_STEPS"
"""Constant of a program for a run that stops before its schedule ends. By definition."""

LONGEST_CALL = 88
"""Characters of a call in one line. Judgement: with its indentation it still fits a screen."""

_SCHEDULERS = "torch.optim.lr_scheduler"

_GROUPS = """\
trainable = [p for p in model.parameters() if p.requires_grad]
decayed = [p for p in trainable if p.ndim >= 2]
others = [p for p in trainable if p.ndim < 2]  # norms and biases"""

_MUON_GROUPS = """\
# Muon takes hidden matrices only; embeddings, the output layer, norms and biases go to AdamW.
kept_out = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
kept_out.append([m for m in model.modules() if isinstance(m, nn.Linear)][-1].weight)
trainable = [p for p in model.parameters() if p.requires_grad]
matrices = [p for p in trainable if p.ndim == 2 and not any(p is q for q in kept_out)]
rest = [p for p in trainable if not any(p is q for q in matrices)]
decayed = [p for p in rest if p.ndim >= 2]
others = [p for p in rest if p.ndim < 2]"""


@dataclass(frozen=True, slots=True)
class OptimizerCode:
    """How to make the optimizer in Python; the peak learning rate is ``LEARNING_RATE`` there.

    Attributes:
        imports: import lines beside torch, each with its ``pip install``; often empty.
        groups: lines that sort the parameters of ``model`` into ``decayed`` and ``others`` (Muon: ``matrices`` too).
        expression: makes the optimizer from these.
        averages: the optimizer wants ``train()`` and ``eval()`` called, as Schedule-Free does.
        beside: expression of a second optimizer; None almost always.
    """

    imports: tuple[str, ...]
    groups: str
    expression: str
    averages: bool = False
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class ScheduleCode:
    """How to make the scheduler in Python.

    Attributes:
        imports: import lines.
        function: ``multiplier(step)`` where no stock class draws the curve; empty elsewhere.
        expression: makes the scheduler of ``optimizer``.
    """

    imports: tuple[str, ...]
    function: str
    expression: str


@dataclass(frozen=True, slots=True)
class RecipeCode:
    """A recommendation as pieces of a plain torch loop.

    Attributes:
        imports: import lines beside torch.
        constants: ``LEARNING_RATE``, ``TOTAL_STEPS`` and what the schedule needs.
        function: own schedule; empty when stock classes draw it.
        groups: lines before the optimizer.
        making: lines that make optimizers and schedulers of ``model``.
        clearing: lines before the backward pass.
        stepping: lines after it.
        averages: the optimizer wants ``train()`` and ``eval()`` called.
        last_step: name of the constant that training ends at.
    """

    imports: tuple[str, ...]
    constants: str
    function: str
    groups: str
    making: str
    clearing: tuple[str, ...]
    stepping: tuple[str, ...]
    averages: bool = False
    last_step: str = "TOTAL_STEPS"


def run_steps(recommendation: Recommendation) -> int:
    """Return the optimizer steps of the run, or the stand-in when they are not known."""
    return recommendation.total_steps or PLACEHOLDER_STEPS


def recipe_code(recommendation: Recommendation) -> RecipeCode:
    """Return the pieces of a plain torch loop that trains as recommended."""
    optimizer = optimizer_code(recommendation)
    schedule = scheduler_code(recommendation)
    names = [("optimizer", "scheduler", optimizer.expression)]
    if optimizer.beside is not None:
        names.append(("adamw", "adamw_scheduler", optimizer.beside))
    making = [f"{name} = {expression}" for name, _, expression in names]
    making += [f"{name} = {_for_optimizer(schedule.expression, of)}" for of, name, _ in names]
    if optimizer.averages:
        making.append("optimizer.train()  # and optimizer.eval() before you evaluate or save")
    return RecipeCode(
        imports=(*schedule.imports, *optimizer.imports),
        constants=constants_code(recommendation),
        function=schedule.function,
        groups=optimizer.groups,
        making="\n".join(making),
        clearing=tuple(f"{of}.zero_grad()" for of, _, _ in names),
        stepping=(
            *(f"{of}.step()" for of, _, _ in names),
            *(f"{name}.step()  # after every optimizer step" for _, name, _ in names),
        ),
        averages=optimizer.averages,
        last_step=last_step(recommendation),
    )


def constants_code(recommendation: Recommendation, *, own_schedule: bool = False) -> str:
    """Return the lines of the constants that optimizer and schedule are made with.

    Args:
        recommendation: what to write down.
        own_schedule: ``multiplier`` draws the curve, whether or not torch has a class for it.
    """
    info = SCHEDULE_INFO[recommendation.schedule]
    steps = run_steps(recommendation)
    note = "" if recommendation.total_steps else " (put your own number here)"
    lines = [
        f"LEARNING_RATE = {recommendation.learning_rate:.6g}  # the peak",
        f"TOTAL_STEPS = {steps}  # optimizer steps of the whole run{note}",
    ]
    if recommendation.stop_steps is not None:
        lines.append(f"{LAST_STEP} = {recommendation.stop_steps}  # where training stops: the held-out loss turns here")
    rising = warmup_steps(steps, recommendation.warmup_fraction) if info.takes_warmup else 0
    if rising:
        lines.append(f"WARMUP_STEPS = {rising}")
    if (own_schedule or not _stock(recommendation)) and "FINAL" in info.code:
        lines.append(f"FINAL = {_final(recommendation):.6g}  # learning rate at the end, as a share of the peak")
    return "\n".join(lines)


def last_step(recommendation: Recommendation) -> str:
    """Return the name of the constant that training ends at."""
    return "TOTAL_STEPS" if recommendation.stop_steps is None else LAST_STEP


def scheduler_code(recommendation: Recommendation) -> ScheduleCode:
    """Return how to make the scheduler: of stock classes where these draw the curve, else ``LambdaLR``."""
    parts = _stock(recommendation)
    if not parts:
        return ScheduleCode(
            (f"from {_SCHEDULERS} import LambdaLR",),
            multiplier_code(recommendation),
            "LambdaLR(optimizer, multiplier)",
        )
    names = sorted({part.name for part in parts} | ({"SequentialLR"} if len(parts) > 1 else set()))
    made = [_call(part) for part in parts]
    expression = made[0]
    if len(parts) > 1:
        listed = "".join(f"{indent(one, ' ' * 8)},\n" for one in made)
        expression = f"SequentialLR(\n    optimizer,\n    [\n{listed}    ],\n    milestones=[WARMUP_STEPS],\n)"
    return ScheduleCode((f"from {_SCHEDULERS} import {', '.join(names)}",), "", expression)


def multiplier_code(recommendation: Recommendation) -> str:
    """Return the function ``multiplier(step)``, the share of the peak.

    It reads ``TOTAL_STEPS``, ``WARMUP_STEPS`` and ``FINAL``, and may need ``import math``.
    """
    info = SCHEDULE_INFO[recommendation.schedule]
    steps = run_steps(recommendation)
    warmup = warmup_steps(steps, recommendation.warmup_fraction) if info.takes_warmup else 0
    body = ""
    if warmup:
        body += "    if step < WARMUP_STEPS:\n        return (step + 1) / (WARMUP_STEPS + 1)\n"
    if warmup and steps - 1 <= warmup and "progress" in info.code:
        body += "    progress = 1.0  # the whole run warms up\n"
    elif "progress" in info.code:
        body += (
            "    progress = min(1.0, (step - WARMUP_STEPS) / max(1, TOTAL_STEPS - 1 - WARMUP_STEPS))\n"
            if warmup
            else "    progress = min(1.0, step / max(1, TOTAL_STEPS - 1))\n"
        )
    head = f'def multiplier(step):\n    """Learning rate of optimizer step ``step`` over its peak ({info.title})."""\n'
    return head + body + info.code


def optimizer_code(recommendation: Recommendation) -> OptimizerCode:
    """Return how to make the recommended optimizer; from its own package when torch has none."""
    info = OPTIMIZER_INFO[recommendation.optimizer]
    decay = f"{recommendation.weight_decay:.6g}"
    extra = _settings_code(recommendation)
    groups = '    [{"params": decayed}, {"params": others, "weight_decay": 0.0}],\n'
    if not recommendation.weight_decay:
        groups = "    trainable,\n"
    rate, decays = "    lr=LEARNING_RATE,\n", f"    weight_decay={decay},\n" if recommendation.weight_decay else ""
    if info.companion is not None:
        groups = f'    [{{"params": decayed, "weight_decay": {decay}}}, {{"params": others, "weight_decay": 0.0}}],\n'
        companion = OPTIMIZER_INFO[info.companion].torch_class
        return OptimizerCode(
            imports=(),
            groups=_MUON_GROUPS,
            expression=f"torch.optim.{info.torch_class}(matrices, lr=LEARNING_RATE, {extra}, weight_decay={decay})",
            beside=f"torch.optim.{companion}(\n{groups}    lr={MUON_REST_SHARE:g} * LEARNING_RATE,\n)",
        )
    settings = rate + (f"    {extra},\n" if extra else "") + decays
    if not recommendation.weight_decay:  # some classes decay unless told otherwise
        settings += "    weight_decay=0.0,\n"
    sorting = _GROUPS if recommendation.weight_decay else _GROUPS.split("\n", maxsplit=1)[0]
    if info.elsewhere is None:
        return OptimizerCode((), sorting, f"torch.optim.{info.torch_class}(\n{groups}{settings})")
    where = info.elsewhere
    return OptimizerCode(
        imports=(f"from {where.module} import {where.name}  # pip install {where.package}",),
        groups=sorting,
        expression=f"{where.name}(\n{groups}{settings})",
        averages=info.averages,
    )


def _stock(recommendation: Recommendation) -> tuple[StockSchedule, ...]:
    return stock_schedules(recommendation, run_steps(recommendation), (recommendation.learning_rate,))


def _final(recommendation: Recommendation) -> float:
    info = SCHEDULE_INFO[recommendation.schedule]
    final = info.default_final if recommendation.final_fraction is None else recommendation.final_fraction
    return max(final, EXPONENTIAL_FLOOR) if recommendation.schedule == "exponential" else final


def _call(part: StockSchedule) -> str:
    arguments = ["optimizer", *(f"{item.name}={item.code}" for item in part.arguments)]
    line = f"{part.name}({', '.join(arguments)})"
    if len(line) <= LONGEST_CALL:
        return line
    return f"{part.name}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def _for_optimizer(expression: str, name: str) -> str:
    """Return the scheduler of an optimizer; that of AdamW beside Muon has its own peak."""
    if name == "optimizer":
        return expression
    beside = f"{MUON_REST_SHARE:g} * LEARNING_RATE"
    return expression.replace("optimizer", name).replace("LEARNING_RATE", beside)


def _settings_code(recommendation: Recommendation) -> str:
    settings = optimizer_arguments(settings_of(recommendation))
    return ", ".join(f"{keyword}={_literal(value)}" for keyword, value in settings.items())


def _literal(value: bool | float | tuple[float, ...]) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(f'{item:g}' for item in value)})"
    return str(value) if isinstance(value, bool) else f"{value:g}"
