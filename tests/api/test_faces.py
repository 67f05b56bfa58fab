"""What users hold: the data classes with conveniences, the same JSON, and nothing validated twice."""

from __future__ import annotations

import pytest
import torch
from pydantic import BaseModel

import advisor
from advisor import inference, results
from advisor.api.advice import Advice, Baseline
from advisor.api.diagnosis import Diagnosis
from advisor.api.recommendation import Recommendation
from advisor.api.tuning import TuningPlan
from advisor.api.verdict import Verdict
from advisor.facts import Facts, ModelFacts, Plan
from advisor.knowledge import load_rules
from advisor.reporting.text.questions import why_not_in_words
from advisor.results import Provenance, not_run, remark

FACTS = (None, ModelFacts(family="mlp"), Plan(epochs=20))
FACES = [Recommendation, Verdict, Baseline, Advice, TuningPlan, Diagnosis]


def data_recommendation() -> results.Recommendation:
    return inference.infer(Facts.of(*FACTS), load_rules())


def data_advice() -> results.Advice:
    found = data_recommendation()
    verdict = not_run(found.learning_rate, found.interval, remark("no_budget"))
    return results.Advice(
        facts=Facts.of(*FACTS),
        recommendation=found,
        verdict=verdict,
        baseline=results.Baseline(name="linear", recommendation=found, verdict=verdict),
        provenance=Provenance(advisor="0", ruleset="0"),
    )


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_a_face_has_the_name_the_fields_and_the_order_of_its_data_class(face: type[BaseModel]) -> None:
    data = face.__mro__[1]
    assert data.__module__.startswith("advisor.results.")
    assert (face.__name__, list(face.model_fields)) == (data.__name__, list(data.model_fields))


@pytest.mark.parametrize("data", [item for item in vars(results).values() if isinstance(item, type)])
def test_data_classes_have_no_conveniences(data: type) -> None:
    upward = {
        "build",
        "apply",
        "snippet",
        "explain",
        "to_html",
        "_repr_html_",
        "why_not",
        "what_if",
        "ask",
        "of",
        "code",
    }
    assert not upward & set(dir(data))


def test_the_json_is_that_of_the_data_and_comes_back_as_a_face() -> None:
    data = data_advice()
    face = Advice.of(data)
    assert face.to_json() == data.to_json()
    again = advisor.Advice.from_json(data.to_json())
    assert again == face
    assert results.Advice.from_json(face.to_json()) == data
    for found in (face, again):
        assert type(found.recommendation) is Recommendation
        assert found.baseline is not None
        assert type(found.baseline.recommendation) is Recommendation


def test_a_face_shares_the_parts_of_its_data() -> None:
    data = data_recommendation()
    face = Recommendation.of(data)
    assert face.trace is data.trace
    assert face.model_fields_set == data.model_fields_set
    assert dict(face) == dict(data)


def test_a_changed_recommendation_keeps_its_face() -> None:
    changed = advisor.recommend(*FACTS).replaced(learning_rate=0.0123)
    assert type(changed) is advisor.Recommendation
    assert changed.learning_rate == 0.0123


def test_every_recommendation_a_user_gets_can_be_built() -> None:
    advice = Advice.of(data_advice())
    assert advice.baseline is not None
    compared = advisor.what_if({"plan.batch_size": 512}, *FACTS)
    for found in (
        *(advisor.recommend(*FACTS), advice, advice.baseline.recommendation, compared.before, compared.after),
        *(advisor.tune_plan(*FACTS).recommendation, advice.what_if({"plan.batch_size": 512}).after),
        advice.tune_plan().recommendation,
    ):
        optimizer, _ = found.build(torch.nn.Linear(3, 2), total_steps=10)
        assert isinstance(optimizer, torch.optim.Optimizer)


@pytest.mark.parametrize("clip_norm", [None, 0.625])
def test_the_page_has_the_code_of_the_recommendation(clip_norm: float | None) -> None:
    changed = advisor.recommend(*FACTS).replaced(clip_norm=clip_norm)
    page = Advice.of(data_advice()).model_copy(update={"recommendation": changed}).to_html()
    assert ("clip_grad_norm_" in page) == (clip_norm is not None)


def test_answers_about_the_rules_print_as_text() -> None:
    assert str(advisor.why_not("adam-batch", *FACTS)) == why_not_in_words(advisor.why_not("adam-batch", *FACTS))
    compared = advisor.what_if({"plan.batch_size": 512}, *FACTS)
    assert str(compared).startswith("plan.batch_size: ")
    assert str(advisor.ask(*FACTS)[0]).splitlines()[0] == "data.rows: training samples [rows]"
