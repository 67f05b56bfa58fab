"""Facts and rules to a recommendation with its trace; why not, what if, and what to ask."""

from advisor.inference.comparison import RuleShift, WhatIf, what_if
from advisor.inference.counterfactual import FactChange, WhyNot, why_not
from advisor.inference.infer import infer
from advisor.inference.questions import Question, ask

__all__ = ["FactChange", "Question", "RuleShift", "WhatIf", "WhyNot", "ask", "infer", "what_if", "why_not"]
