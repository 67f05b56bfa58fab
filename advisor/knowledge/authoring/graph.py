"""Rules as a graph: which give way to which, and which facts they read and settle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from advisor.knowledge.authoring.neighbours import facts_used
from advisor.knowledge.base import RuleBase
from advisor.knowledge.effects import Choose


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, each sorted.

    Attributes:
        rules: (id, topic).
        facts: paths.
        overrides: (rule that wins, rule that gives way).
        reads: (fact, rule that tests it or computes with it).
        settles: (rule, fact that it chooses).
    """

    rules: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...]
    reads: tuple[tuple[str, str], ...]
    settles: tuple[tuple[str, str], ...]


def graph_of(base: RuleBase, *, topic: str | None = None, facts: bool = False) -> Graph:
    """Return the rules of a topic (None: all) with their edges, and the rules at the other ends.

    Args:
        base: the rules.
        topic: folder of the rules to start from.
        facts: add what they read and settle.
    """
    chosen = {rule.id for rule in base.rules if topic in {None, rule.topic}}
    taking_part = {rule.id for rule in base.rules}
    overrides = {
        (rule.id, other)
        for rule in base.rules
        for other in rule.document.overrides
        if other in taking_part and (rule.id in chosen or other in chosen)
    }
    shown = chosen | {name for edge in overrides for name in edge}
    rules = [rule for rule in base.rules if rule.id in shown]
    reads = {(fact, rule.id) for rule in rules for fact in facts_used(rule)} if facts else set()
    settles = {
        (rule.id, f"plan.{effect.choose}")
        for rule in rules
        for effect in rule.then
        if isinstance(effect, Choose) and facts
    }
    paths = {fact for fact, _ in reads} | {fact for _, fact in settles}
    nodes = sorted((rule.id, rule.topic) for rule in rules)
    return Graph(tuple(nodes), *(tuple(sorted(found)) for found in (paths, overrides, reads, settles)))  # type: ignore[arg-type]


def as_dot(graph: Graph) -> str:
    """Return the graph for Graphviz: ``advisor rules graph | dot -Tsvg``."""
    return "\n".join(["digraph rules {", *_dot(graph), "}"]) + "\n"


def _dot(graph: Graph) -> Iterator[str]:
    yield '  rankdir=LR; node [shape=clause, fontname="sans-serif"];'
    for topic in dict.fromkeys(topic for _, topic in sorted(graph.rules, key=lambda node: node[1])):
        yield f'  subgraph "cluster_{topic}" {{ label="{topic}";'
        yield from (f'    "{name}";' for name, own in graph.rules if own == topic)
        yield "  }"
    yield from (f'  "{fact}" [shape=ellipse, style=filled, fillcolor="#eeeeee"];' for fact in graph.facts)
    yield from (f'  "{one}" -> "{two}" [label="overrides"];' for one, two in graph.overrides)
    yield from (f'  "{fact}" -> "{rule}" [style=dashed];' for fact, rule in graph.reads)
    yield from (f'  "{rule}" -> "{fact}" [label="settles"];' for rule, fact in graph.settles)


def as_mermaid(graph: Graph) -> str:
    """Return the graph for Mermaid, which GitHub and many wikis draw."""
    return "\n".join(["flowchart LR", *_mermaid(graph)]) + "\n"


def _mermaid(graph: Graph) -> Iterator[str]:
    names = {name: f"r{index}" for index, (name, _) in enumerate(graph.rules)}  # "end" and "-" mean things to Mermaid
    facts = {path: f"f{index}" for index, path in enumerate(graph.facts)}
    for topic in dict.fromkeys(topic for _, topic in sorted(graph.rules, key=lambda node: node[1])):
        yield f'  subgraph t_{topic}["{topic}"]'
        yield from (f'    {names[name]}["{name}"]' for name, own in graph.rules if own == topic)
        yield "  end"
    yield from (f'  {node}(["{path}"])' for path, node in facts.items())
    yield from (f"  {names[one]} -->|overrides| {names[two]}" for one, two in graph.overrides)
    yield from (f"  {facts[fact]} -.-> {names[rule]}" for fact, rule in graph.reads)
    yield from (f"  {names[rule]} -->|settles| {facts[fact]}" for rule, fact in graph.settles)
