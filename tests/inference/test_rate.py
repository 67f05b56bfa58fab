"""The learning rate: arithmetic and intervals against literal formulas."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from advisor.errors import AdvisorError
from advisor.facts import Facts, Plan, with_facts
from advisor.inference import infer
from advisor.inference.rate import MAX_TOTAL_FACTOR
from advisor.knowledge.base import RuleBase

MakeBase = Callable[[dict[str, dict[str, Any]]], RuleBase]
FACTS = with_facts(Facts(), {"probe.range_test_lr": 4e-3, "probe.curvature": 50.0, "plan.steps": 2000})


def effect(**fields: Any) -> dict[str, Any]:
    return {"then": [fields]}


def anchor(value: float, **fields: Any) -> dict[str, Any]:
    return effect(anchor="learning_rate", value=value, **fields)


def scale(factor: float, **fields: Any) -> dict[str, Any]:
    return effect(scale="learning_rate", factor=factor, **fields)


def test_an_anchor_alone_is_the_answer_exactly(make_base: MakeBase) -> None:
    found = infer(Facts(), make_base({"a": anchor(3e-4, range=[1e-4, 6e-4])}))
    assert found.learning_rate == 3e-4
    assert found.interval.ratio == pytest.approx(6)
    (step,) = found.trace.contributions
    assert (step.kind, step.value, step.before, step.after) == ("anchor", 3e-4, None, 3e-4)
    assert step.range is not None
    assert (step.range.lower, step.range.upper) == (1e-4, 6e-4)


def test_an_anchor_without_range_spreads_by_three(make_base: MakeBase) -> None:
    found = infer(Facts(), make_base({"a": anchor(1e-2)}))
    assert (found.interval.lower, found.interval.upper) == (pytest.approx(1e-2 / 3), pytest.approx(3e-2))


def test_factors_multiply_and_each_step_is_told(make_base: MakeBase) -> None:
    law = {"times": 1, "powers": {"plan.total_steps": {"exponent": -0.3, "reference": 500}}}
    base = make_base({"a": anchor(1e-2), "b": scale(0.5), "c": effect(scale="learning_rate", law=law, spread=2)})
    found = infer(FACTS, base)
    assert found.learning_rate == pytest.approx(1e-2 * 0.5 * 4**-0.3)
    steps = found.trace.contributions
    assert [step.rule.id for step in steps] == ["a", "b", "c"]
    assert steps[2].facts == (("plan.total_steps", 2000),)
    for before, after in itertools.pairwise(steps):
        assert after.before == before.after
        assert after.after == pytest.approx(before.after * after.value)


@given(st.lists(st.tuples(st.floats(0.5, 2), st.floats(1, 5)), max_size=4))
def test_the_interval_is_the_literal_product_of_log_normals(
    make_base: MakeBase, factors: list[tuple[float, float]]
) -> None:
    rules = {f"f{i}": scale(factor, spread=width) for i, (factor, width) in enumerate(factors)}
    found = infer(Facts(), make_base({"a": anchor(1e-3), **rules}))
    z = stats.norm.ppf(0.95)
    variance = (math.log(3) / z) ** 2 + sum((math.log(width) / z) ** 2 for _, width in factors)
    center = 1e-3 * math.prod(factor for factor, _ in factors)
    expected = stats.lognorm(math.sqrt(variance), scale=center)
    assert found.learning_rate == pytest.approx(center)
    assert found.interval.lower == pytest.approx(expected.ppf(0.05))
    assert found.interval.upper == pytest.approx(expected.ppf(0.95))


def test_a_measurement_is_weighed_as_bayes_would(make_base: MakeBase) -> None:
    law = {"times": 0.5, "powers": {"probe.range_test_lr": 1}}
    rules = {"a": anchor(1e-3, spread=4), "m": effect(measure="learning_rate", law=law, spread=2)}
    found = infer(FACTS, make_base(rules))
    grid = np.linspace(math.log(1e-6), math.log(1), 200_001)
    z = stats.norm.ppf(0.95)
    density = stats.norm.pdf(grid, math.log(1e-3), math.log(4) / z) * stats.norm.pdf(
        grid, math.log(2e-3), math.log(2) / z
    )
    cumulated = np.cumsum(density) / density.sum()
    lower, middle, upper = (math.exp(grid[np.searchsorted(cumulated, level)]) for level in (0.05, 0.5, 0.95))
    assert found.learning_rate == pytest.approx(middle, rel=1e-3)
    assert found.interval.lower == pytest.approx(lower, rel=1e-3)
    assert found.interval.upper == pytest.approx(upper, rel=1e-3)
    assert [step.kind for step in found.trace.contributions] == ["anchor", "measurement"]


def test_the_order_of_measurements_does_not_matter(make_base: MakeBase) -> None:
    laws = [
        effect(measure="learning_rate", law={"times": times, "powers": {"probe.range_test_lr": 1}}, spread=spread)
        for times, spread in ((0.5, 2.0), (0.1, 4.0), (2.0, 1.0))
    ]
    answers = [
        infer(FACTS, make_base({f"m{i}": law for i, law in enumerate(order)})) for order in itertools.permutations(laws)
    ]
    assert len({f"{answer.learning_rate:.9g} {answer.interval.ratio:.9g}" for answer in answers}) == 1


def test_without_its_fact_a_measurement_waits(make_base: MakeBase) -> None:
    law = {"times": 0.5, "powers": {"probe.range_test_lr": 1}}
    found = infer(Facts(), make_base({"m": effect(measure="learning_rate", law=law)}))
    assert found.learning_rate == 1e-3
    assert [(item.rule, item.missing) for item in found.trace.undecided] == [("m", ("probe.range_test_lr",))]


def test_limits_bound_the_rate_and_its_interval(make_base: MakeBase) -> None:
    bound = {"times": 2, "powers": {"probe.curvature": -1}}
    rules = {"a": anchor(0.1), "top": effect(limit="learning_rate", at_most=bound)}
    found = infer(FACTS, make_base(rules))
    assert found.learning_rate == pytest.approx(0.04)
    assert found.interval.upper == pytest.approx(0.04)
    assert found.interval.lower == pytest.approx(0.1 / 3)
    step = found.trace.contributions[-1]
    assert (step.kind, step.before, step.after) == ("limit", pytest.approx(0.1), pytest.approx(0.04))


def test_a_limit_that_does_not_bind_is_no_step(make_base: MakeBase) -> None:
    found = infer(Facts(), make_base({"top": effect(limit="learning_rate", at_most=1)}))
    assert [step.kind for step in found.trace.contributions] == ["anchor"]
    assert "top" in found.trace.fired


def test_of_contradicting_limits_the_upper_one_is_kept(make_base: MakeBase) -> None:
    for names in (("a", "b"), ("b", "a")):
        limits = dict(
            zip(
                names,
                (effect(limit="learning_rate", at_most=1e-4), effect(limit="learning_rate", at_least=1e-2)),
                strict=True,
            )
        )
        found = infer(Facts(), make_base(dict(sorted(limits.items()))))
        assert found.learning_rate == 1e-4
        assert found.learning_rate in found.interval


@pytest.mark.parametrize("total", [1000.0, 1e-3])
def test_factors_together_are_bounded_whatever_their_order(make_base: MakeBase, total: float) -> None:
    factors = {"a": scale(total), "b": scale(total**0.5), "c": scale(total**-0.2)}
    answers = []
    for order in itertools.permutations(factors):
        found = infer(Facts(), make_base({name: factors[name] for name in order}))
        answers.append(found.learning_rate)
        product = math.prod(step.value for step in found.trace.contributions if step.kind == "scale")
        assert max(product, 1 / product) == pytest.approx(MAX_TOTAL_FACTOR)
        assert found.trace.notes[0].severity == "warning"
    assert max(answers) == pytest.approx(min(answers))


def test_an_exact_factor_does_not_count_towards_the_bound(make_base: MakeBase) -> None:
    found = infer(Facts(), make_base({"raw": scale(1e-4) | {"tags": ["unbounded"]}, "b": scale(10)}))
    assert found.learning_rate == pytest.approx(1e-3 * 1e-4 * 10)
    assert found.trace.notes == ()


def test_a_fixed_anchor_bars_every_factor_and_measurement(make_base: MakeBase) -> None:
    law = {"times": 0.5, "powers": {"probe.range_test_lr": 1}}
    rules = {
        "prodigy": {
            "when": {"plan.optimizer": "prodigy"},
            "then": [{"anchor": "learning_rate", "value": 1, "fixed": True, "range": [0.5, 2]}],
        },
        "half": scale(0.5),
        "m": effect(measure="learning_rate", law=law),
    }
    facts = with_facts(FACTS, {"plan.optimizer": "prodigy"})
    found = infer(facts, make_base(rules))
    assert found.learning_rate == 1.0
    assert {(item.rule, item.reason) for item in found.trace.overridden} >= {("half", "overrides"), ("m", "overrides")}
    assert infer(FACTS, make_base(rules)).learning_rate != 1.0


def test_edges_settle_factors_of_one_reason(make_base: MakeBase) -> None:
    rules = {
        "sqrt": scale(0.5),
        "linear": scale(0.25) | {"overrides": ["sqrt"]},
        "lars": scale(0.8) | {"overrides": ["linear"]},
    }
    found = infer(Facts(), make_base(rules))
    assert found.learning_rate == pytest.approx(0.8e-3)
    assert {(item.rule, item.by) for item in found.trace.overridden} == {("sqrt", "linear"), ("linear", "lars")}


def test_a_stated_rate_is_kept_and_judged(make_base: MakeBase) -> None:
    base = make_base({"a": anchor(1e-3)})
    fine = infer(Facts(plan=Plan(learning_rate=2e-3)), base)
    assert (fine.learning_rate, fine.trace.notes) == (2e-3, ())
    assert fine.trace.choices[-1].by == "user"
    for rate, side in ((0.1, "above"), (1e-6, "below")):
        found = infer(Facts(plan=Plan(learning_rate=rate)), base)
        assert found.learning_rate == rate
        assert found.interval == fine.interval
        (note,) = found.trace.notes
        assert note.severity == "warning"
        assert side in note.text
        assert "would choose 1e-3" in note.text


def test_words_come_worst_first_and_give_way_to_edges(make_base: MakeBase) -> None:
    rules = {
        "a": effect(advise="do this instead"),
        "w": effect(warn="this is not good"),
        "e": effect(warn="this will not train", severity="error"),
        "x": effect(advise="nobody hears this"),
        "y": effect(advise="louder than others") | {"overrides": ["x"]},
    }
    found = infer(Facts(), make_base(rules))
    assert [(note.severity, note.rule.id) for note in found.trace.notes] == [
        ("error", "e"),
        ("warning", "w"),
        ("advice", "a"),
        ("advice", "y"),
    ]


def test_without_an_anchor_there_is_no_answer(make_base: MakeBase) -> None:
    base = make_base({})
    bare = RuleBase(tuple(rule for rule in base.rules if rule.id != "default-anchor"), "0")
    with pytest.raises(AdvisorError, match="no rule gives a starting learning rate for the optimizer 'adamw'"):
        infer(Facts(), bare)


def test_the_same_facts_give_the_same_bytes(make_base: MakeBase) -> None:
    base = make_base({"b": scale(0.7), "c": scale(1.3)})
    assert infer(FACTS, base).model_dump_json() == infer(FACTS, base).model_dump_json()


def test_a_factor_of_one_without_a_range_is_no_step(make_base: MakeBase) -> None:
    """It stands in a rule only to keep away the factors that the rule overrides."""
    rules = {
        "start": {"then": [{"anchor": "learning_rate", "value": 0.1}]},
        "keep": {"then": [{"scale": "learning_rate", "factor": 1.0}]},
        "widen": {"then": [{"scale": "learning_rate", "factor": 1.0, "spread": 2.0}]},
    }
    steps = [step.rule.id for step in infer(Facts(), make_base(rules)).trace.contributions]
    assert "widen" in steps
    assert "keep" not in steps


def test_advice_that_a_limit_puts_at_the_end_of_its_interval_says_so(make_base: MakeBase) -> None:
    rules = {
        "start": {"then": [{"anchor": "learning_rate", "value": 0.1, "spread": 3.0}]},
        "cap": {"then": [{"limit": "learning_rate", "at_most": 0.05}]},
    }
    found = infer(Facts(), make_base(rules))
    assert found.learning_rate == found.interval.upper == 0.05
    assert any("upper end of its interval" in note.text for note in found.trace.notes)
    assert found.trace.contributions[-1].before == pytest.approx(0.1)  # what the rules would take without the limit
    rules["cap"]["then"] = [{"limit": "learning_rate", "at_most": 0.2}]
    assert not any("end of its interval" in note.text for note in infer(Facts(), make_base(rules)).trace.notes)
