"""Which optimizer, which learning rate, as which curve over the run, and why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from advisor._version import __version__

if TYPE_CHECKING:
    from advisor.api.advice import Advice
    from advisor.api.diagnosis import Diagnosis, diagnose
    from advisor.api.questions import ask, tune_plan, what_if, why_not
    from advisor.api.recommendation import Recommendation
    from advisor.errors import AdvisorError
    from advisor.facts import DataFacts, Facts, ModelFacts, Plan
    from advisor.guard.guard import Guard
    from advisor.inspection import inspect
    from advisor.pipeline import advise, recommend
    from advisor.profiling import profile
    from advisor.results import Verdict

__all__ = [
    "Advice",
    "AdvisorError",
    "DataFacts",
    "Diagnosis",
    "Facts",
    "Guard",
    "ModelFacts",
    "Plan",
    "Recommendation",
    "Verdict",
    "__version__",
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
    "Advice": "api.advice",
    "AdvisorError": "errors",
    "DataFacts": "facts",
    "Diagnosis": "api.diagnosis",
    "Facts": "facts",
    "Guard": "guard.guard",
    "ModelFacts": "facts",
    "Plan": "facts",
    "Recommendation": "api.recommendation",
    "Verdict": "results",
    "advise": "pipeline",
    "ask": "api.questions",
    "diagnose": "api.diagnosis",
    "inspect": "inspection",
    "profile": "profiling",
    "recommend": "pipeline",
    "tune_plan": "api.questions",
    "what_if": "api.questions",
    "why_not": "api.questions",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'advisor' has no attribute {name!r}")
    from advisor.border import environment_kept  # noqa: PLC0415 - importing advisor loads nothing that it need not

    with environment_kept():
        value = getattr(import_module(f"advisor.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
