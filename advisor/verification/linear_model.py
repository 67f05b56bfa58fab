"""The linear model beside the net: what ends lower beyond noise is said first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from advisor.isolation import generators_kept
from advisor.progress import silent
from advisor.results import Recommendation, Trial, Verdict, remark
from advisor.statistics.normal import Z_90
from advisor.training.compute_budget import LEANEST, ComputeBudget
from advisor.training.job import Job
from advisor.training.runs import recipe_of
from advisor.training.workers.task import Workers
from advisor.verification.decision import TOLERANCE
from advisor.verification.observations import SAMPLING_SPREAD
from advisor.verification.trainings import Trainings, is_batched


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that was checked, with what its advised rate was found for.

    Attributes:
        job: what is trained.
        recommendation: with the advised rate.
        compute: the budget it was checked with.
        workers: who trains; None: this process.
        open_length: the length of its run is open; see ``Trainings``.
        spent: operations of its trainings here.
    """

    job: Job
    recommendation: Recommendation
    compute: ComputeBudget
    workers: Workers | None = None
    open_length: bool = False
    spent: list[float] = field(default_factory=list)

    def losses(self, seeds: Sequence[int], *, seed: int) -> tuple[float | None, ...]:
        """Train in full under some seeds of a check, and return the held-out losses."""
        recipe = recipe_of(self.recommendation)
        trainings = Trainings(
            job=self.job,
            recipe=recipe,
            compute=self.compute,
            plan=LEANEST,
            seeds=tuple(seed * 1_000 + index for index in seeds),
            seed=seed,
            progress=silent,
            batched=is_batched(self.job, self.recommendation, self.compute),
            workers=self.workers,
            open_length=self.open_length,
        )
        with generators_kept():
            rate = math.log(self.recommendation.learning_rate)
            points = trainings.train([rate], 1.0, "beside the linear model")
        self.spent.append(trainings.spent)
        return points[0].losses if points else (None,) * len(seeds)


def beside_linear_model(verdict: Verdict, model: Contender, linear: Contender, *, seed: int) -> Verdict:
    """Train the linear model as the model was, and say so in the verdict when it ends lower.

    Where it ends lower by no more than the error of the seeds that were trained, both train on the folds that are left.

    Args:
        verdict: on the model.
        model: the model, at its advised rate.
        linear: the linear model.
        seed: of the check.
    """
    ours = _advised(verdict)
    if ours is None or verdict.steps < verdict.full_steps:
        return verdict
    own, others = list(ours.losses), list(linear.losses(range(verdict.seeds), seed=seed))
    found = with_linear_model(verdict, own, others)
    left = range(verdict.seeds, len(model.job.data_split.parts))
    if found is not verdict or not left or not _is_ahead(others, own):
        return found
    same_rate = replace(model, recommendation=model.recommendation.replaced(learning_rate=ours.learning_rate))
    own += same_rate.losses(left, seed=seed)
    others += linear.losses(left, seed=seed)
    return with_linear_model(verdict, own, others)


def _is_ahead(losses: Sequence[float | None], others: Sequence[float | None]) -> bool:
    """Return whether the mean of losses is below that of others by more than the tolerance."""
    if None in losses or None in others:
        return False
    mean, other = (sum(one or 0.0 for one in part) / len(part) for part in (losses, others))
    return other - mean > TOLERANCE * abs(other)


def with_linear_model(verdict: Verdict, model: Sequence[float | None], linear: Sequence[float | None]) -> Verdict:
    """Return a verdict that says so when the linear model ends lower than what it advises.

    Args:
        verdict: on the model.
        model: its held-out losses at the advised rate, one per seed.
        linear: those of the linear model under the same seeds.
    """
    pairs = [(own, other) for own, other in zip(model, linear, strict=False) if own is not None and other is not None]
    if not pairs or not _is_lower([other for _, other in pairs], [own for own, _ in pairs], verdict.evaluation_samples):
        return verdict
    loss, own = (sum(pair[place] for pair in pairs) / len(pairs) for place in (1, 0))
    first = remark("linear_model_ends_lower", linear=loss, loss=own, folds=len(pairs))
    return verdict.model_copy(update={"status": "worse_than_linear", "reasons": (first, *verdict.reasons)})


def _advised(verdict: Verdict) -> Trial | None:
    """Return the trial nearest to the advised rate."""
    finite = [trial for trial in verdict.trials if trial.role == "candidate" and trial.mean is not None]
    return min(finite, key=lambda trial: abs(math.log(trial.learning_rate / verdict.learning_rate)), default=None)


def _is_lower(losses: Sequence[float], others: Sequence[float], samples: int) -> bool:
    """Return whether losses are lower than others of the same seeds, beyond the errors of both and the tolerance.

    A one-sided test at 95 %: whether the simpler model is higher is not asked.
    """
    count = len(losses)
    differences = [other - loss for loss, other in zip(losses, others, strict=True)]
    mean = sum(differences) / count
    size = max(abs(sum(others)), abs(sum(losses))) / count
    spread = sum((one - mean) ** 2 for one in differences) / max(1, count - 1) if count > 1 else 0.0
    sampling = (SAMPLING_SPREAD * size) ** 2 / max(1, samples)
    return mean > max(TOLERANCE * size, Z_90 * math.sqrt((spread + sampling) / count))
