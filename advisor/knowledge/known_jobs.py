"""The jobs that the rules were made with: where they have been, and so how far away another job is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from advisor._data import data_dir

FILE: Final = "known_jobs.json"
"""Written by ``python -m benchmarks.known_jobs``."""


@dataclass(frozen=True, slots=True)
class KnownJob:
    """One job whose best or published rate the rules were made or measured with.

    Attributes:
        name: of the recipe or data set.
        family: kind of model.
        pretrained: whether it was fine-tuned; None where that is not said.
        sizes: numbers by fact, such as rows and parameters.
    """

    name: str
    family: str
    pretrained: bool | None = None
    sizes: Mapping[str, float] = field(default_factory=dict)


@cache
def known_jobs() -> tuple[KnownJob, ...]:
    """Return the jobs that ship with the rules."""
    entries = json.loads((data_dir("rules") / FILE).read_text(encoding="utf-8"))
    return tuple(KnownJob(**entry) for entry in entries)
