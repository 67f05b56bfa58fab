"""Charts put marks where the numbers are, and say in words what they show."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from types import ModuleType

import pytest

from advisor import numerals
from advisor.reporting.charts import feature_scale as chart_scale
from advisor.reporting.charts import range_test as chart_range_test
from advisor.reporting.charts import rate_curve as chart_rate_curve
from advisor.reporting.charts import run_curves as chart_runs
from advisor.reporting.charts import sensitivity as chart_sensitivity
from advisor.reporting.charts import trials as chart_trials
from advisor.reporting.charts.drawing import NARROW, WIDE, Drawing, Size, decades, log_axis
from advisor.reporting.charts.svg import ROLES
from advisor.reporting.charts.trials_info import trials_info
from advisor.results import Advice, Trial


def drawings(advice: Advice) -> dict[str, Drawing]:
    rec = advice.recommendation
    test = advice.probe.range_test if advice.probe else None
    found = {
        "rate_curve": chart_rate_curve.rate_curve(rec),
        "trials": chart_trials.trials(advice.verdict, rec),
        "range_test": chart_range_test.range_test(test, rec.learning_rate) if test else None,
        **{drawing.id: drawing for drawing in chart_sensitivity.sensitivity_charts(advice.sensitivities)},
        "scale": chart_scale.scale_chart(advice.facts.data),
    }
    return {name: drawing for name, drawing in found.items() if drawing is not None}


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  # our own


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in parsed(svg).iter("text")]


def marks(svg: str, css_class: str, tag: str) -> list[ET.Element]:
    return [e for e in parsed(svg).iter(tag) if css_class in e.attrib.get("class", "").split()]


def place(element: ET.Element) -> tuple[float, float]:
    match = re.match(r"translate\(([-\d.e]+),([-\d.e]+)\)", element.attrib["transform"])
    assert match is not None
    return float(match[1]), float(match[2])


def log_place(value: float, domain: tuple[float, float], width: float) -> float:
    low, high = math.log10(domain[0]), math.log10(domain[1])
    return width * (math.log10(value) - low) / (high - low)


def test_every_drawing_is_sound_svg_with_words_and_without_foreign_colours(advice: Advice) -> None:
    for name, drawing in drawings(advice).items():
        assert drawing.summary
        assert drawing.data.rows
        assert all(len(row) == len(drawing.data.headers) for row in drawing.data.rows)
        for svg in (drawing.wide, drawing.narrow):
            root = parsed(svg)
            assert root.attrib["role"] == "img"
            ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
            assert len(ids) == len(set(ids))
            assert all(one.startswith(drawing.id) for one in ids)
            named = [root.attrib["aria-labelledby"], root.attrib["aria-describedby"]]
            assert set(named) <= set(ids)
            colours = re.findall(r'(?:fill|stroke)="([^"]+)"', svg)
            assert set(colours) <= {"none", "transparent"}, (name, set(colours))
            assert not any(colour in svg for colour in ROLES.values())
            assert "font-family" not in svg
            assert "NaN" not in svg
            assert "http" not in svg


def test_the_same_chart_twice_is_the_same_text(typical: Advice) -> None:
    for (_, first), (_, second) in zip(drawings(typical).items(), drawings(typical).items(), strict=True):
        assert first == second


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda size: size.name)
def test_altair_finds_the_specs_valid(typical: Advice, size: Size) -> None:
    rec = typical.recommendation
    assert typical.probe is not None
    assert typical.probe.range_test is not None
    tested = chart_range_test.range_test_info(typical.probe.range_test, rec.learning_rate)
    tried = chart_trials.trials_info(typical.verdict, rec)
    scale = chart_scale.scale_info(typical.facts.data)
    assert tested is not None
    assert tried is not None
    assert scale is not None
    for chart in (
        chart_rate_curve._draw(chart_rate_curve.rate_curve_info(rec), size),
        chart_range_test._draw(tested, size),
        chart_trials._draw(tried, size),
        chart_sensitivity._draw(typical.sensitivities[0], typical.sensitivities[0].points[3], size),
        chart_scale._draw(scale, size),
    ):
        chart.to_dict(validate=True)


def test_the_advised_rate_stands_at_its_place_among_the_trials(typical: Advice) -> None:
    drawing = drawings(typical)["trials"]
    info = trials_info(typical.verdict, typical.recommendation)
    assert info is not None
    wanted = log_place(3.2e-3, info.domain, WIDE.width)
    solid = [line for line in marks(drawing.wide, "s-ink", "line") if "stroke-dasharray" not in line.attrib]
    assert any(place(line)[0] == pytest.approx(wanted, abs=0.6) for line in marks(drawing.wide, "s-ink", "line")), solid
    assert "advised 3.2e-3" in texts(drawing.wide)
    assert "rules 4.4e-3" in texts(drawing.wide)
    assert "Adam at 1e-3, constant" in [key.label for key in drawing.legend]


def test_every_diverged_seed_has_a_mark_of_its_own_shape(typical: Advice) -> None:
    drawing = drawings(typical)["trials"]
    crosses = marks(drawing.wide, "f-danger", "path")
    assert len(crosses) == sum(trial.diverged for trial in typical.verdict.trials) == 4
    shapes = {re.sub(r"[-\d.]+", "0", e.attrib["d"]) for e in crosses}
    dots = {re.sub(r"[-\d.]+", "0", e.attrib["d"]) for e in marks(drawing.wide, "f-accent", "path")}
    assert not shapes & dots
    assert "✕ diverged" in drawing.caption


def test_every_loss_is_on_the_chart_or_on_the_rail(advice: Advice) -> None:
    info = trials_info(advice.verdict, advice.recommendation)
    if info is None:
        return
    for series in info.series:
        for point in series.points:
            assert info.losses[0] <= point.loss <= info.losses[1]
            assert (point.loss == info.rail) == (point.outcome != "loss")


def test_two_recipes_are_told_apart_by_more_than_colour(make: ModuleType) -> None:
    drawing = drawings(make.inconclusive())["trials"]
    assert {"AdamW, cosine decay", "SGD, cosine decay"} <= {key.label for key in drawing.legend}
    assert len({(key.role, key.dash) for key in drawing.legend}) == len({key.dash for key in drawing.legend})
    assert any("stroke-dasharray" in e.attrib for e in marks(drawing.wide, "s-second", "path"))


def test_the_range_test_marks_each_estimator_on_its_lane(typical: Advice) -> None:
    drawing = drawings(typical)["range_test"]
    words = texts(drawing.wide)
    for label in (
        "lowest loss 0.063",
        "steepest descent 2.6e-3",
        "edge of divergence: cannot tell",
        "suggestion 3.1e-3",
    ):
        assert label in words
    assert typical.probe is not None
    assert typical.probe.range_test is not None
    domain = decades(typical.probe.range_test.learning_rates)
    dots = {round(place(e)[0], 1) for e in marks(drawing.wide, "f-ink", "path")}
    for value in (0.063, 2.6e-3, 4.4e-4, 5.1e-3):
        assert any(abs(x - log_place(value, domain, WIDE.width)) < 0.6 for x in dots)


def test_the_rate_curve_says_where_training_stops(typical: Advice) -> None:
    rec = typical.recommendation
    assert rec.total_steps is not None
    peak, _ = chart_rate_curve.rate_curve_info(rec).curve.peak
    stopped = chart_rate_curve.rate_curve(rec.replaced(stop_steps=max(1, peak)))
    assert "Training stops at step" in stopped.summary
    assert f"about {numerals.rate(rec.learning_rate)}." in stopped.summary
    assert "Training stops" not in chart_rate_curve.rate_curve(rec).summary


def test_the_curve_peaks_where_the_schedule_does(typical: Advice) -> None:
    drawing = drawings(typical)["rate_curve"]
    assert "peak 3.2e-3" in texts(drawing.wide)
    assert "warm-up ends" in texts(drawing.wide)
    assert "at step 163" in drawing.summary or "at step 162" in drawing.summary


def test_of_many_features_the_extremes_stay(make: ModuleType) -> None:
    info = chart_scale.scale_info(make.huge().facts.data)
    assert info is not None
    assert len(info.features) == 2 * chart_scale.ENDS
    assert info.hidden == 500 - 2 * chart_scale.ENDS
    assert info.ratio == pytest.approx(1e39)
    spreads = [feature.std for feature in info.features]
    assert spreads == sorted(spreads, reverse=True)


def test_hostile_names_are_text_in_the_picture(make: ModuleType) -> None:
    drawing = drawings(make.hostile())["scale"]
    assert not list(parsed(drawing.wide).iter("script"))
    assert "<script>alert(1)</script>" in texts(drawing.wide)
    assert any(text.startswith("[bold red]markup[/bold red] [/]") for text in texts(drawing.wide))


def test_after_scaling_quartiles_stand_in_standard_deviations(typical: Advice) -> None:
    info = chart_scale.scale_info(typical.facts.data)
    assert info is not None
    income = next(feature for feature in info.features if feature.name == "median_income")
    assert income.quantiles == pytest.approx(((0.5 - 3.87) / 1.9, -0.6, 0.0, 0.6, (15.0 - 3.87) / 1.9))
    assert "▶ beyond the chart" in drawings(typical)["scale"].caption  # rooms reach 55 deviations
    assert len(marks(drawings(typical)["scale"].wide, "s-accent", "line")) == len(info.features)


def with_curves(advice: Advice) -> Advice:
    """Give every trial a curve that falls to its loss, the slower the lower its rate."""
    trials = tuple(
        trial.model_copy(
            update={
                "curve": tuple(0.3 + math.exp(-part * trial.learning_rate * 40) for part in range(24))
                if trial.mean is not None
                else ()
            }
        )
        for trial in advice.verdict.trials
    )
    return advice.model_copy(update={"verdict": advice.verdict.model_copy(update={"trials": trials})})


def test_runs_are_drawn_for_the_advised_rate_its_neighbours_and_the_default(typical: Advice) -> None:
    advice = with_curves(typical)
    curves = chart_runs.run_curves_info(advice.verdict, advice.recommendation)
    assert curves[0].role == chart_runs.ADVISED
    assert curves[-1].name == "Adam at 1e-3, constant"
    for curve in curves[:-1]:
        wanted = {"about a third": 1 / 3, "about three times": 3.0}.get(curve.role, 1.0) * 3.2e-3
        assert abs(math.log(curve.learning_rate / wanted)) <= math.log(chart_runs.NEAR)
    drawing = chart_runs.run_curves(advice.verdict, advice.recommendation)
    assert drawing is not None
    assert [key.label for key in drawing.legend] == [curve.name for curve in curves]
    assert "half of the fall of the training loss lies in the first" in drawing.summary


def test_how_fast_and_how_smoothly_a_loss_falls() -> None:
    trial = Trial(
        optimizer="adamw", schedule="cosine", learning_rate=1e-3, losses=(0.0,), curve=(4.0, 3.0, 3.5, 1.0, 0.0, 0.0)
    )
    curve = chart_runs._curve(chart_runs.ADVISED, trial, 6)
    assert curve.half == pytest.approx(3 / 6)  # the first part at or below 2
    assert curve.upward == pytest.approx(0.5 / 5.0)
    flat = chart_runs._curve(chart_runs.ADVISED, trial.model_copy(update={"curve": (1.0, 1.0, 1.0)}), 3)
    assert (flat.half, flat.upward) == (None, 0.0)


def test_without_curves_no_runs_are_drawn(typical: Advice) -> None:
    assert chart_runs.run_curves(typical.verdict, typical.recommendation) is None


def test_a_sensitivity_marks_the_job_at_hand(typical: Advice) -> None:
    (drawing,) = chart_sensitivity.sensitivity_charts(typical.sensitivities)
    assert drawing.title == "Batch size"
    assert drawing.caption == "8 samples: 1.6e-3; 512 samples: 0.012"
    (dot,) = marks(drawing.narrow, "f-ink", "path")
    domain = decades([point.value for point in typical.sensitivities[0].points])
    assert place(dot)[0] == pytest.approx(log_place(64, domain, chart_sensitivity.SMALL.width), abs=0.6)


@pytest.mark.parametrize("domain", [(1e-300, 1e-270), (1e-7, 3.0), (2e-3, 5e-3), (0.9, 1.1), (1e-20, 1e20)])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda size: size.name)
def test_a_logarithmic_axis_has_a_few_ticks_inside_its_domain(domain: tuple[float, float], size: Size) -> None:
    ticks = log_axis(domain, size.width).to_dict()["values"]
    assert 1 <= len(ticks) <= 9
    assert all(domain[0] * 0.999 <= tick <= domain[1] * 1.001 for tick in ticks)
