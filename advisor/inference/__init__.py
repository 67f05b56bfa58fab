"""Facts and rules to a recommendation with its trace; why not, what if, and what to ask."""

from advisor.inference.ablation import ablate
from advisor.inference.comparison import as_advised, what_if
from advisor.inference.counterfactual import why_not
from advisor.inference.infer import infer
from advisor.inference.questions import ask
from advisor.inference.sensitivity import sensitivities
from advisor.inference.tuning import tune_plan

__all__ = ["ablate", "as_advised", "ask", "infer", "sensitivities", "tune_plan", "what_if", "why_not"]
