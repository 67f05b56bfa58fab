"""The graph has the edges that the rules have."""

from __future__ import annotations

import re

from advisor.knowledge import load_rules
from advisor.knowledge.authoring import as_dot, as_mermaid, graph_of
from advisor.knowledge.conditions import facts_of
from advisor.knowledge.effects import Choose


def test_every_edge_of_the_base_is_there() -> None:
    base = load_rules()
    graph = graph_of(base, facts=True)
    assert {name for name, _ in graph.rules} == {rule.id for rule in base.rules}
    assert set(graph.overrides) == {(rule.id, other) for rule in base.rules for other in rule.document.overrides}
    reads, settles = set(graph.reads), set(graph.settles)
    for rule in base.rules:
        assert {(fact, rule.id) for fact in facts_of(rule.when)} <= reads
        chosen = {f"plan.{effect.choose}" for effect in rule.then if isinstance(effect, Choose)}
        assert {fact for name, fact in settles if name == rule.id} == chosen
    assert {fact for fact, _ in reads} | {fact for _, fact in settles} == set(graph.facts)


def test_a_topic_brings_the_rules_at_its_edges() -> None:
    base = load_rules()
    graph = graph_of(base, topic="finetune")
    topics = dict(graph.rules)
    assert set(topics.values()) >= {"finetune", "model", "schedule"}
    assert all("finetune" in {topics[one], topics[two]} for one, two in graph.overrides)
    assert graph.facts == graph.reads == graph.settles == ()


def test_both_notations_say_the_same() -> None:
    graph = graph_of(load_rules(), topic="convex", facts=True)
    dot, mermaid = as_dot(graph), as_mermaid(graph)
    assert dot.count('label="overrides"') == mermaid.count("-->|overrides|") == len(graph.overrides)
    assert dot.count("style=dashed") == mermaid.count("-.->") == len(graph.reads)
    assert dot.count("{") == dot.count("}")
    assert mermaid.startswith("flowchart LR\n")
    named = dict(re.findall(r'(r\d+)\["(.+?)"\]', mermaid))
    edges = {(named[one], named[two]) for one, two in re.findall(r"(r\d+) -->\|overrides\| (r\d+)", mermaid)}
    assert edges == set(graph.overrides)
