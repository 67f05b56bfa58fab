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
from advisor.facts import with_facts
from advisor.inference import ablate, ask, what_if
from advisor.knowledge import load_rules
from advisor.knowledge.rule import Rule
from advisor.language import speaking
from advisor.reporting.html.side_by_side import render as side_by_side_page
from advisor.reporting.terminal.advice import render
from advisor.reporting.terminal.diagnosis import render_diagnosis
from advisor.reporting.text.advice import explain_advice
from advisor.reporting.text.questions import left_out_in_words, questions_in_words, what_if_in_words
from advisor.reporting.text.side_by_side import in_words
from advisor.reporting.views.side_by_side import side_by_side

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
    "a hundredth with an exponent": re.compile(r"(?<![\w.])\d(\.\d+)?e-[12](?!\d)"),
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
    "text",
    ["94% of", "at 0.003 and", "by 1e-05", "by 1e+03", "in 12345 rows", "to 0.0012 and", "decay 1e-2 and"],
    ids=str,
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


@pytest.mark.parametrize("rule", load_rules().rules, ids=lambda rule: rule.id)
def test_rules_write_numbers_one_way(rule: Rule) -> None:
    document = rule.document
    notes = [getattr(effect, name, None) for effect in document.then for name in ("advise", "warn")]
    for text in (document.title, document.because, *notes, *(source.says for source in document.source)):
        assert written_otherwise(text or "") == []


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_two_results_side_by_side_write_numbers_one_way(typical: Advice, lang: str) -> None:
    other = typical.model_copy(update={"facts": with_facts(typical.facts, {"data.rows": 12_345, "plan.epochs": 7})})
    with speaking(lang):
        page = side_by_side_page(typical, other, ("a", "b"))
        for text in (page, in_words(side_by_side(typical, other), "a", "b")):
            assert written_otherwise(text) == []


def test_answers_to_questions_write_numbers_one_way(typical: Advice) -> None:
    rules, facts = load_rules(), typical.facts
    texts = (
        questions_in_words(ask(facts, rules), 20),
        what_if_in_words(what_if(facts, rules, {"plan.batch_size": 4096})),
        *map(left_out_in_words, ablate(facts, rules)),
    )
    for text in texts:
        assert written_otherwise(text) == []
