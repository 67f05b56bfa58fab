"""One Markdown page for each rule and an index by topic: ``docs/rules``, generated, never edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from advisor.cleaning import plain
from advisor.errors import InputError, RuleError
from advisor.facts.derived import Value
from advisor.facts.registry import registry
from advisor.files import write_text
from advisor.knowledge.authoring.neighbours import Neighbours, neighbours_of
from advisor.knowledge.base import RuleBase
from advisor.knowledge.conditions import AllOf, AnyOf, Condition, Leaf, Not, Unless, facts_of
from advisor.knowledge.effects import law_of
from advisor.knowledge.evidence import Ablation, read_ablation
from advisor.knowledge.example_runs import EXPECTED
from advisor.knowledge.prose import effect_in_words, leaf_in_words, value_in_words
from advisor.knowledge.rule import TOPICS, Rule
from advisor.knowledge.strata import competes
from advisor.numerals import share
from advisor.results import Citation

INDEX: Final = "README.md"
MARK: Final = "<!-- written by `advisor rules docs`; edit the rule, not this page -->"
_GROUPS: Final = {"match": "fires", "no_match": "does not fire", "unknown": "undecided"}
_GRADES: Final = {
    "measured": "Measured in our benchmark.",
    "published": "Published by others; see the sources.",
    "judgement": "A judgement, backed by no measurement of ours.",
}
_ESCAPED: Final = str.maketrans({**{sign: f"\\{sign}" for sign in "\\`*_[]|~"}, "<": "&lt;", ">": "&gt;", "\n": " "})


def pages_of(base: RuleBase, folder: Path) -> Mapping[str, str]:
    """Return file name → text of every page.

    Args:
        base: the rules.
        folder: of the rules, where ``evidence/`` lies.

    Raises:
        RuleError: files of evidence that cannot be used.
    """
    evidence = {rule.id: read_ablation(folder, rule.id) for rule in base.rules}
    problems = [found for found in evidence.values() if found is not None and not isinstance(found, Ablation)]
    if problems:
        raise RuleError(problems)
    found = {INDEX: _joined(_index(base))}
    for rule in base.rules:
        ablation = evidence[rule.id]
        found[f"{rule.id}.md"] = _joined(
            _page(rule, neighbours_of(rule, base), ablation if isinstance(ablation, Ablation) else None)
        )
    return found


def stale_pages(pages: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Return the names of pages that are missing, differ, or belong to no rule any more."""
    present = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    wrong = [name for name, text in pages.items() if present.get(name) != text]
    return tuple(sorted([*wrong, *(name for name, text in present.items() if name not in pages and MARK in text)]))


