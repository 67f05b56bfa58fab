"""The whole fact tree."""

from __future__ import annotations

from advisor.facts.data import DataFacts
from advisor.facts.history import HistoryFacts
from advisor.facts.leaf import FactSheet, group
from advisor.facts.model import ModelFacts
from advisor.facts.plan import Plan
from advisor.facts.probe import ProbeFacts


class Facts(FactSheet):
    """Everything known before a recommendation; rules name its leaves by path (``data.scale.ratio``)."""

    data: DataFacts = group(DataFacts, "the training data")
    model: ModelFacts = group(ModelFacts, "the model")
    plan: Plan = group(Plan, "the training plan")
    probe: ProbeFacts = group(ProbeFacts, "measurements at the start of training")
    history: HistoryFacts = group(HistoryFacts, "symptoms in the log of an earlier run")

    @classmethod
    def of(cls, data: DataFacts | None, model: ModelFacts | None, plan: Plan | None) -> Facts:
        """Return the facts of what is given; of what is None nothing is known."""
        return cls(data=data or DataFacts(), model=model or ModelFacts(), plan=plan or Plan())
