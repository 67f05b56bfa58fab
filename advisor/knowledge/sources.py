"""The bibliography: ``sources.yaml`` gives every key that a rule may cite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from advisor.errors import Problem
from advisor.knowledge.effects import Part
from advisor.knowledge.validation import validated
from advisor.knowledge.yaml_reader import read_yaml

SourceKind = Literal["paper", "code", "docs", "measurement", "founding", "judgement"]


class Source(Part):
    """One entry of sources.yaml."""

    title: str = Field(min_length=3)
    authors: str = ""
    year: int | None = Field(default=None, ge=1700, le=2100)
    url: str = Field(default="", pattern=r"^(https?://.+)?$")
    kind: SourceKind


def read_sources(path: Path, name: str, problems: list[Problem]) -> Mapping[str, Source]:
    """Read a bibliography; a folder without one has no sources of its own."""
    if not path.is_file():
        return {}
    document = read_yaml(path, name)
    found: dict[str, Source] = {}
    if document.value is not None and not isinstance(document.value, dict):
        document.problem((), "E107", "wants a map: key -> {title, kind, …}")
    for key, entry in (document.value if isinstance(document.value, dict) else {}).items():
        made = validated(Source, entry, document, (key,))
        if made is not None:
            found[key] = made
    problems += document.problems
    return found
