"""Correlations and missing patterns of a table, compared with numpy."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.facts import CorrelationFacts
from advisor.profiling.correlation import STRONGEST
from advisor.profiling.study import profile


def columns(rows: int = 400, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, rows))
    return {
        "a": a,
        "against a": -3.0 * a + 0.1 * b,
        "b": b,
        "flag": (c > 0).astype(bool),
        "constant": np.full(rows, 7.0),
        "word": np.where(b > 0, "yes", "no"),
        "y": a + b + 0.1 * rng.normal(size=rows),
    }


def test_pairs_and_spectrum_match_numpy():
    table = columns()
    facts = profile(table, target="y").correlation
    among = np.corrcoef([table["a"], table["against a"], table["b"]])
    best = facts.pairs[0]
    assert (best.first, best.second) == ("a", "against a")
    assert best.correlation == pytest.approx(among[0, 1])
    assert sorted((abs(p.correlation) for p in facts.pairs), reverse=True) == [abs(p.correlation) for p in facts.pairs]
    assert sum(facts.spectrum) == pytest.approx(len(facts.spectrum))
    assert {pair.second for pair in facts.with_target} == {"y"}
    expected = {name: np.corrcoef(table[name], table["y"])[0, 1] for name in ("a", "against a", "b")}
    assert {p.first: p.correlation for p in facts.with_target} == pytest.approx(expected, abs=1e-9)


def test_the_spectrum_is_that_of_the_numeric_features():
    table = {name: values for name, values in columns().items() if name in {"a", "against a", "b", "y"}}
    spectrum = profile(table, target="y").correlation.spectrum
    expected = np.linalg.eigvalsh(np.corrcoef([table["a"], table["against a"], table["b"]]))[::-1]
    assert spectrum == pytest.approx(expected)


def test_missing_values_count_as_the_mean():
    table = columns()
    gaps = np.random.default_rng(1).random(len(table["a"])) < 0.2
    table["a"] = np.where(gaps, np.nan, table["a"])
    filled = np.where(gaps, np.nanmean(table["a"]), table["a"])
    (pair,) = [p for p in profile(table, target="y").correlation.pairs if (p.first, p.second) == ("a", "against a")]
    assert pair.correlation == pytest.approx(np.corrcoef(filled, table["against a"])[0, 1])


def test_only_the_strongest_pairs_of_many_are_kept():
    x = np.random.default_rng(2).normal(size=(100, 30))
    table = {f"x{i}": x[:, i] for i in range(30)} | {"y": x[:, 0]}
    pairs = profile(table, target="y").correlation.pairs
    among = np.abs(np.triu(np.corrcoef(x, rowvar=False), 1))
    assert [abs(pair.correlation) for pair in pairs] == pytest.approx(np.sort(among.ravel())[::-1][:STRONGEST])


def test_words_have_no_correlation():
    words = np.array(["u", "v", "w"] * 30)
    assert profile({"a": words, "b": words, "y": words}, target="y").correlation == CorrelationFacts()


def test_columns_missing_together_are_one_pattern():
    rows = 100
    table = {name: np.arange(rows) % 7 + 0.5 for name in ("a", "b", "c", "y")}
    table["a"][:30] = np.nan
    table["b"][:20] = np.nan
    table["c"][99:] = np.nan
    patterns = [(pattern.columns, pattern.share) for pattern in profile(table, target="y").missing_patterns]
    assert patterns == [((), 0.69), (("a", "b"), 0.2), (("a",), 0.1)]


def test_words_may_be_missing_too():
    table = {"word": ["x", None, "y", None] * 20, "y": np.arange(80) % 9 + 0.25}
    patterns = profile(table, target="y").missing_patterns
    assert {(pattern.columns, pattern.share) for pattern in patterns} == {((), 0.5), (("word",), 0.5)}


def test_a_complete_table_has_no_missing_patterns():
    assert profile(columns(), target="y").missing_patterns == ()