def write_pages(pages: Mapping[str, str], folder: Path) -> int:
    """Write the pages that changed, remove those of rules that are gone, and return how many files that touched.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stale = stale_pages(pages, folder)
        for name in stale:
            path = folder / name
            write_text(path, pages[name]) if name in pages else path.unlink()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from error
    return len(stale)


def _joined(lines: Iterator[str]) -> str:
    return "\n".join([MARK, "", *lines]).rstrip("\n") + "\n"


def _index(base: RuleBase) -> Iterator[str]:
    yield "# The rules"
    yield ""
    yield f"{len(base.rules)} rules, rule set {base.version}."
    yield "Each page says when a rule fires, what it does, why, and who says so."
    topics = [*TOPICS, *dict.fromkeys(rule.topic for rule in base.rules if rule.topic not in TOPICS)]
    for topic in topics:
        rules = [rule for rule in base.rules if rule.topic == topic]
        if not rules:
            continue
        yield from ("", f"## {topic.capitalize()}", "", "| rule | what it does | evidence |", "|---|---|---|")
        yield from (f"| {_link(rule.id)} | {_text(rule.title)} | {rule.grade} |" for rule in rules)


def _page(rule: Rule, around: Neighbours, ablation: Ablation | None) -> Iterator[str]:
    document = rule.document
    tags = f" · tags: {', '.join(f'`{tag}`' for tag in rule.tags)}" if rule.tags else ""
    yield f"# {_text(rule.title)}"
    yield ""
    tier = f" · precedence: {rule.tier}" if competes(rule) else ""
    yield f"`{rule.id}` · {rule.topic}{tier} · {document.status} since {document.since}{tags} · [all rules]({INDEX})"
    yield from _section("When", _condition(rule.when, 0))
    yield from _section("What it does", (f"- {_text(effect_in_words(effect))}" for effect in rule.then))
    yield from _section("The facts", _facts(rule))
    yield from _section("Why", iter([_text(document.because.strip())]))
    yield from _section("Sources", (_source(cite) for cite in rule.citations))
    yield from _section("Evidence", _evidence(rule, ablation))
    yield from _section("Examples", _examples(rule))
    yield from _section("Neighbours", _neighbours(around))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    body = list(lines)
    if body:
        yield from ("", f"## {title}", "", *body)


def _condition(condition: Condition, depth: int) -> Iterator[str]:
    indent = "  " * depth
    match condition:
        case AllOf(()):
            yield f"{indent}Always." if depth == 0 else f"{indent}- always"
        case AllOf(parts) | AnyOf(parts) if len(parts) == 1:
            yield from _condition(parts[0], depth)
        case AllOf(parts) | AnyOf(parts):
            yield f"{indent}- {'all of' if isinstance(condition, AllOf) else 'any of'}"
            for part in parts:
                yield from _condition(part, depth + 1)
        case Unless(Leaf() as leaf):
            yield f"{indent}- unless {_leaf(leaf)}"
        case Unless(part):
            yield f"{indent}- unless"
            yield from _condition(part, depth + 1)
        case Not(Leaf() as leaf):
            yield f"{indent}- not: {_leaf(leaf)}"
        case Not(part):
            yield f"{indent}- not:"
            yield from _condition(part, depth + 1)
        case Leaf():
            yield f"{indent}- {_leaf(condition)}"


def _leaf(leaf: Leaf) -> str:
    return f"`{leaf.fact}` {_text(leaf_in_words(leaf).removeprefix(leaf.fact))}"


def _facts(rule: Rule) -> Iterator[str]:
    laws = [law for effect in rule.then if (law := law_of(effect))]
    for path in dict.fromkeys([*facts_of(rule.when), *(fact for law in laws for fact in law.facts)]):
        item = registry()[path]
        unit = f" [{item.unit}]" if item.unit else ""
        yield f"- `{path}`: {_text(item.description + unit)}{' (computed from other facts)' if item.is_derived else ''}"


def _source(cite: Citation) -> str:
    url = f"../{cite.url.removeprefix('docs/')}" if cite.url.startswith("docs/") else cite.url
    title = f"[{_text(cite.title)}]({url})" if url else _text(cite.title)
    return f"- {title}, {_text(cite.at)}: {_text(cite.says)}"


def _evidence(rule: Rule, ablation: Ablation | None) -> Iterator[str]:
    yield _GRADES[rule.grade]
    if ablation is None:
        return
    yield ""
    yield f"Fired in {ablation.tasks_fired} tasks of the benchmark. Loss in excess of the best learning rate's:"
    yield ""
    yield "| | with the rule | without it |"
    yield "|---|---|---|"
    yield f"| median | {_excess(ablation.median_excess_with)} | {_excess(ablation.median_excess_without)} |"
    yield f"| 90th percentile | {_excess(ablation.p90_excess_with)} | {_excess(ablation.p90_excess_without)} |"
    yield f"| failures | {ablation.failures_with} | {ablation.failures_without} |"
    yield from ("", f"Measured by `{ablation.command}`.")


def _excess(value: float | None) -> str:
    return "not measured" if value is None else share(value)


def _examples(rule: Rule) -> Iterator[str]:
    rows = [(group, example) for group in EXPECTED for example in getattr(rule.document.examples, group)]
    if rows:
        yield from ("| outcome | example | facts |", "|---|---|---|")
    base = rule.document.examples.base
    if base:
        yield from (f"| all, unless stated | | {_listed(base)} |",)
    for group, example in rows:
        facts = _listed(example.facts) or ("as above" if base else "nothing known")
        yield f"| {_GROUPS[group]} | {_text(example.name)} | {facts} |"


def _listed(facts: Mapping[str, Value | list[Value]]) -> str:
    return "<br>".join(f"`{path}`: {_given(value)}" for path, value in facts.items())


def _given(value: Value | list[Value]) -> str:
    listed: list[Value] = value if isinstance(value, list) else [value]
    return " or ".join(_text(value_in_words(one)) for one in listed)


def _neighbours(around: Neighbours) -> Iterator[str]:
    for title, ids in (
        ("Overrides", around.overrides),
        ("Gives way to", around.gives_way_to),
        ("Settles the same on the same facts", around.alike),
    ):
        if ids:
            yield f"- {title}: {', '.join(_link(name) for name in ids)}"


def _link(rule_id: str) -> str:
    return f"[{rule_id}]({rule_id}.md)"


def _text(text: str) -> str:
    return plain(" ".join(text.split())).translate(_ESCAPED)
