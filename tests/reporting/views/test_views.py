"""Views keep the arithmetic, the order and the verdict of the result."""

from __future__ import annotations

from itertools import pairwise
from types import ModuleType

import pytest

from advisor.facts import ColumnFacts, DataFacts, Facts
from advisor.reporting.views.answer import answer_of
from advisor.reporting.views.facts import data_view
from advisor.reporting.views.proof import Cost, comparisons_of, proof_of
from advisor.reporting.views.reasons import reasons_of
from advisor.results import Advice, Citation, Contribution, Trace, Undecided


def test_steps_are_a_chain_that_ends_at_the_advised_rate(typical: Advice) -> None:
    steps = reasons_of(typical.recommendation, typical.verdict).steps
    for before, after in pairwise(steps):
        assert after.before == before.after
    assert steps[-1].after == typical.recommendation.learning_rate
    assert [step.kind for step in steps][-1] == "trials"
    assert steps[-1].lead == "× 0.73"  # 3.2e-3 / 4.4e-3


def test_nothing_is_added_when_the_rules_end_at_the_advised_rate(typical: Advice) -> None:
    recommendation = typical.recommendation.replaced(learning_rate=4.4e-3)
    assert len(reasons_of(recommendation, typical.verdict).steps) == len(recommendation.trace.contributions)


def test_a_rate_fixed_by_the_user_is_said_to_be(make: ModuleType) -> None:
    advice = make.fixed()
    assert reasons_of(advice.recommendation, advice.verdict).steps[-1].lead == "fixed at 0.3"
    assert answer_of(advice.recommendation).fixed


@pytest.mark.parametrize(
    ("kind", "value", "before", "after", "lead"),
    [
        ("anchor", 1e-3, None, 1e-3, "start at 1e-3"),
        ("scale", 0.707, 1e-3, 7.07e-4, "× 0.71"),
        ("limit", 5e-3, 1e-2, 5e-3, "at most 5e-3"),
        ("limit", 5e-3, 1e-3, 5e-3, "at least 5e-3"),
        ("measurement", 3e-3, 1e-3, 2e-3, "measured 3e-3"),
    ],
)
def test_each_kind_of_step_says_what_it_does(
    kind: str, value: float, before: float | None, after: float, lead: str, make: ModuleType
) -> None:
    rule = make.rule("some-rule", "Some rule", "Because.")
    contribution = Contribution(kind=kind, rule=rule, value=value, before=before, after=after)  # type: ignore[arg-type]
    trace = Trace(contributions=(contribution,))
    recommendation = make.typical().recommendation.replaced(learning_rate=after, trace=trace)
    assert reasons_of(recommendation).steps[0].lead == lead


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://arxiv.org/abs/1412.6980", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        (" https://example.org", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url: str, kept: bool, make: ModuleType) -> None:
    source = Citation(key="x", title="X", url=url, at="1", says="y")
    contribution = Contribution(kind="anchor", rule=make.rule("r", "R", "B", "published", source), value=1.0, after=1.0)
    recommendation = make.minimal().recommendation.replaced(trace=Trace(contributions=(contribution,)))
    assert bool(reasons_of(recommendation).steps[0].reason.sources[0].url) == kept


def test_unknown_facts_are_asked_once_with_all_rules_that_wait(typical: Advice) -> None:
    questions = {item.path: item for item in reasons_of(typical.recommendation).questions}
    assert set(questions) == {"plan.early_stopping", "plan.augmentation", "plan.weight_averaging"}
    asked = questions["plan.early_stopping"]
    assert [rule.rule for rule in asked.rules] == ["early-stopping-patience", "ema-constant"]
    assert asked.rules[1].also == ("plan.weight_averaging",)
    assert asked.how == "--set plan.early_stopping=VALUE"
    assert "validation" in asked.meaning


def test_symptoms_of_a_run_that_has_not_begun_are_not_asked_for(typical: Advice) -> None:
    waiting = Undecided(rule="plateau", title="Lower the rate", missing=("history.plateau", "plan.early_stopping"))
    trace = typical.recommendation.trace.model_copy(update={"undecided": (waiting,)})
    (question,) = reasons_of(typical.recommendation.replaced(trace=trace)).questions
    assert question.path == "plan.early_stopping"


def test_a_schedule_with_a_rise_of_its_own_shows_no_warm_up(make: ModuleType) -> None:
    def labels(advice: Advice) -> list[str]:
        return [item.label for item in answer_of(advice.recommendation).settings]

    fixed = make.fixed()
    cosine = fixed.model_copy(update={"recommendation": fixed.recommendation.replaced(schedule="cosine")})
    assert "Warm-up" in labels(cosine)
    assert "Warm-up" not in labels(fixed)


