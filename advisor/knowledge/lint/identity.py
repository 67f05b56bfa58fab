"""Lints on what a rule is called and what backs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar, Final

from advisor.errors import Problem, did_you_mean
from advisor.knowledge.evidence import read_ablation
from advisor.knowledge.lint.finding import Context, Finding
from advisor.knowledge.rule import Rule
from advisor.knowledge.yaml_reader import Place

_OF_OTHERS: Final = frozenset({"paper", "code", "docs"})
"""Kinds of sources that are not our own."""


class IdIsFileName:
    """L201: a rule is found under its id."""

    code: ClassVar[str] = "L201"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002 - every lint has this signature
        """Compare id and file name."""
        name = PurePosixPath(rule.path).stem
        if rule.id != name:
            yield Finding(("id",), f"the id is {rule.id!r} and the file {name!r}; make them the same")


class UniqueTitle:
    """L202: a title says what one rule does."""

    code: ClassVar[str] = "L202"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Compare with the titles of the rules before."""
        title = rule.title.casefold()
        first = context.sharing("title", title, lambda other: [other.title.casefold()])[0]
        if first is not rule:
            yield Finding(("title",), f"{first.id} has the same title")


class SourceWithPlace:
    """L203: a reader can look the source up."""

    code: ClassVar[str] = "L203"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Require ``at`` and ``says`` of every source."""
        for index, cite in enumerate(rule.document.source):
            for name, what in (("at", "the place in it"), ("says", "what it says there")):
                if not getattr(cite, name).strip():
                    yield Finding(("source", index), f"the source {cite.cite} lacks {name}: {what}")


class StableWithEvidence:
    """L204: a stable rule is backed by something."""

    code: ClassVar[str] = "L204"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Require evidence and a source."""
        evidence = rule.document.evidence
        if rule.document.status == "stable" and evidence is None:
            yield Finding((), "a stable rule says how well it is backed; add evidence: {grade: judgement} or better")
        if rule.document.status == "stable" and not rule.document.source:
            yield Finding((), "a stable rule names a source; your own judgement is one too: {cite: judgement, …}")


class PublishedByOthers:
    """L208: what is called published was published by somebody else."""

    code: ClassVar[str] = "L208"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Require a paper, code or documentation among the sources."""
        if rule.grade == "published" and rule.citations and not rule.source_kinds & _OF_OTHERS:
            grade = "measured" if "measurement" in rule.source_kinds else "judgement"
            text = f"graded published, but all its sources are our own; grade it {grade}, or cite who published it"
            yield Finding(("evidence",), text)


class NothingLeftToDo:
    """L206: what a skeleton leaves open has been filled in."""

    code: ClassVar[str] = "L206"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG002
        """Look for TODO in every text."""
        document = rule.document
        texts: list[tuple[Place, str]] = [(("title",), document.title), (("because",), document.because)]
        for index, cite in enumerate(document.source):
            texts += [(("source", index, name), getattr(cite, name)) for name in ("at", "says")]
        for group in ("match", "no_match", "unknown"):
            for index, example in enumerate(getattr(document.examples, group)):
                texts.append((("examples", group, index), example.name))
        for place, text in texts:
            if "TODO" in text:
                yield Finding(place, f"{place[0]} still says: {text[text.index('TODO') :][:60].strip()}")


class UsableAblation:
    """L207: an ablation beside the rules can be quoted."""

    code: ClassVar[str] = "L207"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Read the rule's file of evidence, if there is one."""
        found = read_ablation(context.folder, rule.id)
        if isinstance(found, Problem):
            yield Finding(("evidence",), f"{found.path}: {found.message}")


class DeprecatedWithSuccessor:
    """L205: who used a deprecated rule learns what to use instead."""

    code: ClassVar[str] = "L205"

    def check(self, rule: Rule, context: Context) -> Iterator[Finding]:
        """Require ``replaced_by`` to name a rule that takes part."""
        successor = rule.document.replaced_by
        if rule.document.status == "deprecated" and successor is None:
            yield Finding(("status",), "a deprecated rule names its successor: replaced_by")
        if successor is not None and context.get(successor) is None:
            known = [other.id for other in context.rules]
            yield Finding(("replaced_by",), f"no rule is called {successor!r}{did_you_mean(successor, known)}")
