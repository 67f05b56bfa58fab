"""What is known about the run besides its log: given by hand, by a fact sheet, or by the advice it followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.diagnosis.symptoms import Start
from advisor.facts import DataFacts, Facts, HistoryFacts, ModelFacts, Plan
from advisor.results import Advice, RunRecipe

ADJUSTABLE: Final = (
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


@dataclass(frozen=True, slots=True)
class RunContext:
    """What is known about the run besides its log.

    Attributes:
        data, model: as given.
        plan: every known setting of the run, those that may change included.
    """

    data: DataFacts
    model: ModelFacts
    plan: Plan

    @property
    def fixed_plan(self) -> Plan:
        """The plan with the settings that the rules may change left open."""
        return self.plan.model_copy(update=dict.fromkeys(ADJUSTABLE))

    @property
    def start(self) -> Start:
        """What the run started from."""
        adapted = self.model.adapter not in {None, "none"}
        return Start(
            pretrained=self.model.pretrained is True or adapted or self.model.initialization == "pretrained",
            may_guess=self.model.family != "language_model" and self.data.task != "language_modelling",
            epochs=self.plan.epochs,
        )

    @property
    def final_fraction(self) -> float | None:
        """Rate at the end of the run over its peak, by its schedule."""
        return None if self.plan.schedule is None else SCHEDULE_INFO[self.plan.schedule].default_final

    def complete(self, logged: HistoryFacts) -> HistoryFacts:
        """Return the facts of the log; settings fill what it leaves out, and a given rate replaces the logged one."""
        plan = self.plan
        known = {"final_fraction": self.final_fraction, "warmup_fraction": plan.warmup_fraction, "epochs": plan.epochs}
        missing = {name: value for name, value in known.items() if getattr(logged, name) is None}
        rate = {"learning_rate": plan.learning_rate} if plan.learning_rate is not None else {}
        return logged.model_copy(update={**missing, **rate})

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


def gather_run_context(
    advice: Advice | None, data: DataFacts | None, model: ModelFacts | None, plan: Plan | None, settings: dict[str, Any]
) -> RunContext:
    """Gather what is known; what is given by hand replaces a plan, and a plan the advice.

    Raises:
        PlanError: an unknown setting, or a value that does not fit.
    """
    base = advice.facts if advice is not None else Facts()
    followed = _settings_of(advice) if advice is not None else {}
    stated = {name: value for name, value in dict(plan or Plan()).items() if value is not None}
    given = {name: value for name, value in settings.items() if value is not None}
    return RunContext(
        data=data if data is not None else base.data,
        model=model if model is not None else base.model,
        plan=Plan(**{**followed, **stated, **given}),
    )


def _settings_of(advice: Advice) -> dict[str, Any]:
    """Return the settings of a run that followed an advice."""
    fixed = {name: value for name, value in dict(advice.facts.plan).items() if value is not None}
    advised = dict(advice.recommendation)
    # The advised batch counts accumulation and devices; the plan's own, where it has one, does not.
    taken = {name: advised[name] for name in Plan.model_fields if advised.get(name) is not None}
    return {**taken, **fixed, "learning_rate": advised["learning_rate"]}
