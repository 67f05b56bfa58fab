"""Numbers are written one way: on the terminal, in text, on the page, in README and in the guides."""

from __future__ import annotations

import doctest
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from advisor import numerals
from advisor.api.advice import Advice
from advisor.api.diagnosis import diagnose
from advisor.reporting.terminal.advice import render
from advisor.reporting.terminal.diagnosis import render_diagnosis
from advisor.reporting.text.advice import explain_advice

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted(
    page
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    if page.name not in {"architecture.md", "ruleset-changelog.md"}
)
NOT_OURS = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|<!--.*?-->|<(style|svg|pre|code|script)\b.*?</\1>|<[^>]*>", re.DOTALL
)
"""Code, links and charts: their numbers are read by machines."""
OTHERWISE = {
    "a percentage without its space": re.compile(r"\d%"),
    "a small number in zeros": re.compile(r"(?<![\d.,])0\.00\d"),
    "an exponent with a sign or zeros": re.compile(r"\d[eE](\+|-?0)\d"),
    "five digits without a comma": re.compile(r"(?<![\d.,#/:+-])[1-9]\d{4,}(?![\d.]*[-/])\b"),
}


def written_otherwise(text: str) -> list[str]:
    """Return what a text writes in another way than ``advisor.numerals``, with a little of what is around."""
    text = NOT_OURS.sub(" ", text)
    return [
        f"{what}: …{text[max(0, found.start() - 20) : found.end() + 20]!r}"
        for what, pattern in OTHERWISE.items()
        for found in pattern.finditer(text)
    ]


@pytest.mark.parametrize(
    "text", ["94% of", "at 0.003 and", "by 1e-05", "by 1e+03", "in 12345 rows", "from 0.0012 to"], ids=str
)
def test_another_way_would_be_seen(text: str) -> None:
    assert written_otherwise(text)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(numerals).failed == 0


def test_terminal_text_and_page_write_numbers_one_way(typical: Advice) -> None:
    stream = io.StringIO()
    Console(file=stream, width=200, color_system=None).print(render(typical))
    for text in (stream.getvalue(), explain_advice(typical), typical.to_html()):
        assert written_otherwise(text) == []


def test_a_diagnosis_writes_numbers_one_way() -> None:
    found = diagnose(ROOT / "examples/fuel_economy_run.csv", optimizer="adamw")
    stream = io.StringIO()
    Console(file=stream, width=200, color_system=None).print(render_diagnosis(found))
    for text in (stream.getvalue(), found.explain()):
        assert written_otherwise(text) == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_guides_write_numbers_one_way(page: Path) -> None:
    assert written_otherwise(page.read_text(encoding="utf-8")) == []
