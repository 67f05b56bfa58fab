"""What is known: frozen fact sheets with units, derived facts, and the registry of their names."""

from advisor.facts.data import (
    ColumnFacts,
    ConditioningFacts,
    CorrelatedPair,
    CorrelationFacts,
    DataFacts,
    MissingPattern,
    NoiseFacts,
    ScaleFacts,
    ShapeFacts,
    TargetFacts,
)
from advisor.facts.history import HistoryFacts
from advisor.facts.model import ModelFacts
from advisor.facts.plan import Plan, completed_settings, says
from advisor.facts.probe import ProbeFacts
from advisor.facts.registry import FactInfo, info, known, read, registry, with_facts
from advisor.facts.sheet import Facts

__all__ = [
    "ColumnFacts",
    "ConditioningFacts",
    "CorrelatedPair",
    "CorrelationFacts",
    "DataFacts",
    "FactInfo",
    "Facts",
    "HistoryFacts",
    "MissingPattern",
    "ModelFacts",
    "NoiseFacts",
    "Plan",
    "ProbeFacts",
    "ScaleFacts",
    "ShapeFacts",
    "TargetFacts",
    "completed_settings",
    "info",
    "known",
    "read",
    "registry",
    "says",
    "with_facts",
]