def test_a_fact_of_another_version_still_has_a_place(typical: Advice) -> None:
    contribution = typical.recommendation.trace.contributions[0].model_copy(update={"facts": (("plan.gone", 3),)})
    recommendation = typical.recommendation.replaced(trace=Trace(contributions=(contribution,)))
    assert reasons_of(recommendation).steps[0].facts[0].value == "3"


def test_settings_chosen_by_one_rule_stand_together(typical: Advice) -> None:
    chosen = {reason.id: settings for reason, settings in answer_of(typical.recommendation).chosen}
    assert chosen["cosine-known-horizon"] == (
        "Schedule: cosine decay; Warm-up: 5 % of the run; Gradient clipping: norm 1"
    )
    assert len(chosen) == 2


def test_comparisons_say_how_the_advice_does(typical: Advice) -> None:
    proof = proof_of(typical)
    assert [(item.label, item.change, item.better) for item in proof.comparisons] == [
        ("With this advice", "", None),
        ("Adam at 1e-3, constant", "16 % lower", True),
        ("Best constant prediction", "77 % lower", True),
        ("Linear model", "56 % lower", True),
    ]
    assert proof.moved == "4.4e-3 → 3.2e-3"
    assert proof.cost == Cost("", "42 % of one full training run", "871,000 sample gradients")


def test_a_default_that_diverged_is_not_passed_over(typical: Advice) -> None:
    trials = tuple(
        trial.model_copy(update={"losses": (None,), "mean": None, "diverged": 1}) if trial.role == "default" else trial
        for trial in typical.verdict.trials
    )
    verdict = typical.verdict.model_copy(update={"trials": trials, "default_loss": None})
    proof = proof_of(typical.model_copy(update={"verdict": verdict}))
    assert ("Adam at 1e-3, constant", "diverged") in [(item.label, item.loss) for item in proof.comparisons]


def test_losses_that_a_reader_cannot_tell_apart_are_neither_better_nor_worse(typical: Advice) -> None:
    verdict = typical.verdict.model_copy(update={"held_out_loss": 0.6919, "constant_loss": 0.692, "default_loss": 0.7})
    found = {item.label: (item.better, item.change) for item in comparisons_of(verdict)}
    assert found["Best constant prediction"] == (None, "the same within 0.5 %")
    assert found["Adam at 1e-3, constant"] == (True, "1.2 % lower")


def test_the_kinds_of_features_add_up_to_their_number() -> None:
    kinds = ("numeric", "boolean", "boolean", "date", "categorical")
    columns = tuple(ColumnFacts(name=str(index), kind=kind) for index, kind in enumerate(kinds))
    data = DataFacts(features=5, numeric=1, categorical=1, dropped=1, columns=columns)
    (figure,) = (item for item in data_view(Facts(data=data)).figures if item.label == "Features")
    assert (figure.value, figure.detail) == ("5", "1 numeric, 1 categorical, 2 yes or no, 1 date, 1 left out")


def test_what_a_job_cannot_have_is_no_open_question(typical: Advice) -> None:
    undecided = tuple(
        Undecided(rule=path, title=path, missing=(path,)) for path in ("data.vocabulary", "plan.early_stopping")
    )
    trace = typical.recommendation.trace.model_copy(update={"undecided": undecided})
    rec = typical.recommendation.model_copy(update={"trace": trace})
    asked = [question.path for question in reasons_of(rec, None, typical.facts).questions]
    assert asked == ["plan.early_stopping"]
    assert len(reasons_of(rec).questions) == 2


def test_the_noise_comes_with_its_interval(typical: Advice) -> None:
    figures = {item.label: item for item in data_view(typical.facts).figures}
    assert figures["Noise"].value == "21 %"
    assert "16 % to 27 %" in figures["Noise"].detail
    assert figures["Feature scale ratio"].value == "49,368"
    assert figures["Rows"].value == "8,640"


def test_only_shortened_trials_are_called_compressed(typical: Advice) -> None:
    assert "the whole schedule compressed into them" in proof_of(typical).setup
    full = typical.verdict.model_copy(update={"steps": typical.verdict.full_steps})
    setup = proof_of(typical.model_copy(update={"verdict": full})).setup
    assert f"full runs of {full.full_steps:,} steps" in setup
    assert "compressed" not in setup
