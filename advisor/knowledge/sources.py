"""The bibliography: ``sources.yaml`` gives every key that a rule may cite."""

from __future__ import annotations

import re
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
    """One entry of sources.yaml.

    A source with ``sections`` is a page of ours: rules cite it by short keys, readers see the heading and a link to it.
    """

    title: str = Field(min_length=3)
    authors: str = ""
    year: int | None = Field(default=None, ge=1700, le=2100)
    url: str = Field(default="", pattern=r"^(https?://.+)?$")
    kind: SourceKind
    page: str = ""
    sections: dict[str, str] = Field(default_factory=dict)

    def place(self, at: str) -> tuple[str, str]:
        """Return the place that a rule cites as readers see it, and the address of it.

        >>> Source(title="Founding", kind="founding", page="docs/f.md", sections={"S1": "Wide scales"}).place("S1")
        ('Wide scales', 'docs/f.md#wide-scales')
        """
        if not self.sections:
            return at, self.url
        heading = self.sections.get(at, at)
        return heading, f"{self.page}#{_anchor(heading)}"


def _anchor(heading: str) -> str:
    """Return what a heading is called in the address of its page, as Markdown renderers have it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def read_sources(path: Path, name: str, problems: list[Problem]) -> Mapping[str, Source]:
    """Read a bibliography; a folder without one has no sources of its own."""
    if not path.is_file():
        return {}
    document = read_yaml(path, name)
    found: dict[str, Source] = {}
    if document.value is not None and not isinstance(document.value, dict):
        document.problem((), "E107", "must be a map: key -> {title, kind, …}")
    for key, entry in (document.value if isinstance(document.value, dict) else {}).items():
        made = validated(Source, entry, document, (key,))
        if made is not None:
            found[key] = made
    problems += document.problems
    return found
