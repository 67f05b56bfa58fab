"""Which optimizer, which learning rate, as which curve over the run, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.diagnosis.diagnose import diagnose
    from advisor.errors import AdvisorError
    from advisor.facts import DataFacts, Facts, ModelFacts, Plan
    from advisor.inspection import inspect
    from advisor.pipeline import advise, recommend
    from advisor.profiling import profile
    from advisor.reasoning import ask, tune_plan, what_if, why_not
    from advisor.results import Advice, Diagnosis, Recommendation, Verdict

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "AdvisorError",
    "DataFacts",
    "Diagnosis",
    "Facts",
    "ModelFacts",
    "Plan",
    "Recommendation",
    "Verdict",
    "advise",
    "ask",
    "diagnose",
    "inspect",
    "profile",
    "recommend",
    "tune_plan",
    "what_if",
    "why_not",
]

# Names are resolved on first use, so that ``import advisor`` and rules-only work load neither torch nor duckdb.
_HOMES = {
    "Advice": "results",
    "AdvisorError": "errors",
    "DataFacts": "facts",
    "Diagnosis": "results",
    "Facts": "facts",
    "ModelFacts": "facts",
    "Plan": "facts",
    "Recommendation": "results",
    "Verdict": "results",
    "advise": "pipeline",
    "ask": "reasoning",
    "diagnose": "diagnosis.diagnose",
    "inspect": "inspection",
    "profile": "profiling",
    "recommend": "pipeline",
    "tune_plan": "reasoning",
    "what_if": "reasoning",
    "why_not": "reasoning",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'advisor' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"advisor.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
