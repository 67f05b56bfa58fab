"""What a trainer is asked to do and what it answers, whichever way it trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.catalogue.schedule_curve import multiplier
from advisor.facts.names import ScheduleName
from advisor.recipe.optimizers import OptimizerSettings, settings_of
from advisor.results import ParameterGroup, Recommendation, RemarkCode
from advisor.training.pruning import Look, PrunedRun


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything about a training but its learning rate and seed.

    Attributes:
        settings: of the optimizer.
        schedule: canonical name.
        warmup_fraction: share of the run.
        final_fraction: share of the peak at the end; None: the schedule's own.
        clip_norm: None: not clipped.
        groups: of the user's own optimizer, with their shares of the rate; empty: all train at one rate.
    """

    settings: OptimizerSettings
    schedule: ScheduleName
    warmup_fraction: float = 0.0
    final_fraction: float | None = None
    clip_norm: float | None = None
    groups: tuple[ParameterGroup, ...] = ()

    def multiplier(self, step: int, steps: int) -> float:
        """Return the learning rate of a step as a share of the peak."""
        return multiplier(
            self.schedule, step, steps, warmup_fraction=self.warmup_fraction, final_fraction=self.final_fraction
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One training: a peak learning rate and a seed for weights, order and dropout."""

    learning_rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class TrainingResults:
    """What came of the runs, in the order they were asked for.

    Attributes:
        losses: held-out loss at the end; None when the run diverged or was taken out.
        samples: whose gradient was computed, by run.
        path: how they were trained.
        pruned: of a run that was taken out by ``Pruning``, its loss then and the share it had trained; None when it
            trained to the end or diverged. Its entry in ``losses`` is None.
        held_out: losses whose mean is the loss, of samples or batches (``Job.held_out_losses``); empty for a run that
            did not train to the end.
        curves: the training loss of each run over equal parts of it; see ``LossCurves``.
        looks: at each run, where ``Pruning`` looks at it, as far as it came.
        missing: positions of runs that a stop kept from their end; their other entries mean nothing.
        stop: what stopped them; None: nothing did.
    """

    losses: tuple[float | None, ...]
    samples: tuple[int, ...]
    path: str
    pruned: tuple[PrunedRun | None, ...] = ()
    held_out: tuple[tuple[float, ...], ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()
    looks: tuple[tuple[Look, ...], ...] = ()
    missing: frozenset[int] = frozenset()
    stop: RemarkCode | None = None

    @property
    def gradient_samples(self) -> int:
        """Samples whose gradient was computed, of all runs."""
        return sum(self.samples)


Advance = Callable[[float], None]
"""Called with the share of the steps done."""


def recipe_of(recommendation: Recommendation) -> Recipe:
    """Return the recipe of a recommendation."""
    return Recipe(
        settings=settings_of(recommendation),
        schedule=recommendation.schedule,
        warmup_fraction=recommendation.warmup_fraction,
        final_fraction=recommendation.final_fraction,
        clip_norm=recommendation.clip_norm,
        groups=recommendation.groups,
    )


ADAM_1E3 = Recipe(OptimizerSettings("adam"), "constant")
"""What most people use: Adam at 1e-3, constant."""


def part_of(advance: Advance, number: int, count: int) -> Advance:
    """Report the progress of one of several parts as that of the whole.

    Args:
        advance: of the whole.
        number: of the part, from 0.
        count: of parts.
    """
    return lambda share: advance((number + share) / count)
