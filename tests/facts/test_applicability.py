"""Nothing is asked for that a job cannot have."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from advisor.facts import Facts, with_facts
from advisor.facts.applicability import _ONLY_IN, can_have
from advisor.facts.registry import registry
from advisor.inference import ask
from advisor.knowledge import load_rules

JOBS: list[tuple[dict[str, Any], list[str], list[str]]] = [
    (
        {"data.modality": "tabular", "data.task": "multiclass", "model.family": "mlp", "plan.optimizer": "sgd"},
        ["plan.tokens", "plan.batch_tokens", "data.noise.unexplained", "data.target.std", "plan.beta2", "model.heads"],
        ["data.noise.label_flips", "data.target.imbalance", "plan.momentum", "plan.epochs", "data.scale.ratio"],
    ),
    (
        {"data.modality": "tabular", "data.task": "regression", "model.family": "linear"},
        ["data.noise.label_flips", "data.target.classes", "plan.class_weights_normalized", "data.sequence_length"],
        ["data.noise.unexplained", "data.target.offset_ratio", "data.conditioning.largest"],
    ),
    (
        {"data.modality": "image", "data.task": "multiclass", "model.family": "cnn"},
        ["plan.tokens", "data.scale.ratio", "data.conditioning.condition", "data.vocabulary", "history.plateau"],
        ["plan.augmentation", "model.adapter", "data.rows"],
    ),
    (
        {"model.family": "language_model", "data.modality": "text", "plan.optimizer": "adamw"},
        ["data.scale.ratio", "plan.momentum", "model.adapter_rank"],
        ["plan.tokens", "plan.batch_tokens", "data.sequence_length", "plan.beta2", "model.qk_norm"],
    ),
]


@pytest.mark.parametrize(("stated", "never", "may"), JOBS, ids=lambda value: "-".join(map(str, list(value)[:1])))
def test_a_job_has_what_belongs_to_it_and_no_more(stated: dict[str, Any], never: list[str], may: list[str]) -> None:
    facts = with_facts(Facts(), stated)
    assert [path for path in never if can_have(path, facts)] == []
    assert [path for path in may if not can_have(path, facts)] == []


@pytest.mark.parametrize("stated", [job[0] for job in JOBS], ids=lambda value: str(value.get("model.family")))
def test_questions_are_only_about_what_a_job_can_have(stated: dict[str, Any]) -> None:
    facts = with_facts(Facts(), stated)
    asked = [question.fact for question in ask(facts, load_rules())]
    assert asked
    assert [path for path in asked if not can_have(path, facts)] == []
    assert not [path for path in asked if path.startswith("history.")]


def test_every_pattern_names_a_fact_and_nothing_known_rules_a_fact_out_for_an_empty_sheet() -> None:
    for pattern, _ in _ONLY_IN:
        assert any(fnmatchcase(path, pattern) for path in registry()), pattern
    follow_from_others = {
        *("plan.reference_batch_size", "plan.batch_ratio"),
        *("model.adapter_rank", "model.pretrained_learning_rate"),
    }
    out = {path for path in registry() if not can_have(path, Facts()) and not path.startswith("history.")}
    assert out == follow_from_others
