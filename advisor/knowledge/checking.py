"""Everything that is wrong with the rule base, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advisor._data import data_dir
from advisor.errors import Problem
from advisor.knowledge.base import read_rules
from advisor.knowledge.lint import lint


def check(overlays: Sequence[Path] = ()) -> list[Problem]:
    """Return every problem of the shipped rules and the overlays laid over them; empty when all is well."""
    folder = data_dir("rules")
    loaded = read_rules(folder, [Path(overlay) for overlay in overlays])
    taking_part = [rule for rule in loaded.rules if rule.id not in loaded.off]
    return sorted({*loaded.problems, *lint(taking_part, folder)})
