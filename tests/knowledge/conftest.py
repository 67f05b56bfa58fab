"""Rule folders made on the fly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

RULESET = 'version: 0.1.0\nfacts_version: "1"\n'
SOURCES = "book: {title: A book on learning rates, kind: paper, year: 2020}\n"


def write_rules(folder: Path, files: dict[str, str]) -> Path:
    """Write a rule folder: relative path → text; ruleset and sources are added when absent."""
    for name, text in {"ruleset.yaml": RULESET, "sources.yaml": SOURCES, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def rule_folder(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    return lambda files: write_rules(tmp_path / "rules", files)
