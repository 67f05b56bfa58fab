"""An advice that builds torch objects, answers questions and draws its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor import inference, results
from advisor.api.answers import Question, WhatIf, WhyNot
from advisor.api.recommendation import Recommendation
from advisor.api.tuning import TuningPlan
from advisor.api.verdict import Verdict
from advisor.border import checks_input
from advisor.files import write_text
from advisor.knowledge import load_rules
from advisor.language import speaking

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from advisor.recipe.table_program import Framework
    from advisor.recipe.torch_objects import BuiltTraining


class Baseline(results.Baseline):
    """A linear model trained on the same rows, to show what the recommended model adds."""

    recommendation: Recommendation
    verdict: Verdict

    @classmethod
    def of(cls, data: results.Baseline) -> Baseline:
        """Return the same data with the conveniences; nothing is validated again."""
        changed = {"recommendation": Recommendation.of(data.recommendation), "verdict": Verdict.of(data.verdict)}
        return cls.model_construct(data.model_fields_set, **{**dict(data), **changed})


class Advice(results.Advice):
    """Facts, recommendation, verdict and provenance."""

    recommendation: Recommendation
    verdict: Verdict
    baseline: Baseline | None = None

    @classmethod
    def of(cls, data: results.Advice) -> Advice:
        """Return the same data with the conveniences; nothing is validated again."""
        changed = {
            "recommendation": Recommendation.of(data.recommendation),
            "verdict": Verdict.of(data.verdict),
            "baseline": Baseline.of(data.baseline) if data.baseline else None,
        }
        return cls.model_construct(data.model_fields_set, **{**dict(data), **changed})

    @checks_input
    def build(self, model: nn.Module, total_steps: int | None = None) -> BuiltTraining:
        """Return a stock torch optimizer and per-step scheduler; see ``Recommendation.build``."""
        return self.recommendation.build(model, total_steps)

    @checks_input
    def apply(self, optimizer: Optimizer, total_steps: int | None = None) -> LRScheduler:
        """Set the learning rates of your own optimizer and return a scheduler; see ``Recommendation.apply``."""
        return self.recommendation.apply(optimizer, total_steps)

    def set_params(self, estimator: Any) -> Any:
        """Set what was advised on a scikit-learn estimator and return it; see ``Recommendation.set_params``."""
        return self.recommendation.set_params(estimator)

    def to_skorch(self, total_steps: int | None = None) -> dict[str, Any]:
        """Return arguments for a skorch net: optimizer, batch size, and callbacks for schedule and clipping."""
        from advisor.recipe.skorch_arguments import skorch_arguments

        return skorch_arguments(self.recommendation, total_steps)

    def fit_one_cycle(self) -> dict[str, Any]:
        """Return arguments for a fastai Learner; see ``Recommendation.fit_one_cycle``."""
        return self.recommendation.fit_one_cycle()

    def suggest(self, trial: Any) -> Recommendation:
        """Return the recommendation at a rate that a trial of Optuna picks; see ``Recommendation.suggest``."""
        return self.recommendation.suggest(trial)

    @checks_input
    def code(self, framework: Framework = "torch", *, data: str | Path | None = None) -> str:
        """Return a complete program that trains what was checked, without advisor.

        Of a table it reads this file as it was understood, encodes it, builds the model that was checked with its
        initial weights, trains as advised, reports the held-out loss, saves, and predicts new rows. Otherwise model and
        data stand in and are to be replaced.

        Args:
            framework: ``torch``, ``lightning``, ``huggingface``, ``keras`` or ``sklearn``.
            data: path of the table; None: its name.

        Raises:
            PlanError: an unknown framework, or one that has no such optimizer, schedule or model.
        """
        from advisor.recipe.code import program_of

        return program_of(self, framework, data=None if data is None else str(data))

    @checks_input
    def explain(self, *, lang: str | None = None) -> str:
        """Return the answer, the reasons and the check as plain text.

        Args:
            lang: ``en`` or ``ko``; None: English, or what ``advisor.language.speaking`` says.
        """
        from advisor.reporting.text.advice import explain_advice

        with speaking(lang):
            return explain_advice(self)

    @checks_input
    def why_not(self, rule: str, *, rules: Sequence[str | Path] = ()) -> WhyNot:
        """Say why a rule does not fire on these facts, with the smallest change that makes it fire.

        Args:
            rule: its id.
            rules: the folders that the advice was made with, when there were any.

        Raises:
            FactError: there is no such rule.
        """
        return WhyNot.of(inference.why_not(rule, self.facts, load_rules(rules)))

    @checks_input
    def what_if(self, changes: Mapping[str, Any], *, rules: Sequence[str | Path] = ()) -> WhatIf:
        """Return the recommendation before and after some facts change; trials are not run again.

        The optimizer and schedule of the advice are kept, and so is the factor by which its trials moved the rules'
        rate (``carried_rate``), unless the change leads to another optimizer or schedule.

        Args:
            changes: fact path → new value, such as ``{"plan.batch_size": 512}``; None makes a fact unknown.
            rules: the folders that the advice was made with, when there were any.

        Raises:
            FactError: an unknown or derived fact, or a value that does not fit.
        """
        return WhatIf.of(inference.what_if(self.facts, load_rules(rules), changes, self.recommendation))

    @checks_input
    def ask(self, *, rules: Sequence[str | Path] = ()) -> tuple[Question, ...]:
        """Return the unknown facts that would change what the rules say, the weightiest first.

        Args:
            rules: the folders that the advice was made with, when there were any.
        """
        found = inference.ask(self.facts, load_rules(rules), self.recommendation)
        return tuple(Question.of(question) for question in found)

    @checks_input
    def tune_plan(self, *, rules: Sequence[str | Path] = ()) -> TuningPlan:
        """Return the five steps of tuning by hand for these facts, around the rate that the trials found.

        Args:
            rules: the folders that the advice was made with, when there were any.
        """
        return TuningPlan.of(inference.tune_plan(self.facts, load_rules(rules), self.recommendation))

    @checks_input
    def to_html(self, path: str | Path | None = None, *, lang: str | None = None) -> str:
        """Return the report as one self-contained HTML page, and write it when a path is given.

        Args:
            path: file to write.
            lang: ``en`` or ``ko``; None: English, or what ``advisor.language.speaking`` says.
        """
        from advisor.recipe.code import programs
        from advisor.reporting.html.advice import render

        with speaking(lang):
            text = render(self, {str(framework): code for framework, code in programs(self).items()})
        if path is not None:
            write_text(path, text)
        return text

    def _repr_html_(self) -> str:
        from advisor.reporting.html.advice import render_notebook

        return render_notebook(self)
