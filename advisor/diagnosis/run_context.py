"""What is known about the run besides its log: told by hand, by a fact sheet, or by the advice it followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from advisor.facts import DataFacts, Facts, HistoryFacts, ModelFacts, Plan
from advisor.results import Advice, RunRecipe

JUDGED: Final = (
    "learning_rate",
    "schedule",
    "warmup_fraction",
    "beta2",
    "weight_decay",
    "clip_norm",
    "epochs",
    "steps",
)
"""Settings that a symptom may change: as part of the plan they would count as fixed, and no rule could touch them."""

_ENDS: Final = {"constant": 1.0, "cyclical": 1.0, "step": 0.01, "exponential": 0.01}
"""Rate at the end over the peak by schedule, for logs without the rate; the others end near zero."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known about the run besides its log.

    Attributes:
        data, model: as given.
        plan: everything about the run that is told, the settings that may change included.
    """

    data: DataFacts
    model: ModelFacts
    plan: Plan

    @property
    def free(self) -> Plan:
        """The plan with the settings that the rules may change left open."""
        return self.plan.model_copy(update=dict.fromkeys(JUDGED))

    @property
    def final_fraction(self) -> float | None:
        """Rate at the end of the run over its peak, by the schedule that was told."""
        return None if self.plan.schedule is None else _ENDS.get(self.plan.schedule, 0.0)

    def completed(self, seen: HistoryFacts) -> HistoryFacts:
        """Return the facts of the log, with what it leaves out filled by what was told."""
        plan = self.plan
        filled = {"final_fraction": self.final_fraction, "warmup_fraction": plan.warmup_fraction, "epochs": plan.epochs}
        open_ones = {name: value for name, value in filled.items() if getattr(seen, name) is None}
        rate = {"learning_rate": plan.learning_rate} if plan.learning_rate is not None else {}
        return seen.model_copy(update={**open_ones, **rate})

    def recipe(self, history: HistoryFacts) -> RunRecipe:
        """Return what the run trained with."""
        plan = self.plan
        return RunRecipe(
            optimizer=plan.optimizer,
            learning_rate=history.learning_rate,
            schedule=plan.schedule or ("constant" if _is_constant(history) else None),
            warmup_fraction=history.warmup_fraction,
            final_fraction=history.final_fraction,
            beta2=plan.beta2,
            weight_decay=plan.weight_decay,
            clip_norm=plan.clip_norm,
            batch_size=plan.batch_size,
            epochs=history.epochs,
        )


def _is_constant(history: HistoryFacts) -> bool:
    return (history.final_fraction or 0.0) > 0.99 and history.warmup_fraction == 0.0


def told(
    advice: Advice | None, data: DataFacts | None, model: ModelFacts | None, plan: Plan | None, settings: dict[str, Any]
) -> Told:
    """Gather what is known; what is given by hand wins over a plan, and a plan over the advice.

    Raises:
        PlanError: an unknown setting, or a value that does not fit.
    """
    base = advice.facts if advice is not None else Facts()
    followed = _followed(advice) if advice is not None else {}
    stated = {name: value for name, value in dict(plan or Plan()).items() if value is not None}
    given = {name: value for name, value in settings.items() if value is not None}
    return Told(
        data=data if data is not None else base.data,
        model=model if model is not None else base.model,
        plan=Plan(**{**followed, **stated, **given}),
    )


def _followed(advice: Advice) -> dict[str, Any]:
    """Return the settings of a run that followed an advice."""
    fixed = {name: value for name, value in dict(advice.facts.plan).items() if value is not None}
    advised = dict(advice.recommendation)
    # The advised batch counts accumulation and devices; the plan's own, where it has one, does not.
    taken = {name: advised[name] for name in Plan.model_fields if advised.get(name) is not None}
    return {**taken, **fixed, "learning_rate": advised["learning_rate"]}
