"""What is known: frozen fact sheets with units, derived facts, and the registry of their names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from advisor.facts.registry import FactInfo, info, known, read, with_facts
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
    "says",
    "with_facts",
]

# Names are resolved on first use: a table is profiled without the facts of models and plans, which take time to build.
_HOMES = {
    "ColumnFacts": "data",
    "ConditioningFacts": "data",
    "CorrelatedPair": "data",
    "CorrelationFacts": "data",
    "DataFacts": "data",
    "FactInfo": "registry",
    "Facts": "sheet",
    "HistoryFacts": "history",
    "MissingPattern": "data",
    "ModelFacts": "model",
    "NoiseFacts": "data",
    "Plan": "plan",
    "ProbeFacts": "probe",
    "ScaleFacts": "data",
    "ShapeFacts": "data",
    "TargetFacts": "data",
    "completed_settings": "plan",
    "info": "registry",
    "known": "registry",
    "read": "registry",
    "says": "plan",
    "with_facts": "registry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'advisor.facts' has no attribute {name!r}")
    value = getattr(import_module(f"advisor.facts.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
