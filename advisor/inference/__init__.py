"""Facts and rules to a recommendation with its trace; why not, what if, and what to ask."""

from advisor.inference.ablation import LeftOut, ablate
from advisor.inference.change import FactChange
from advisor.inference.comparison import RuleShift, WhatIf, what_if
from advisor.inference.counterfactual import WhyNot, why_not
from advisor.inference.infer import infer
from advisor.inference.questions import Question, ask
from advisor.inference.tuning import tune_plan

__all__ = [
    "FactChange",
    "LeftOut",
    "Question",
    "RuleShift",
    "WhatIf",
    "WhyNot",
    "ablate",
    "ask",
    "infer",
    "tune_plan",
    "what_if",
    "why_not",
]
