"""Results as frozen, versioned data: recommendation, trace, verdict, advice. No torch, no rendering."""

from advisor.results.advice import SCHEMA_VERSION, Advice, Baseline, Provenance
from advisor.results.check_plan import CheckPlan, TrialRounds
from advisor.results.diagnosis import DIAGNOSIS_VERSION, Change, Diagnosis, LoggedCurve, RunRecipe, Symptom
from advisor.results.questions import Answer, AppliedEffect, FactChange, LeftOut, Question, RuleShift, WhatIf, WhyNot
from advisor.results.recommendation import ParameterGroup, Recommendation
from advisor.results.remarks import Remark, RemarkCode, remark
from advisor.results.sensitivity import Sensitivity, SensitivityPoint
from advisor.results.table_job import ColumnReading, FileReading, ModelRecipe, TableFormat, TableJob, TextReading
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
from advisor.results.tuning import TuningPlan, TuningStep
from advisor.results.verdict import ProbeReport, RangeTest, Trial, Verdict, not_run

__all__ = [
    "DIAGNOSIS_VERSION",
    "SCHEMA_VERSION",
    "Advice",
    "Answer",
    "AppliedEffect",
    "Baseline",
    "Change",
    "CheckPlan",
    "Choice",
    "Citation",
    "ColumnReading",
    "Contribution",
    "Diagnosis",
    "FactChange",
    "FileReading",
    "Interval",
    "LeftOut",
    "LoggedCurve",
    "ModelRecipe",
    "Note",
    "Overridden",
    "ParameterGroup",
    "ProbeReport",
    "Provenance",
    "Question",
    "RangeTest",
    "Recommendation",
    "Remark",
    "RemarkCode",
    "Result",
    "RuleShift",
    "RuleUse",
    "RunRecipe",
    "Sensitivity",
    "SensitivityPoint",
    "Symptom",
    "TableFormat",
    "TableJob",
    "TextReading",
    "Trace",
    "Trial",
    "TrialRounds",
    "TuningPlan",
    "TuningStep",
    "Undecided",
    "Verdict",
    "WhatIf",
    "WhyNot",
    "not_run",
    "remark",
]
