"""The charts of correlations and missing values."""

from __future__ import annotations

from advisor.facts import CorrelatedPair, CorrelationFacts, DataFacts, MissingPattern
from advisor.reporting.charts.correlation import correlation_chart, spectrum_chart
from advisor.reporting.charts.missing import missing_chart
from advisor.results import Advice


def test_pairs_stand_in_order_of_strength_whatever_their_sign(typical: Advice) -> None:
    drawing = correlation_chart(typical.facts.data)
    assert drawing is not None
    assert [row[1] for row in drawing.data.rows] == ["0.96", "-0.92", "0.69", "-0.3"]
    assert [key.label for key in drawing.legend] == ["two features", "a feature and the target"]
    assert "median_income" in drawing.wide


def test_directions_add_up_to_the_whole_variance(typical: Advice) -> None:
    drawing = spectrum_chart(typical.facts.data)
    assert drawing is not None
    assert "5 of 7 directions hold 90 %" in drawing.caption
    assert drawing.data.rows[0] == ("1", "2.3", "33 %")


def test_complete_rows_are_counted_and_patterns_drawn(typical: Advice) -> None:
    drawing = missing_chart(typical.facts.data)
    assert drawing is not None
    assert list(drawing.data.rows) == [("near_water, rooms", "7 %"), ("near_water", "3 %")]
    assert drawing.caption.endswith("Complete rows: 90 %.")


def test_what_is_not_known_is_not_drawn() -> None:
    for draw in (correlation_chart, spectrum_chart, missing_chart):
        assert draw(DataFacts()) is None
    assert missing_chart(DataFacts(missing_patterns=(MissingPattern(columns=(), share=1.0),))) is None


def test_one_negative_pair_is_drawn_to_the_left() -> None:
    pair = CorrelatedPair(first="a", second="b", correlation=-0.8)
    drawing = correlation_chart(DataFacts(correlation=CorrelationFacts(pairs=(pair,))))
    assert drawing is not None
    assert drawing.legend == ()
    assert "-0.8" in drawing.narrow
