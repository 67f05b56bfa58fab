"""Optimizers whose rate and decay are multiples of what AdamW would get for the same job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.errors import RuleError
from advisor.facts import Facts, with_facts
from advisor.inference import infer
from advisor.knowledge import load_rules
from advisor.results import Recommendation

LANGUAGE: dict[str, Any] = {"model.family": "language_model", "model.convex": False, "model.attention": True}
JOBS: dict[str, dict[str, Any]] = {
    "nothing known": {},
    "table": {
        "model.family": "mlp",
        "model.convex": False,
        "model.width": 64,
        "model.depth": 2,
        "plan.steps": 2000,
        "plan.batch_size": 64,
    },
    "image net": {
        "model.family": "vision_transformer",
        "model.convex": False,
        "model.attention": True,
        "plan.batch_size": 1024,
    },
    "language model": {**LANGUAGE, "model.parameters": 1.24e8, "model.hidden_size": 768},
    "fine-tuning": {**LANGUAGE, "model.parameters": 7e9, "model.pretrained": True, "plan.batch_size": 128},
    "adapter": {**LANGUAGE, "model.parameters": 7e9, "model.pretrained": True, "model.adapter": "lora"},
}
FACTORS = {"lion": (0.1, 0.34), "schedule_free_adamw": (1.0, 10.0), "adafactor": (3.0, 80.0), "muon": (3.0, 40.0)}
"""What each optimizer's authors or the size of its step allow, times the rate of AdamW."""


def recommend(facts: dict[str, Any], optimizer: str, **more: Any) -> Recommendation:
    extra = {f"plan.{name}": value for name, value in more.items()}
    return infer(with_facts(Facts(), {**facts, "plan.optimizer": optimizer, **extra}), load_rules())


@pytest.mark.parametrize("optimizer", FACTORS)
@pytest.mark.parametrize("job", JOBS)
def test_the_rate_is_a_multiple_of_what_adamw_gets(job: str, optimizer: str) -> None:
    lower, upper = FACTORS[optimizer]
    adamw, found = recommend(JOBS[job], "adamw"), recommend(JOBS[job], optimizer)
    assert lower <= found.learning_rate / adamw.learning_rate <= upper
    assert found.learning_rate in found.interval


@pytest.mark.parametrize("optimizer", [*FACTORS, "prodigy"])
@pytest.mark.parametrize("job", JOBS)
def test_rate_times_decay_stays_what_it_is_with_adamw(job: str, optimizer: str) -> None:
    """Both count only as a product, so a lower rate takes a larger coefficient; Schedule-Free keeps the coefficient."""
    adamw, found = recommend(JOBS[job], "adamw"), recommend(JOBS[job], optimizer)
    if optimizer in {"schedule_free_adamw", "prodigy"}:
        assert found.weight_decay == pytest.approx(adamw.weight_decay)
    else:
        product = adamw.learning_rate * adamw.weight_decay
        assert product / 5 <= found.learning_rate * found.weight_decay <= 5 * product


@pytest.mark.parametrize("job", JOBS)
def test_prodigy_is_left_at_one(job: str) -> None:
    assert recommend(JOBS[job], "prodigy").learning_rate == 1.0


def test_the_way_of_adamw_stands_in_the_trace() -> None:
    adamw, found = recommend(JOBS["table"], "adamw"), recommend(JOBS["table"], "lion")
    *first, last = found.trace.contributions
    assert tuple(first) == adamw.trace.contributions
    assert (last.rule.id, last.before, last.after) == ("lion-rate", adamw.learning_rate, found.learning_rate)
    assert last.value == pytest.approx(0.2)
    assert {step.rule.id for step in first} <= set(found.trace.fired)


def test_the_interval_holds_the_doubt_of_both() -> None:
    adamw, found = recommend(JOBS["language model"], "adamw"), recommend(JOBS["language model"], "lion")
    assert found.interval.ratio > adamw.interval.ratio


def test_factors_are_not_applied_twice() -> None:
    """Schedule-Free keeps its rate constant without being lowered as AdamW would be for that."""
    adamw = recommend(JOBS["table"], "adamw")
    found = recommend(JOBS["table"], "schedule_free_adamw")
    assert found.schedule == "constant"
    assert found.learning_rate == pytest.approx(2.5 * adamw.learning_rate)


def test_what_the_user_fixed_for_one_optimizer_is_not_taken_for_another() -> None:
    free, fixed = recommend(JOBS["table"], "lion"), recommend(JOBS["table"], "lion", weight_decay=0.7, beta2=0.95)
    assert (fixed.weight_decay, fixed.beta2) == (0.7, 0.95)
    assert fixed.learning_rate == free.learning_rate


def test_a_rate_known_for_this_optimizer_is_scaled_and_not_converted() -> None:
    found = recommend(
        JOBS["language model"], "lion", batch_size=256, reference_batch_size=64, reference_learning_rate=1e-4
    )
    assert found.learning_rate == pytest.approx(2e-4)


def test_a_measurement_belongs_to_the_optimizer_it_was_made_with() -> None:
    probe = {"probe.range_test_usable": True, "probe.range_test_lr": 5e-4}
    without, found = recommend(JOBS["table"], "lion"), recommend({**JOBS["table"], **probe}, "lion")
    kinds = [step.kind for step in found.trace.contributions]
    assert kinds.count("measurement") == 1
    assert kinds[-1] == "measurement"
    assert without.learning_rate < found.learning_rate


def test_a_rule_that_refers_to_itself_gives_no_answer_of_its_own(tmp_path: Path) -> None:
    """AdamW like AdamW asks once, and the rules that state a number decide."""
    (tmp_path / "circle.yaml").write_text(
        """
id: circle
title: Give AdamW twice what AdamW gets
status: stable
since: 0.1.0
tags: []
when:
  plan.optimizer: adamw
then:
  - anchor: learning_rate
    like: adamw
    value: 2.0
    strength: strong
because: To see what happens.
source:
  - {cite: judgement, at: test, says: twice}
evidence: {grade: judgement}
examples:
  match: [{name: the optimizer, facts: {plan.optimizer: adamw}}]
  no_match: [{name: another one, facts: {plan.optimizer: sgd}}]
  unknown: [{name: not stated, facts: {}}]
""",
        encoding="utf-8",
    )
    facts = with_facts(Facts(), {"plan.optimizer": "adamw"})
    plain = infer(facts, load_rules()).learning_rate
    assert infer(facts, load_rules([tmp_path])).learning_rate == pytest.approx(2 * plain)


def test_a_multiple_of_a_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "name.yaml").write_text(
        """
id: name
title: Choose twice a schedule
status: stable
since: 0.1.0
tags: []
when:
  plan.optimizer: lion
then:
  - choose: schedule
    like: adamw
    value: cosine
because: To see what happens.
source:
  - {cite: judgement, at: test, says: twice}
evidence: {grade: judgement}
examples:
  match: [{name: the optimizer, facts: {plan.optimizer: lion}}]
  no_match: [{name: another one, facts: {plan.optimizer: sgd}}]
  unknown: [{name: not stated, facts: {}}]
""",
        encoding="utf-8",
    )
    with pytest.raises(RuleError, match="with like, value is a factor"):
        load_rules([tmp_path])
