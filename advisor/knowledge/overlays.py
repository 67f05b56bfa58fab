"""Overlays: a team's own rules, and ordered adjustments of shipped ones, each with its reason.

``overlay.yaml`` beside the overlay's rule files::

    adjustments:
      - {rule: adaptive-default, turn: off, reason: our nets are all normalised}
      - {tag: vision, turn: off, sha256: 07b1…, reason: we do tables only}
      - {rule: adaptive-default, turn: on, sha256: 3f2a…, reason: the baseline needs it}

A later adjustment wins. ``sha256`` is the start of the hash of what is adjusted, one rule or all rules with the tag, at
the time of writing; when that has changed since, loading warns and says the new hash. ``advisor rules check`` says
which lack one, and what it would be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from advisor.errors import Problem, did_you_mean
from advisor.knowledge.effects import Part
from advisor.knowledge.rule import Rule
from advisor.knowledge.validation import validated
from advisor.knowledge.yaml_reader import Document, read_yaml


class Adjustment(Part):
    """One change to rules below, by id or by tag."""

    rule: str | None = None
    tag: str | None = None
    turn: Literal["on", "off"]
    reason: str = Field(min_length=5)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{8,64}$")

    @model_validator(mode="after")
    def _one_target(self) -> Adjustment:
        if (self.rule is None) == (self.tag is None):
            raise ValueError("give exactly one of rule, tag")
        return self

    @property
    def target(self) -> str:
        """The id or tag."""
        return self.rule or self.tag or ""

    def touches(self, rule: Rule) -> bool:
        """Return whether this adjusts a rule."""
        return rule.id == self.rule if self.rule is not None else self.tag in rule.tags


class OverlayDocument(Part):
    """The fields of overlay.yaml."""

    adjustments: tuple[Adjustment, ...] = Field(default=(), max_length=500)


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay folder's adjustments."""

    name: str
    document: OverlayDocument
    source: Document

    @property
    def summary(self) -> str:
        """The overlay in a line, for provenance."""
        reasons = "; ".join(f"{item.target} {item.turn}: {item.reason}" for item in self.document.adjustments)
        return f"{self.name} ({reasons})" if reasons else self.name


def content_hash(rule: Rule) -> str:
    """Return the SHA-256 of what a rule says, for overlays to notice upstream changes; comments do not count."""
    return hashlib.sha256(rule.model_dump_json().encode()).hexdigest()


def hash_of(rules: Iterable[Rule]) -> str:
    """Return one hash for what several rules say; of one rule, its own."""
    hashes = sorted(content_hash(rule) for rule in rules)
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def unpinned(overlay: Overlay, rules: Sequence[Rule]) -> tuple[str, ...]:
    """Return, for every adjustment without ``sha256``, what to write so that an upstream change is noticed."""
    return tuple(
        f"{overlay.source.path}:{overlay.source.line(('adjustments', index))} an upstream change of {item.target} "
        f"would go unnoticed; add sha256: '{hash_of(chosen)[:12]}'"
        for index, item in enumerate(overlay.document.adjustments)
        if item.sha256 is None and (chosen := [rule for rule in rules if item.touches(rule)])
    )


def read_overlay(folder: Path, problems: list[Problem]) -> Overlay | None:
    """Read ``overlay.yaml`` of a folder; a folder without one only adds rules."""
    path = folder / "overlay.yaml"
    if not path.is_file():
        return Overlay(folder.name, OverlayDocument(), Document(folder.name))
    source = read_yaml(path, f"{folder.name}/{path.name}")
    made = validated(OverlayDocument, source.value, source) if not source.problems else None
    problems += source.problems
    return Overlay(folder.name, made, source) if made is not None else None


def apply_overlay(
    overlay: Overlay, rules: Sequence[Rule], off: set[str], problems: list[Problem], warnings: list[str]
) -> set[str]:
    """Return the ids that are off after the adjustments, applied in order to what was off before."""
    ids = {rule.id for rule in rules}
    tags = {tag for rule in rules for tag in rule.tags}
    for index, item in enumerate(overlay.document.adjustments):
        known, kind = (ids, "rule") if item.rule is not None else (tags, "tag")
        if item.target not in known:
            line = overlay.source.line(("adjustments", index))
            message = f"no {kind} is called {item.target!r}{did_you_mean(item.target, known)}"
            problems.append(Problem(overlay.source.path, line, "E109", message))
            continue
        chosen = [rule for rule in rules if item.touches(rule)]
        touched = {rule.id for rule in chosen}
        off = off | touched if item.turn == "off" else off - touched
        if item.sha256 is not None and not hash_of(chosen).startswith(item.sha256):
            what = f"the rule {item.target} has" if kind == "rule" else f"rules tagged {item.target} have"
            warnings.append(
                f"{overlay.name}: {what} changed since this was written (sha256 is {hash_of(chosen)[:12]} now): "
                f"{item.turn}, {item.reason}"
            )
    return off
