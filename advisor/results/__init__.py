"""Results as frozen, versioned data: recommendation, trace, verdict, advice. No torch, no rendering."""

from advisor.results.advice import SCHEMA_VERSION, Advice, Baseline, Provenance
from advisor.results.recommendation import ParameterGroup, Recommendation
from advisor.results.trace import (
    Choice,
    Citation,
    Contribution,
    Interval,
    Note,
    Overridden,
    Result,
    RuleUse,
    Trace,
    Undecided,
)
from advisor.results.verdict import ProbeReport, RangeTest, Trial, Verdict, not_run

__all__ = [
    "SCHEMA_VERSION",
    "Advice",
    "Baseline",
    "Choice",
    "Citation",
    "Contribution",
    "Interval",
    "Note",
    "Overridden",
    "ParameterGroup",
    "ProbeReport",
    "Provenance",
    "RangeTest",
    "Recommendation",
    "Result",
    "RuleUse",
    "Trace",
    "Trial",
    "Undecided",
    "Verdict",
    "not_run",
]
