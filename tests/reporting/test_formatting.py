"""Numbers and foreign text as a reader sees them."""

from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reporting import formatting
from advisor.results import Interval

finite = st.floats(min_value=-1e308, max_value=1e308)
positive = st.floats(min_value=1e-300, max_value=1e300)


def read(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(formatting).failed == 0


@given(finite)
def test_a_number_reads_back_within_its_digits(value: float) -> None:
    assert read(formatting.number(value)) == pytest.approx(value, rel=5.1e-3, abs=1e-320)


@given(positive)
def test_a_learning_rate_reads_back_within_two_digits(value: float) -> None:
    text = formatting.rate(value)
    assert read(text) == pytest.approx(value, rel=0.051)
    assert len(text.lstrip("0.").replace(".", "").split("e")[0]) <= 4


@given(st.integers(min_value=0, max_value=999_999))
def test_counts_below_a_million_are_exact(value: int) -> None:
    assert int(formatting.count(value).replace(",", "")) == value


@given(st.floats(min_value=0, max_value=1))
def test_only_nothing_is_zero_percent_and_only_all_is_a_hundred(value: float) -> None:
    text = formatting.share(value)
    assert (text == "0 %") == (value == 0)
    if text == "100 %":
        assert value > 0.999


@given(st.text())
def test_foreign_text_stays_on_one_line_without_control_or_direction_marks(text: str) -> None:
    shown = formatting.plain(text)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    shown.encode("utf-8")  # lone surrogates would raise


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_limit_is_kept(text: str, limit: int) -> None:
    assert len(formatting.plain(text, limit)) <= limit


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, None])
def test_odd_values_have_words(value: float | None) -> None:
    for write in (formatting.number, formatting.rate, formatting.count):
        assert write(value) in {"not a number", "∞", "-∞", "0", "unknown", "nan", "inf"} - {"nan", "inf"}


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (0.8, 1.0, "20 % lower"),
        (1.1, 1.0, "10 % higher"),
        (1.002, 1.0, "the same within 0.5 %"),
        (3.0, 1.0, "3 times as high"),
        (1.0, 0.0, ""),
        (1.0, -2.0, ""),
        (math.inf, 1.0, ""),
        (-0.5, 1.0, ""),
    ],
)
def test_losses_are_compared_in_words(ours: float, theirs: float, words: str) -> None:
    assert formatting.compared(ours, theirs) == words


def test_an_interval_names_both_ends() -> None:
    assert formatting.span(Interval(lower=1.5e-3, upper=0.0061)) == "1.5e-3 to 6.1e-3"
