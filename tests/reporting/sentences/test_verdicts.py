"""Sentences of a check: one for every code, filled with the values that come with it, old files included."""

from __future__ import annotations

import string
from pathlib import Path
from typing import get_args

import pytest

from advisor.reporting.html.advice import render
from advisor.reporting.remarks import paragraph_of, sentence_of
from advisor.reporting.sentences.template import STYLES
from advisor.reporting.sentences.verdicts import REMARKS
from advisor.results import SCHEMA_VERSION, Advice, RemarkCode, remark

OLD = Path(__file__).parents[1] / "old_files" / "advice_1_0.json"


def test_every_code_has_its_sentence_and_every_style_exists() -> None:
    assert set(REMARKS) == set(get_args(RemarkCode))
    styles = {style for text in REMARKS.values() for _, name, style, _ in string.Formatter().parse(text) if name}
    assert styles - {""} <= set(STYLES)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            remark("rate_adjusted", proposed=0.0229, rate=3.1e-4, rates=6, seeds=2, excess=0.578),
            (
                "Moved from 0.023 to 3.1e-4: in trials at 6 rates (2 seeds each), the held-out loss at the "
                "rules' rate ended about 58 % higher."
            ),
        ),
        (
            remark("lowest_loss_of_recipe", optimizer="adamw", schedule="cosine", loss=0.66723),
            "Lowest held-out loss of AdamW and cosine decay: 0.6672.",
        ),
        (
            remark("recipe_not_tried", optimizer="muon", schedule="cosine"),
            "Muon and cosine decay was not tried.",
        ),
    ],
)
def test_values_are_written_in(found: object, sentence: str) -> None:
    assert sentence_of(found) == sentence


def test_a_file_of_schema_1_0_opens_and_keeps_its_sentences() -> None:
    advice = Advice.from_json(OLD.read_text(encoding="utf-8"))
    assert advice.schema_version == SCHEMA_VERSION
    assert paragraph_of(advice.verdict.reasons).startswith("Moved from 0.0346 to 0.0906: among 6 rates")
    assert advice.probe is not None
    assert [sentence_of(note)[:21] for note in advice.probe.notes] == ["A step costs much of ", "The mean gradient can"]
    assert "which is not clear of its noise" in render(advice, {})
    assert Advice.from_json(advice.to_json()) == advice
