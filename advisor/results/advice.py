"""Everything one run found: the single source of the terminal summary, the HTML report and the JSON file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from advisor.facts import Facts
from advisor.facts.names import Budget
from advisor.results.document import Document
from advisor.results.recommendation import Recommendation
from advisor.results.trace import Result
from advisor.results.verdict import ProbeReport, Verdict

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from advisor.results.questions import Question, WhatIf, WhyNot
    from advisor.results.tuning import TuningPlan

SCHEMA_VERSION: Final = "1.0"


class Baseline(Result):
    """A linear model trained on the same rows, to show what the recommended model adds."""

    name: str
    recommendation: Recommendation
    verdict: Verdict


class Provenance(Result):
    """What made this advice; no clock and no absolute path, so that the same input and seed give the same bytes."""

    advisor: str
    ruleset: str
    overlays: tuple[str, ...] = ()
    python: str = ""
    torch: str = ""
    seed: int = 0
    budget: Budget | float = "none"
    source: str = Field(default="", description="file name or description of the data")
    model: str = Field(default="", description="class or preset name")


class Advice(Document):
    """Facts, recommendation, proof and provenance."""

    kind: ClassVar[str] = "advice"
    version: ClassVar[str] = SCHEMA_VERSION

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    facts: Facts
    recommendation: Recommendation
    verdict: Verdict
    probe: ProbeReport | None = None
    baseline: Baseline | None = None
    provenance: Provenance

    def build(self, model: nn.Module, total_steps: int | None = None) -> tuple[Optimizer, LRScheduler]:
        """Return a stock torch optimizer and per-step scheduler; see ``Recommendation.build``."""
        return self.recommendation.build(model, total_steps)

    def apply(self, optimizer: Optimizer, total_steps: int | None = None) -> LRScheduler:
        """Set the learning rates of your own optimizer and return a scheduler; see ``Recommendation.apply``."""
        return self.recommendation.apply(optimizer, total_steps)

    def explain(self) -> str:
        """Return the answer, the reasons and the proof as plain text."""
        from advisor.reporting.text.advice import explain_advice  # upward on purpose: conveniences on the result

        return explain_advice(self)

    def why_not(self, rule: str, *, rules: Sequence[str | Path] = ()) -> WhyNot:
        """Say why a rule does not fire on these facts, with the smallest change that makes it fire.

        Args:
            rule: its id.
            rules: the folders that the advice was made with, when there were any.

        Raises:
            FactError: there is no such rule.
        """
        from advisor.inference import why_not  # upward on purpose, as all conveniences here
        from advisor.knowledge import load_rules

        return why_not(rule, self.facts, load_rules(rules))

    def what_if(self, changes: Mapping[str, Any], *, rules: Sequence[str | Path] = ()) -> WhatIf:
        """Return what the rules recommend before and after some facts change; trials are not run again.

        Args:
            changes: fact path → new value, such as ``{"plan.batch_size": 512}``; None makes a fact unknown.
            rules: the folders that the advice was made with, when there were any.

        Raises:
            FactError: an unknown or derived fact, or a value that does not fit.
        """
        from advisor.inference import what_if
        from advisor.knowledge import load_rules

        return what_if(self.facts, load_rules(rules), changes)

    def ask(self, *, rules: Sequence[str | Path] = ()) -> tuple[Question, ...]:
        """Return the unknown facts that would change what the rules say, the weightiest first.

        Args:
            rules: the folders that the advice was made with, when there were any.
        """
        from advisor.inference import ask
        from advisor.knowledge import load_rules

        return ask(self.facts, load_rules(rules))

    def tune_plan(self, *, rules: Sequence[str | Path] = ()) -> TuningPlan:
        """Return the five steps of tuning by hand for these facts, around the rate that the trials found.

        Args:
            rules: the folders that the advice was made with, when there were any.
        """
        from advisor.inference import tune_plan
        from advisor.knowledge import load_rules

        return tune_plan(self.facts, load_rules(rules), self.recommendation)

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the report as one self-contained HTML page, and write it when a path is given."""
        from advisor.reporting.html.advice import render

        text = render(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _repr_html_(self) -> str:
        from advisor.reporting.html.advice import render_notebook

        return render_notebook(self)
