"""Sentences of a diagnosis: one for every code, filled with the numbers that detectors give, placed in the run."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import get_args

import numpy as np
import pytest
from typer.testing import CliRunner

import advisor
from advisor.cli import app
from advisor.reporting.sentences import diagnosis as sentences
from advisor.reporting.symptoms import place_of, sentence_of, title_of
from advisor.results import Diagnosis, Symptom
from advisor.results.findings import FindingCode, SymptomName

OLD = Path(__file__).parents[1] / "old_files" / "diagnosis_1_0.json"
SHARE = np.linspace(0.0, 1.0, 400)


def test_every_symptom_and_every_code_has_its_sentence() -> None:
    assert set(sentences.SYMPTOMS) == set(get_args(SymptomName))
    assert set(sentences.FINDINGS) == set(get_args(FindingCode))


def symptom(found: Diagnosis, name: str) -> Symptom:
    return next(item for item in found.symptoms if item.name == name)


LOSSES = {
    "nonfinite": np.where(SHARE < 0.9, 2.0 - SHARE, np.nan),
    "diverged": np.where(SHARE < 0.5, 2.3 - 2.0 * SHARE, 1.3 + 8.0 * (SHARE - 0.5) ** 2),
    "oscillating": 1.0 + 0.5 * np.sin(12.0 * np.pi * SHARE),
    "oscillation_early": 0.3 + 2.0 * np.exp(-6.0 * SHARE) + 3.0 * np.exp(-(((SHARE - 0.07) / 0.03) ** 2)),
    "slow": 2.3 - 0.4 * SHARE,
    "stuck_at_chance": np.full(400, 2.303),
    "spikes": (0.3 + 2.0 * np.exp(-6.0 * SHARE)) * np.where(np.arange(400) == 200, 9.0, 1.0),
    "plateau": np.where(SHARE < 0.4, 2.0 - 3.75 * SHARE, 0.5),
}


@pytest.mark.parametrize(
    ("name", "place", "sentence"),
    [
        ("nonfinite", "from step 360 of 399 on", "the loss is NaN at 40 of 400 points"),
        ("diverged", "from step 225 of 399 on", "the loss is 1.3 at its lowest and ends at 3.11; it started at 2.29"),
        ("oscillating", "from step 40 of 399 on", "the loss rises and falls by about 26 % of its level"),
        ("oscillation_early", "between steps 4 and 59", "the loss rose from 2.24 to 4.58 and fell back"),
        ("slow", "throughout", "the loss went from 2.29 to 1.91 and still falls at 105 % of its average pace"),
        ("stuck_at_chance", "throughout", "the loss ends at 2.3; it started at 2.3"),
        ("spikes", "at step 200", "1 isolated, the highest 3.59 at 50 % of the run"),
        ("plateau", "from step 152 of 399 on", "the loss stays near 0.5 and no longer falls"),
    ],
)
def test_a_symptom_is_said_with_its_place_and_numbers(name: str, place: str, sentence: str) -> None:
    found = advisor.diagnose({"step": range(400), "loss": LOSSES[name]}, schedule="constant")
    item = symptom(found, name)
    assert item.present
    assert place_of(item, found) == place
    assert sentence_of(item).startswith(sentence)


def test_every_sentence_of_every_kind_of_log_can_be_filled(log_case: str, diagnoses: ModuleType) -> None:
    found = diagnoses.CASES[log_case]()
    for item in found.symptoms:
        said = sentence_of(item)
        assert bool(said) is (item.present is not False)
        assert "{" not in said


def test_a_log_that_is_too_short_says_how_many_points_it_takes() -> None:
    assert sentence_of(symptom(advisor.diagnose([2.0, 1.5, 1.2, 1.1, 1.0]), "spikes")) == (
        "fewer than 100 points were logged"
    )


def test_without_the_rate_a_flat_end_asks_for_the_schedule() -> None:
    found = advisor.diagnose({"step": range(400), "loss": LOSSES["plateau"]})
    assert sentence_of(symptom(found, "plateau")).endswith("give the schedule")


def test_a_file_of_schema_1_0_opens_and_says_what_it_said(tmp_path: Path) -> None:
    text = OLD.read_text(encoding="utf-8")
    old, found = json.loads(text)["symptoms"], Diagnosis.from_json(text, OLD.name)
    assert [item.name for item in found.symptoms] == [item["name"] for item in old]
    for before, item in zip(old, found.symptoms, strict=True):
        assert (title_of(item), sentence_of(item), item.code) == (before["title"], before["says"], None)
        if item.present:
            assert place_of(item, found) == before["where"]
    page = tmp_path / "old.html"
    run = CliRunner().invoke(app, ["report", str(OLD), "--output", str(page)])
    assert run.exit_code == 0, run.output
    assert "The loss ends at 2.3; it started at 2.3" in page.read_text(encoding="utf-8")
    assert Diagnosis.from_json(found.to_json()) == found
