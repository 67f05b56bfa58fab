"""Tuning by hand: the five steps of the founding document with the numbers that the rules give for a task.

Source:
    founding document, section 7; the readings of the range test and their factors as in the rules on schedules
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.facts import Facts, read
from advisor.inference.infer import conclude
from advisor.knowledge.base import RuleBase
from advisor.results import Interval, Recommendation, TuningPlan, TuningStep

SWEEP_START: Final = 1e-7
SWEEP_END: Final = {True: 1.0, False: 10.0}
"""Last rate of the range test by whether the optimizer is adaptive; SGD bears more than the founding document's 0.1."""

POINTS_PER_DECADE: Final = 16
EXPLODED: Final = 4.0
"""Loss over the lowest so far at which a sweep ends."""

SHORT: Final = 0.2
"""Length of a base training run as a share of the full run ..."""

LEAST_STEPS: Final = 100
"""... but no shorter than this many steps."""

CONSTANT_SHARE: Final = {True: 0.3, False: 0.7}
"""A good constant rate over a good peak of a decaying schedule, by whether the optimizer is adaptive (pilot fits)."""


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
        return min(self.rec.epochs, max(1.0, math.ceil(max(SHORT * self.rec.epochs, least))))


def tune_plan(facts: Facts, rules: RuleBase, tried: Recommendation | None = None) -> TuningPlan:
    """Return the five steps of tuning by hand for a task.

    Args:
        facts: what is known.
        rules: that recommend.
        tried: the recommendation after trials, to start from instead of the rules' own.

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
    steps = (_range_test(task), _base_training(task), _schedule(task), _batch(task), _regularisation(task))
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


def _range_test(task: _Task) -> TuningStep:
    end, interval = SWEEP_END[task.adaptive], task.rec.interval
    points = round(POINTS_PER_DECADE * math.log10(end / SWEEP_START))
    passes = f", about {points / task.steps_per_epoch:.2g} epochs" if task.steps_per_epoch else ""
    return TuningStep(
        title="Range test",
        run=f"One sweep: raise the rate from {SWEEP_START:g} to {end:g}, the same factor each step, for {points} steps"
        f"{passes}; batch size and optimizer as in the real run.",
        look=(
            "the rate at which the smoothed loss falls most steeply: a peak to decay from, twice a constant rate",
            "the rate at which the steep fall begins: half of it is a safe first rate",
            "the rate at which the loss is lowest: a tenth to an eighth of it is the cautious reading",
            f"whether these lie within {_span(interval)}, which the rules expect; one that does not joins step 2",
        ),
        runs=1,
        epochs=points / task.steps_per_epoch if task.steps_per_epoch else None,
        stop=f"when the loss is above {EXPLODED:g} times its lowest value three times in a row, or NaN.",
        then="Keep the reading as a rate for step 2; if the loss never fell, check the data and the loss first.",
    )


def _base_training(task: _Task) -> TuningStep:
    rates = grid(task.rec.interval, task.rec.learning_rate)
    epochs = task.short_epochs
    length = f"{epochs:g} epochs each" if epochs else "a fifth of the full run each"
    return TuningStep(
        title="Base training",
        run=f"Train at {_listed(rates)} for {length}, the schedule squeezed into that length, two seeds each; log the "
        "training and the held-out loss.",
        values=rates,
        runs=2 * len(rates),
        epochs=epochs,
        look=(
            "oscillation or divergence: that rate and all above it are out",
            "slow, steady descent to the very end: that rate and all below it are too low",
            "lowest held-out loss: the rate to go on with",
            f"in doubt: `advisor diagnose LOG --optimizer {task.rec.optimizer} --learning-rate RATE` reads a log",
        ),
        stop="when the best rate has a worse one on both sides; of rates that differ less than seeds do, the lower.",
        then=f"If the best is the highest, try {_rounded(rates[-1] * 3):g} too; if it is the lowest, try "
        f"{_rounded(rates[0] / 3):g}.",
    )


def _schedule(task: _Task) -> TuningStep:
    rec = task.rec
    decays = SCHEDULE_INFO[rec.schedule].decays
    steps = f" ({round(rec.warmup_fraction * rec.total_steps):,} steps)" if rec.total_steps else ""
    warmup = f" after warm-up over {rec.warmup_fraction:.0%} of the run{steps}" if rec.warmup_fraction else ""
    share = CONSTANT_SHARE[task.adaptive]
    other = (
        f"constant at {share:g} times that rate, which shows what the decay is worth"
        if decays
        else f"cosine decay to zero from {1 / share:.2g} times that rate"
    )
    return TuningStep(
        title="Schedule",
        run=f"With the best rate of step 2 as the peak, train the full length with {rec.schedule.replace('_', ' ')}"
        f"{warmup}; then {other}.",
        values=(_rounded(rec.learning_rate), _rounded(rec.learning_rate * (share if decays else 1 / share))),
        runs=2,
        epochs=rec.epochs,
        look=(
            "an early rise of the loss that comes back: double the warm-up, keep the peak",
            "swings that stay until late: a decay that begins earlier, or half the peak",
            "a plateau: decay sooner, or, where the rate is near zero already, train longer",
        ),
        stop="when the better of the two beats the other by more than two seeds differ; otherwise keep the decay.",
        then="Keep this schedule; every later change of length stretches it.",
    )


def _batch(task: _Task) -> TuningStep:
    batch, rate = task.rec.batch_size, task.rec.learning_rate
    known = batch or 1
    sizes = [size for size in (known // 2, known * 2, known * 4) if size >= 1] if batch else []
    told = "; ".join(f"batch {size:,}: {_rounded(rate * math.sqrt(size / known)):g}" for size in sizes)
    return TuningStep(
        title="Correct for the batch",
        run="Only if the batch changes: new rate = old rate × √(new batch / old batch)."
        + (f" From {_rounded(rate):g} at batch {known:,}: {told}." if told else ""),
        values=tuple(_rounded(rate * math.sqrt(size / known)) for size in sizes),
        runs=0,
        look=(
            "the same held-out loss after the same number of epochs: the correction holds",
            "a worse one at a larger batch: there are too few steps; go back, or train longer"
            + ("" if task.adaptive else "; SGD often bears a rate in proportion to the batch"),
            "no gain in time per epoch: the larger batch is not worth it",
        ),
        stop="at the largest batch that still ends at the same loss; after more than a factor 4, run step 2 again with "
        "three rates.",
        then="Fix the batch for good: weight decay is tuned at one batch.",
    )


def _regularisation(task: _Task) -> TuningStep:
    decay = task.rec.weight_decay
    decays = (decay / 10, decay, decay * 10) if decay > 0 else (0.0, 1e-4, 1e-2 if task.adaptive else 1e-3)
    values = tuple(_rounded(value) for value in decays)
    drop = task.dropout or 0.0
    dropouts = () if task.convex else tuple(round(value, 2) for value in (drop, drop + 0.1, drop + 0.3) if value < 0.8)
    dropout = f", then dropout {_listed(dropouts)} with the best" if dropouts else ""
    return TuningStep(
        title="Fine-tune the regularisation",
        run=f"At the rate and schedule found: weight decay {_listed(values)}{dropout}; full length.",
        values=values,
        runs=len(values) + max(0, len(dropouts) - 1),
        epochs=task.rec.epochs,
        look=(
            "held-out loss rising while the training loss falls: more of either, or fewer epochs",
            "training and held-out loss close together and both high: less of either, or a larger model",
            "no difference: take the smaller value",
        ),
        stop="when the best value is not at the edge and the gain is smaller than two seeds differ.",
        then="Train the final run with three seeds; go back to step 2 only if batch, model or data changed.",
    )


def _cost(full: float | None, steps: tuple[TuningStep, ...]) -> float | None:
    """Return the epochs of all runs over those of a full one; None when a length is not known."""
    lengths = [step.runs * step.epochs for step in steps if step.runs and step.epochs is not None]
    known = len(lengths) == sum(step.runs > 0 for step in steps)
    return sum(lengths) / full if full and known else None


def _span(interval: Interval) -> str:
    return f"{_rounded(interval.lower):g} to {_rounded(interval.upper):g}"


def _listed(values: tuple[float, ...]) -> str:
    texts = [f"{value:g}" for value in values]
    return ", ".join(texts[:-1]) + f" and {texts[-1]}" if len(texts) > 1 else texts[0]


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
