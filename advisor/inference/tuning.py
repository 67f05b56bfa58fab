"""Tuning by hand: the five steps of the founding document with the numbers that the rules give for a task.

The steps carry numbers only; advisor/reporting writes the instructions.

Source:
    founding document, section 7
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.facts import Facts, read, with_facts
from advisor.inference.infer import conclude, infer
from advisor.knowledge.base import RuleBase
from advisor.results import Interval, Recommendation, TuningPlan
from advisor.results.tuning import (
    BaseTrainingStep,
    BatchStep,
    RangeTestStep,
    RegularisationStep,
    ScheduleStep,
    TuningStep,
)

SWEEP_START: Final = 1e-7
"""First rate of the range test (SEED-8, SEED-16)."""

SWEEP_END: Final = {True: 1.0, False: 10.0}
"""Last rate by whether the optimizer is adaptive (judgement: SGD trains at rates above the founding document's 0.1)."""

POINTS_PER_DECADE: Final = 16
"""Steps of the sweep per factor of ten (judgement: a reading is then exact within 15 %)."""

EXPLODED: Final = 4.0
"""Loss over the lowest so far at which a sweep ends: fastai/fastai, ``callback/schedule.py``,
``LRFinder.after_batch``."""

SHORT_RUN: Final = 0.2
"""Length of a base training run as a share of the full run. Judgement: long enough to rank rates, cheap enough for
several ..."""

LEAST_STEPS: Final = 100
"""... but no shorter than this many steps. Judgement: in fewer, the loss of a small job has hardly begun to fall."""

SEEDS: Final = 2
"""Trainings of each rate. Judgement: the fewest that show how much seeds differ."""

CONSTANT_SHARE: Final = {True: 0.3, False: 0.7}
"""A good constant rate over a good peak of a decaying schedule, by whether the optimizer is adaptive: rounded
from pilot, schedule runs: 0.32 to 0.43 with Adam, 0.63 to 0.76 with SGD."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What the steps are made from: the recommendation and what is known of the run's length."""

    rec: Recommendation
    adaptive: bool
    convex: bool
    dropout: float | None
    steps_per_epoch: int | None

    @property
    def short_epochs(self) -> float | None:
        """Length of a base training run."""
        if self.rec.epochs is None:
            return None
        least = LEAST_STEPS / self.steps_per_epoch if self.steps_per_epoch else 1.0
        return min(self.rec.epochs, max(1.0, math.ceil(max(SHORT_RUN * self.rec.epochs, least))))


def tune_plan(facts: Facts, rules: RuleBase, tried: Recommendation | None = None) -> TuningPlan:
    """Return the five steps of tuning by hand for a task.

    Args:
        facts: what is known.
        rules: that recommend.
        tried: the recommendation after trials, used instead of the rules' own.

    Raises:
        AdvisorError: as ``infer``.
    """
    inferred, settled = conclude(facts, rules)
    rec = tried or inferred
    task = _Task(
        rec=rec,
        adaptive=read(settled, "plan.adaptive") is not False,
        convex=settled.model.convex is True,
        dropout=settled.model.dropout,
        steps_per_epoch=_count(read(settled, "plan.steps_per_epoch")),
    )
    batch = _batch(task, facts, rules, inferred)
    steps = (_range_test(task), _base_training(task), _schedule(task), batch, _regularisation(task))
    return TuningPlan(recommendation=rec, steps=steps, cost=_cost(rec.epochs, steps))


def grid(interval: Interval, center: float) -> tuple[float, ...]:
    """Return rates to try, lowest first: three in a narrow interval, else five, the recommended one among them.

    >>> grid(Interval(lower=1e-4, upper=1e-2), 1e-3)
    (0.0001, 0.00032, 0.001, 0.0032, 0.01)
    """
    each = 1 if interval.ratio < 9.0 else 2
    below = [center * (interval.lower / center) ** (part / each) for part in range(each, 0, -1)]
    above = [center * (interval.upper / center) ** (part / each) for part in range(1, each + 1)]
    return tuple(sorted({_rounded(rate) for rate in (*below, center, *above)}))


def _range_test(task: _Task) -> RangeTestStep:
    end = SWEEP_END[task.adaptive]
    points = round(POINTS_PER_DECADE * math.log10(end / SWEEP_START))
    return RangeTestStep(
        start_rate=SWEEP_START,
        end_rate=end,
        points=points,
        explosion=EXPLODED,
        expected=task.rec.interval,
        runs=1,
        epochs=points / task.steps_per_epoch if task.steps_per_epoch else None,
    )


def _base_training(task: _Task) -> BaseTrainingStep:
    rates = grid(task.rec.interval, task.rec.learning_rate)
    return BaseTrainingStep(
        optimizer=task.rec.optimizer,
        values=rates,
        seeds=SEEDS,
        runs=SEEDS * len(rates),
        epochs=task.short_epochs,
        higher_rate=_rounded(rates[-1] * 3),
        lower_rate=_rounded(rates[0] / 3),
    )


def _schedule(task: _Task) -> ScheduleStep:
    rec = task.rec
    decays = SCHEDULE_INFO[rec.schedule].decays
    share = CONSTANT_SHARE[task.adaptive]
    factor = share if decays else 1.0 / share
    return ScheduleStep(
        schedule=rec.schedule,
        decays=decays,
        warmup_fraction=rec.warmup_fraction,
        warmup_steps=round(rec.warmup_fraction * rec.total_steps) if rec.total_steps else None,
        alternative_factor=factor,
        values=(_rounded(rec.learning_rate), _rounded(rec.learning_rate * factor)),
        runs=2,
        epochs=rec.epochs,
    )


def _batch(task: _Task, facts: Facts, rules: RuleBase, inferred: Recommendation) -> BatchStep:
    """Return the rates for other batch sizes, in the ratio of what the rules recommend for them."""
    batch, rate = task.rec.batch_size, task.rec.learning_rate
    sizes = tuple(size for size in (batch // 2, batch * 2, batch * 4) if size >= 1) if batch else ()
    others = (infer(_with_batch(facts, size), rules, undecided=False).learning_rate for size in sizes)
    return BatchStep(
        rate=_rounded(rate),
        batch_size=batch,
        batch_sizes=sizes,
        values=tuple(_rounded(rate * other / inferred.learning_rate) for other in others),
        adaptive=task.adaptive,
        runs=0,
    )


def _with_batch(facts: Facts, size: int) -> Facts:
    """Return the facts with another number of samples per optimizer step."""
    return with_facts(facts, {"plan.batch_size": size, "plan.accumulation": None, "plan.devices": None})


def _regularisation(task: _Task) -> RegularisationStep:
    decay = task.rec.weight_decay
    decays = (decay / 10, decay, decay * 10) if decay > 0 else (0.0, 1e-4, 1e-2 if task.adaptive else 1e-3)
    values = tuple(_rounded(value) for value in decays)
    drop = task.dropout or 0.0
    dropouts = () if task.convex else tuple(round(value, 2) for value in (drop, drop + 0.1, drop + 0.3) if value < 0.8)
    return RegularisationStep(
        values=values,
        dropouts=dropouts,
        runs=len(values) + max(0, len(dropouts) - 1),
        epochs=task.rec.epochs,
    )


def _cost(full: float | None, steps: tuple[TuningStep, ...]) -> float | None:
    """Return the epochs of all runs over those of a full one; None when a length is not known."""
    lengths = [step.runs * step.epochs for step in steps if step.runs and step.epochs is not None]
    known = len(lengths) == sum(step.runs > 0 for step in steps)
    return sum(lengths) / full if full and known else None


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
