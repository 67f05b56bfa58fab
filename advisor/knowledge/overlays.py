"""Overlays: a team's own rules, and ordered adjustments of shipped ones, each with its reason.

``overlay.yaml`` beside the overlay's rule files::

    adjustments:
      - {rule: adam-default, turn: "off", reason: our nets are all normalised}
      - {tag: vision, turn: "off", reason: we do tables only}
      - {rule: adam-default, turn: "on", hash: 3f2a…, reason: except for the baseline}
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from advisor.errors import Problem, did_you_mean
from advisor.knowledge.effects import Part
from advisor.knowledge.rule import Rule
from advisor.knowledge.yaml_reader import Document, read_yaml


class Adjustment(Part):
    """One change to shipped rules, by id or by tag."""

    rule: str | None = None
    tag: str | None = None
    turn: Literal["on", "off"]
    reason: str = Field(min_length=5)
    hash: str | None = Field(
        default=None, description="of the shipped rule when this was written; warns when it changed"
    )


class OverlayDocument(Part):
    """The fields of overlay.yaml."""

    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay folder's adjustments."""

    name: str
    document: OverlayDocument
    source: Document

    @property
    def summary(self) -> str:
        """The overlay in a line, for provenance."""
        reasons = "; ".join(f"{item.rule or item.tag} {item.turn}: {item.reason}" for item in self.document.adjustments)
        return f"{self.name} ({reasons})" if reasons else self.name


def content_hash(rule: Rule) -> str:
    """Return a short hash of what a rule says, for overlays to notice upstream changes."""
    return hashlib.sha256(rule.model_dump_json().encode()).hexdigest()[:12]


def read_overlay(folder: Path, problems: list[Problem]) -> Overlay | None:
    """Read ``overlay.yaml`` of a folder; a folder without one only adds rules."""
    path = folder / "overlay.yaml"
    if not path.is_file():
        return Overlay(folder.name, OverlayDocument(), Document(folder.name))
    source = read_yaml(path, f"{folder.name}/{path.name}")
    problems += source.problems
    if source.value is None:
        return None
    try:
        return Overlay(folder.name, OverlayDocument.model_validate(source.value), source)
    except ValidationError as error:
        for item in error.errors():
            source.problem(item["loc"], "E107", f"{'.'.join(map(str, item['loc']))}: {item['msg']}")
        problems += source.problems
        return None


def apply_overlay(overlay: Overlay, rules: list[Rule], problems: list[Problem], warnings: list[str]) -> list[Rule]:
    """Return the rules after the adjustments, applied in order; a later one may turn a rule on again."""
    off: set[str] = set()
    ids = {rule.id for rule in rules}
    tags = {tag for rule in rules for tag in rule.tags}
    found: list[Problem] = []
    for index, item in enumerate(overlay.document.adjustments):
        place = ("adjustments", index)
        line = overlay.source.line(place)
        known, name = (ids, item.rule) if item.rule is not None else (tags, item.tag or "")
        if name not in known:
            kind = "rule" if item.rule is not None else "tag"
            found.append(
                Problem(overlay.source.path, line, "E109", f"no {kind} is called {name!r}{did_you_mean(name, known)}")
            )
            continue
        chosen = {rule.id for rule in rules if rule.id == item.rule or (item.rule is None and item.tag in rule.tags)}
        off = off | chosen if item.turn == "off" else off - chosen
        warnings += [
            f"{overlay.name}: the shipped rule {rule.id} changed since this overlay was written ({item.reason})"
            for rule in rules
            if item.hash is not None and rule.id == item.rule and content_hash(rule) != item.hash
        ]
    problems += found
    return [rule for rule in rules if rule.id not in off]
