"""Tools for who writes rules: skeletons, pages, graphs, evidence, and what changed between two rule sets."""

from advisor.knowledge.authoring.graph import Graph, as_dot, as_mermaid, graph_of
from advisor.knowledge.authoring.pages import INDEX, pages_of, stale_pages, write_pages
from advisor.knowledge.authoring.ruleset_diff import RuleChange, RulesetDiff, compare
from advisor.knowledge.authoring.skeleton import skeleton, write_skeleton

__all__ = [
    "INDEX",
    "Graph",
    "RuleChange",
    "RulesetDiff",
    "as_dot",
    "as_mermaid",
    "compare",
    "graph_of",
    "pages_of",
    "skeleton",
    "stale_pages",
    "write_pages",
    "write_skeleton",
]
