"""Objects in a console and a notebook: short, and with what matters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import advisor
from advisor.api.advice import Advice
from advisor.facts import Facts
from advisor.profiling import profile
from advisor.short_repr import LIMIT

ROOT = Path(__file__).resolve().parents[2]
FACTS = (None, advisor.ModelFacts(family="mlp"), advisor.Plan(epochs=20))
LOG = str(ROOT / "examples/fuel_economy_run.csv")


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    advice = advisor.advise("auto", ROOT / "examples/penguins.csv", budget="none")
    return {
        "advice": advice,
        "facts": advice.facts,
        "data": profile(ROOT / "examples/penguins.csv"),
        "model": advice.facts.model,
        "plan": advice.facts.plan,
        "recommendation": advice.recommendation,
        "trace": advice.recommendation.trace,
        "step": advice.recommendation.trace.contributions[0],
        "verdict": advice.verdict,
        "diagnosis": advisor.diagnose(LOG, optimizer="adamw"),
        "tuning": advice.tune_plan(),
        "what if": advice.what_if({"plan.batch_size": 512}),
        "why not": advice.why_not("adam-batch"),
        "question": advice.ask()[0],
        "provenance": advice.provenance,
    }


def test_every_object_prints_in_a_few_lines(objects: dict[str, Any]) -> None:
    for name, item in objects.items():
        text = repr(item)
        assert text.startswith(f"{type(item).__name__}("), name
        assert text.endswith(")"), name
        assert 10 < len(text) <= LIMIT == 600, name
        assert "None" not in text, name


def test_a_recommendation_prints_its_answer(objects: dict[str, Any]) -> None:
    found = objects["recommendation"]
    text = repr(found)
    assert f"learning_rate={found.learning_rate:.4g}" in text
    assert f"optimizer='{found.optimizer}'" in text
    assert "Interval(lower=" in text


def test_what_is_hostile_or_long_is_cut() -> None:
    sheet = Facts(data=advisor.DataFacts(name="x" * 10_000))
    assert len(repr(sheet)) < 200
    assert "<script>" not in advisor.DataFacts(name="<script>alert(1)</script>")._repr_html_()


@pytest.mark.parametrize("name", ["advice", "facts", "data", "model", "plan", "recommendation", "verdict", "diagnosis"])
def test_a_notebook_shows_a_view(name: str, objects: dict[str, Any]) -> None:
    html = objects[name]._repr_html_()
    assert html.count("<table") == html.count("</table>") >= (0 if name in {"advice", "diagnosis"} else 1)
    assert "None" not in html or name in {"advice", "diagnosis"}


def test_views_hold_what_was_found(objects: dict[str, Any]) -> None:
    assert "species" in objects["data"]._repr_html_()
    assert "peak learning rate" in objects["recommendation"]._repr_html_()
    assert "Not checked" in objects["verdict"]._repr_html_()


def test_an_interval_unpacks_to_two_numbers(objects: dict[str, Any]) -> None:
    interval = objects["recommendation"].interval
    lower, upper = interval
    assert (lower, upper) == (interval.lower, interval.upper)
    advice = objects["advice"]
    assert Advice.from_json(advice.to_json()) == advice
