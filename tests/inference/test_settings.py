"""Settings: strata, competition, and what the user has fixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

from advisor.errors import AdvisorError
from advisor.facts import Facts, Plan, read, with_facts
from advisor.facts.registry import registry
from advisor.inference import infer
from advisor.knowledge.base import RuleBase
from advisor.knowledge.dependencies import all_inputs_of, inputs_of
from advisor.knowledge.effects import Setting
from advisor.knowledge.strata import SETTINGS, STRATUM_OF, settled_in

MakeBase = Callable[[dict[str, dict[str, Any]]], RuleBase]


def choose(
    setting: str, value: object, when: object = None, strength: str = "moderate", **fields: Any
) -> dict[str, Any]:
    then = [{"choose": setting, "value": value, "strength": strength}]
    return {"when": when, "then": then, **fields} if when is not None else {"then": then, **fields}


def sheet(**values: Any) -> Facts:
    return with_facts(Facts(), {name.replace("__", "."): value for name, value in values.items()})


def chosen(facts: Facts, base: RuleBase, setting: str) -> tuple[Any, str, str | None]:
    (choice,) = [choice for choice in infer(facts, base).trace.choices if choice.setting == setting]
    return choice.value, choice.by, choice.rule.id if choice.rule else None


def test_every_setting_has_a_stratum() -> None:
    assert sorted(STRATUM_OF) == sorted(get_args(Setting))
    assert SETTINGS[0] == ("batch_size", "accumulation")


@pytest.mark.parametrize(
    ("fact", "last"),
    [
        ("plan.effective_batch", "accumulation"),
        ("plan.total_steps", "epochs"),
        ("plan.total_epochs", "epochs"),
        ("plan.batch_smoothness", "batch_size"),
        ("plan.adaptive", "optimizer"),
        ("plan.decays", "schedule"),
        ("plan.warmup_fraction", "warmup_fraction"),
    ],
)
def test_a_fact_is_settled_with_the_last_setting_in_it(fact: str, last: str) -> None:
    assert settled_in(fact) == STRATUM_OF[last]


def test_what_is_known_beforehand_is_settled_from_the_start() -> None:
    for fact in ("data.rows", "model.linear_smoothness", "plan.tokens_per_parameter", "plan.learning_rate"):
        assert settled_in(fact) == -1


def test_every_reading_of_a_derived_fact_is_found() -> None:
    full = with_facts(Facts(), {"data.rows": 1000, "plan.batch_size": 32, "plan.epochs": 3})
    for path, item in registry().items():
        if item.is_derived:
            assert set(inputs_of(path, full)) | set(inputs_of(path, Facts())) <= all_inputs_of(path)
    assert all_inputs_of("plan.total_steps") == {
        *("plan.steps", "plan.tokens", "plan.batch_tokens", "plan.epochs", "plan.batch_size", "plan.accumulation"),
        *("plan.devices", "data.rows"),
    }


def test_what_is_chosen_is_a_fact_later(make_base: MakeBase) -> None:
    base = make_base(
        {
            "small": choose("batch_size", 32, {"data.rows": {"lt": 5000}}),
            "short": choose("epochs", 20, {"plan.steps_per_epoch": {"lt": 100}}),
            "sgd": choose("optimizer", "sgd", {"plan.total_steps": {"lt": 2000}}),
            "heavy": choose("momentum", 0.9, {"plan.optimizer": "sgd"}),
            "one": choose("schedule", "one_cycle", {"plan.momentum": {"ge": 0.9}}),
            "warm": choose("warmup_fraction", 0.3, {"plan.schedule": "one_cycle"}),
            "factor": {"when": {"plan.decays": True}, "then": [{"scale": "learning_rate", "factor": 2}]},
        }
    )
    found = infer(sheet(data__rows=3000), base)
    assert (found.batch_size, found.epochs, found.total_steps) == (32, 20, 20 * 94)
    assert (found.optimizer, found.momentum, found.schedule, found.warmup_fraction) == ("sgd", 0.9, "one_cycle", 0.3)
    assert found.learning_rate == pytest.approx(2e-3)
    by = {choice.setting: choice.facts for choice in found.trace.choices}
    assert by["momentum"] == (("plan.optimizer", "sgd"),)


def test_the_user_is_never_overruled(make_base: MakeBase) -> None:
    base = make_base({"sgd": choose("optimizer", "sgd", {"model.family": "cnn"}, "strong")})
    facts = with_facts(sheet(model__family="cnn"), {"plan.optimizer": "lion"})
    found = infer(facts, base)
    assert found.optimizer == "lion"
    assert chosen(facts, base, "optimizer") == ("lion", "user", None)
    assert {(item.rule, item.by, item.reason) for item in found.trace.overridden} == {
        ("default-optimizer", "plan", "user"),
        ("sgd", "plan", "user"),
    }


def test_agreeing_with_the_user_is_not_giving_way(make_base: MakeBase) -> None:
    found = infer(Facts(plan=Plan(optimizer="adamw")), make_base({}))
    assert found.trace.overridden == ()


@pytest.mark.parametrize("length", [{"plan.steps": 100}, {"plan.tokens": 1e9}])
def test_a_run_given_by_its_length_gets_no_epochs(make_base: MakeBase, length: dict[str, Any]) -> None:
    found = infer(with_facts(Facts(), length), make_base({"epochs": choose("epochs", 10)}))
    assert found.epochs is None


CNN = {"model.family": "cnn"}
DEEP = {"all": [CNN, {"model.depth": {"ge": 10}}]}


@pytest.mark.parametrize(
    ("rules", "winner", "reason"),
    [
        (  # specificity beats strength
            {"a": choose("optimizer", "sgd", CNN, "strong"), "b": choose("optimizer", "lion", DEEP, "weak")},
            "b",
            "specificity",
        ),
        (  # strength between equals
            {"a": choose("optimizer", "sgd", CNN, "weak"), "b": choose("optimizer", "lion", CNN, "strong")},
            "b",
            "strength",
        ),
        (  # an edge beats both
            {
                "a": choose("optimizer", "sgd", CNN, "weak", overrides=["b"]),
                "b": choose("optimizer", "lion", DEEP, "strong"),
            },
            "a",
            "overrides",
        ),
        (  # a tie is settled by name, and written down as one
            {"b": choose("optimizer", "lion", CNN), "a": choose("optimizer", "sgd", CNN)},
            "a",
            "tie",
        ),
    ],
)
def test_competition(make_base: MakeBase, rules: dict[str, Any], winner: str, reason: str) -> None:
    facts = sheet(model__family="cnn", model__depth=20)
    base = make_base(rules)
    assert chosen(facts, base, "optimizer")[2] == winner
    (loser,) = set(rules) - {winner}
    overridden = [item for item in infer(facts, base).trace.overridden if item.rule == loser]
    assert [(item.by, item.reason) for item in overridden] == [(winner, reason)]


def test_an_edge_counts_only_when_its_rule_fires(make_base: MakeBase) -> None:
    base = make_base(
        {
            "a": choose("optimizer", "sgd", {"model.family": "rnn"}, overrides=["b"]),
            "b": choose("optimizer", "lion", CNN),
        }
    )
    assert chosen(sheet(model__family="cnn"), base, "optimizer")[2] == "b"


def test_losers_that_agree_are_not_written_down(make_base: MakeBase) -> None:
    base = make_base({"a": choose("optimizer", "adamw", CNN)})
    assert infer(sheet(model__family="cnn"), base).trace.overridden == ()


def test_choices_by_law_are_typed_and_bounded(make_base: MakeBase) -> None:
    law = {"times": 0.1, "powers": {"data.rows": 0.5}}
    share = {"times": 1e-3, "powers": {"data.rows": 1}}
    base = make_base(
        {
            "batch": {"then": [{"choose": "batch_size", "law": law}]},
            "warm": {"then": [{"choose": "warmup_fraction", "law": share}]},
        }
    )
    found = infer(sheet(data__rows=90_000), base)
    assert found.batch_size == 32  # the nearest power of two to 30
    assert isinstance(found.batch_size, int)
    assert found.warmup_fraction == 1.0
    assert infer(sheet(data__rows=10), base).batch_size == 1


def test_a_choice_by_law_waits_for_its_facts(make_base: MakeBase) -> None:
    base = make_base({"batch": {"then": [{"choose": "batch_size", "law": {"times": 1, "powers": {"data.rows": 0.5}}}]}})
    found = infer(Facts(), base)
    assert found.batch_size is None
    assert [(item.rule, item.missing) for item in found.trace.undecided] == [("batch", ("data.rows",))]


def test_undecided_rules_name_what_would_decide_them(make_base: MakeBase) -> None:
    base = make_base(
        {
            "one": choose("clip_norm", 1.0, {"all": [CNN, {"model.depth": {"ge": 10}}]}),
            "no": choose("clip_norm", 2.0, {"all": [{"model.family": "rnn"}, {"model.width": {"ge": 10}}]}),
            "fixed": choose("schedule", "step", {"model.width": {"ge": 10}}),
        }
    )
    facts = with_facts(sheet(model__family="cnn"), {"plan.schedule": "linear"})
    undecided = infer(facts, base).trace.undecided
    assert [(item.rule, item.missing) for item in undecided] == [("one", ("model.depth",))]
    without = infer(facts, base, undecided=False)
    assert not without.trace.undecided
    assert without.learning_rate == infer(facts, base).learning_rate


def test_a_base_that_cannot_answer_says_so() -> None:
    with pytest.raises(AdvisorError, match="no rule chooses the optimizer"):
        infer(Facts(), RuleBase((), "0"))


def test_final_fraction_reaches_the_recommendation(make_base: MakeBase) -> None:
    base = make_base({"floor": choose("final_fraction", 0.1)})
    assert infer(Facts(), base).final_fraction == 0.1
    assert read(Facts(), "plan.schedule") is None


def anchored(value: float, **fields: Any) -> dict[str, Any]:
    return {"then": [{"anchor": "learning_rate", "value": value}], **fields}


def test_the_tier_decides_before_edges_specificity_and_strength(make_base: MakeBase) -> None:
    base = make_base(
        {
            "stated": anchored(1.0, tier="stated"),
            "measured": anchored(2.0, tier="measured"),
            "narrow": {**anchored(3.0), "when": {"all": [{"model.depth": 2}, {"model.width": 8}]}},
            "strong": {"then": [{"anchor": "learning_rate", "value": 4.0, "strength": "strong"}], "tier": "family"},
            "edge": anchored(5.0, tier="default", overrides=["stated"]),
        }
    )
    facts = sheet(model__depth=2, model__width=8)
    found = infer(facts, base)
    assert found.learning_rate == 1.0
    reasons = {item.rule: (item.by, item.reason) for item in found.trace.overridden}
    assert {reasons[name] for name in ("measured", "narrow", "strong", "edge")} == {("stated", "tier")}
    for name, value in (("stated", 2.0), ("measured", 3.0), ("narrow", 4.0)):
        base = base.without(name)
        assert infer(facts, base).learning_rate == pytest.approx(value), name


def test_choices_are_ranked_by_tier_too(make_base: MakeBase) -> None:
    base = make_base(
        {
            "family": choose("optimizer", "sgd", {"model.family": "cnn"}, "strong", tier="family"),
            "measured": choose("optimizer", "lion", None, "weak", tier="measured"),
        }
    )
    assert chosen(sheet(model__family="cnn"), base, "optimizer") == ("lion", "rule", "measured")


def test_a_guard_keeps_a_rule_from_firing_only_where_it_is_known_to_hold(make_base: MakeBase) -> None:
    rule = {**anchored(0.5), "when": {"model.family": "mlp"}, "unless": {"model.pretrained": True}}
    base = make_base({"guarded": rule})
    assert "guarded" in infer(sheet(model__family="mlp"), base).trace.fired
    assert "guarded" in infer(sheet(model__family="mlp", model__pretrained=False), base).trace.fired
    pretrained = infer(sheet(model__family="mlp", model__pretrained=True), base)
    assert "guarded" not in pretrained.trace.fired
    assert "guarded" not in {item.rule for item in pretrained.trace.undecided}
    assert {item.missing for item in infer(sheet(), base).trace.undecided if item.rule == "guarded"} == {
        ("model.family",)
    }


def test_a_guard_may_be_a_group(make_base: MakeBase) -> None:
    unless = {"all": [{"model.pretrained": True}, {"model.depth": {"ge": 3}}]}
    base = make_base({"guarded": {**anchored(0.5), "unless": unless}})
    for depth, fires in ((None, True), (2, True), (3, False)):
        found = infer(sheet(model__pretrained=True, model__depth=depth), base)
        assert ("guarded" in found.trace.fired) is fires


@pytest.mark.parametrize(("rows", "batch"), [(12, 8), (31, 16), (32, 32), (400, 32)])
def test_a_batch_that_a_rule_chooses_holds_no_more_rows_than_there_are(
    make_base: MakeBase, rows: int, batch: int
) -> None:
    base = make_base({"always-32": choose("batch_size", 32)})
    assert chosen(sheet(data__rows=rows), base, "batch_size") == (batch, "rule", "always-32")
    assert chosen(sheet(data__rows=rows, plan__batch_size=32), base, "batch_size")[:2] == (32, "user")
