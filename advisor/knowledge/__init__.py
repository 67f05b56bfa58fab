"""The rule base as objects: loading, conditions, effects, lint and overlays."""

from advisor.knowledge.base import RuleBase, load_rules
from advisor.knowledge.checking import check
from advisor.knowledge.prose import prose
from advisor.knowledge.rule import Rule
from advisor.knowledge.sources import Source

__all__ = ["Rule", "RuleBase", "Source", "check", "load_rules", "prose"]
