"""What only shows when all rules lie side by side: ids that clash, edges that lead nowhere or in a circle."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.errors import Problem, did_you_mean
from advisor.knowledge.rule import Rule


def duplicate_ids(rules: Sequence[Rule]) -> list[Problem]:
    """Return the rules whose id an earlier rule has (E111)."""
    first: dict[str, Rule] = {}
    found = []
    for rule in rules:
        earlier = first.setdefault(rule.id, rule)
        if earlier is not rule:
            message = (
                f"the id {rule.id!r} is taken by {earlier.path}; choose another and override that rule if you must"
            )
            found.append(Problem(rule.path, rule.line(("id",)), "E111", message))
    return found


def unknown_overrides(rules: Sequence[Rule]) -> list[Problem]:
    """Return the overrides edges to rules that do not exist (E109)."""
    known = {rule.id for rule in rules}
    return [
        Problem(
            rule.path,
            rule.line(("overrides", index)),
            "E109",
            f"no rule is called {name!r}{did_you_mean(name, known)}",
        )
        for rule in rules
        for index, name in enumerate(rule.document.overrides)
        if name not in known
    ]


def override_cycles(rules: Sequence[Rule]) -> list[Problem]:
    """Return one problem (E112) for each circle of overrides edges, at its first rule in reading order."""
    by_id = {rule.id: rule for rule in reversed(rules)}  # of two with one id the first, as in duplicate_ids
    done: set[str] = set()
    found = []
    for start in reversed(by_id):
        trail: list[str] = []
        stack = [(start, 0)]
        while stack:
            name, next_edge = stack.pop()
            if next_edge == 0:
                if name in trail:
                    circle = trail[trail.index(name) :]
                    rule = by_id[circle[0]]
                    way = " -> ".join([*circle, name])
                    found.append(Problem(rule.path, rule.line(("overrides",)), "E112", f"overrides in a circle: {way}"))
                    continue
                if name in done:
                    continue
                trail.append(name)
            edges = [edge for edge in by_id[name].document.overrides if edge in by_id]
            if next_edge < len(edges):
                stack += [(name, next_edge + 1), (edges[next_edge], 0)]
            else:
                done.add(name)
                trail.pop()
    return found
