from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from advisor.knowledge.effects import UNKNOWN_FACT_SPREAD, Anchor, Choose, Effect, Law, Limit, Scale, law_of

EFFECT: TypeAdapter[object] = TypeAdapter(Effect)

positive = st.floats(1e-6, 1e6)
exponent = st.floats(-3, 3).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(positive, positive, positive, exponent, exponent, positive)
def test_a_law_is_its_formula(times: float, depth: float, width: float, a: float, b: float, reference: float) -> None:
    law = Law.model_validate(
        {"times": times, "powers": {"model.depth": a, "model.width": {"exponent": b, "reference": reference}}}
    )
    found = law.value({"model.depth": depth, "model.width": width}.get)
    assert found is not None
    assert found == pytest.approx(times * depth**a * (width / reference) ** b, rel=1e-9)


@given(positive, exponent, positive)
def test_doubling_a_fact_multiplies_by_two_to_the_exponent(times: float, power: float, fact: float) -> None:
    law = Law.model_validate({"times": times, "powers": {"model.depth": power}})
    once, twice = law.value({"model.depth": fact}.get), law.value({"model.depth": 2 * fact}.get)
    assert once is not None
    assert twice is not None
    assert twice / once == pytest.approx(2**power, rel=1e-9)


@pytest.mark.parametrize("value", [None, 0, -1.0, "text"])
def test_a_law_of_what_is_unknown_or_not_positive_is_unknown(value: object) -> None:
    law = Law.model_validate({"times": 1, "powers": {"model.depth": 1}})
    assert law.value({"model.depth": value}.get) is None


def test_a_clamp_bounds_a_law() -> None:
    law = Law.model_validate({"times": 1, "powers": {"model.depth": 1}, "clamp": [0.5, 2]})
    assert [law.value({"model.depth": depth}.get) for depth in (0.1, 1, 9)] == [0.5, 1, 2]


def test_a_typical_value_stands_for_an_unknown_fact_and_widens() -> None:
    """What the fact may be off counts as far as the clamp lets the law move; a value that is not positive stays one."""
    power = {"exponent": -0.5, "reference": 100, "typical": 400}
    law = Law.model_validate({"times": 2, "powers": {"model.width": power}})
    assert law.value({}.get) == law.value({"model.width": 400}.get) == 1.0
    assert law.value({"model.width": 0}.get) is None
    assert law.sigma({"model.width": 400}.get) == 0.0
    assert math.exp(1.645 * law.sigma({}.get)) == pytest.approx(UNKNOWN_FACT_SPREAD**0.5, rel=1e-3)
    clamped = law.model_copy(update={"clamp": (1.0, 1.2)})
    assert math.exp(1.645 * clamped.sigma({}.get)) == pytest.approx(1.2**0.5, rel=1e-3)


def test_a_law_never_overflows() -> None:
    law = Law.model_validate({"times": 1, "powers": {"model.parameters": 100}})
    assert math.isfinite(law.value({"model.parameters": 1e12}.get) or math.inf)


def test_a_range_is_a_90_percent_interval_of_a_log_normal() -> None:
    ranged = EFFECT.validate_python({"anchor": "learning_rate", "value": 1e-3, "range": [1e-4, 1e-2]})
    assert isinstance(ranged, Anchor)
    share = stats.lognorm(ranged.sigma(3.0), scale=1e-3)
    assert share.cdf(1e-2) - share.cdf(1e-4) == pytest.approx(0.9)
    spread = EFFECT.validate_python({"scale": "learning_rate", "factor": 0.5, "spread": 4})
    assert isinstance(spread, Scale)
    factor = stats.lognorm(spread.sigma(1.0), scale=0.5)
    assert factor.cdf(2.0) - factor.cdf(0.125) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"anchor": "learning_rate"}, "exactly one of value, law"),
        ({"anchor": "learning_rate", "value": 1, "law": {"times": 1, "powers": {"a": 1}}}, "exactly one of value, law"),
        ({"anchor": "learning_rate", "value": -1}, "greater than 0"),
        ({"anchor": "learning_rate", "value": "1e-3"}, "valid number"),
        ({"anchor": "learning_rate", "value": True}, "valid number"),
        ({"anchor": "momentum", "value": 1}, "learning_rate"),
        ({"scale": "learning_rate", "factor": 1, "range": [2, 1]}, "lower, upper"),
        ({"scale": "learning_rate", "factor": 1, "range": [1, 2], "spread": 2}, "not both"),
        ({"scale": "learning_rate", "factor": 1, "spread": 0.5}, "greater than or equal to 1"),
        ({"limit": "learning_rate"}, "exactly one of at_most, at_least"),
        ({"limit": "learning_rate", "at_most": 0}, "greater than 0"),
        ({"limit": "learning_rate", "at_most": {"times": 1}}, "powers"),
        ({"limit": "learning_rate", "at_most": {"times": 1, "powers": {}}}, "at least 1"),
        ({"measure": "learning_rate"}, "law"),
        ({"choose": "optimiser", "value": "adam"}, "optimizer"),
        ({"advise": "short"}, "at least 10"),
        ({"do": "something"}, "an effect is one of anchor"),
        ("anchor", "an effect is one of anchor"),
    ],
)
def test_effects_say_what_is_wrong(effect: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EFFECT.validate_python(effect)


def test_the_law_of_an_effect_is_found_wherever_it_stands() -> None:
    law = {"times": 2, "powers": {"probe.curvature": -1}}
    for effect in (
        {"limit": "learning_rate", "at_most": law},
        {"limit": "learning_rate", "at_least": law},
        {"choose": "batch_size", "law": law},
        {"measure": "learning_rate", "law": law},
    ):
        found = law_of(EFFECT.validate_python(effect))
        assert found is not None
        assert found.facts == ("probe.curvature",)
    assert law_of(EFFECT.validate_python({"advise": "read the paper"})) is None


def test_choices_keep_their_type() -> None:
    for value in (True, 1, 0.5, "adam"):
        made = EFFECT.validate_python({"choose": "nesterov", "value": value})
        assert isinstance(made, Choose)
        assert type(made.value) is type(value)


def test_bounds_are_numbers_or_laws() -> None:
    made = EFFECT.validate_python({"limit": "learning_rate", "at_least": 1})
    assert isinstance(made, Limit)
    assert made.amount == 1.0
