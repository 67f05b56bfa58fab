"""The report: one self-contained HTML page, a pure function of the advice; and a fragment of it for notebooks.

Nothing leaves the page, and no script runs in it but its own: a content security policy in the page sees to both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from advisor.reporting.charts.correlation import correlation_chart, spectrum_chart
from advisor.reporting.charts.drawing import Drawing
from advisor.reporting.charts.feature_scale import scale_chart
from advisor.reporting.charts.missing import missing_chart
from advisor.reporting.charts.range_test import range_test
from advisor.reporting.charts.rate_curve import rate_curve
from advisor.reporting.charts.run_curves import run_curves
from advisor.reporting.charts.sensitivity import sensitivity_charts
from advisor.reporting.charts.trials import trials
from advisor.reporting.html.highlight import highlighted
from advisor.reporting.html.template import environment, styles
from advisor.reporting.labels import framework_name
from advisor.reporting.views.advice import view_of
from advisor.reporting.views.headings import use_heading
from advisor.results import Advice

USAGE = """\
training = advice.build(model, total_steps=total_steps)
for batch in batches:
    training.step(loss_of(model, batch))  # backward, clip, optimizer, schedule, clear
"""
"""How an advice is used in a script."""


MANY_FEATURES = 20
"""Features above which the charts of pairs and patterns of columns are folded, under what they show. Judgement: of more
columns a reader looks for a few."""


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of the page; None where there is nothing to draw."""

    rate_curve: Drawing
    trials: Drawing | None
    runs: Drawing | None
    range_test: Drawing | None
    scale: Drawing | None
    sensitivity: tuple[Drawing, ...]
    columns: tuple[Drawing, ...]
    folds_columns: bool


@dataclass(frozen=True, slots=True)
class Program:
    """The program for one framework, ready for the page."""

    framework: str
    name: str
    code: Markup


def render(advice: Advice, programs: Mapping[str, str]) -> str:
    """Return the report as one HTML page that needs no network and no other file.

    Args:
        advice: what the page shows.
        programs: the program that trains with it, as Python source, by framework; the first one is shown first.
    """
    page = environment().get_template("report.html.j2")
    return page.render(
        view=view_of(advice),
        charts=_charts(advice),
        programs=[Program(key, framework_name(key), highlighted(code)) for key, code in programs.items()],
        usage=highlighted(USAGE),
        use=use_heading(len(USAGE.splitlines()), len(programs)),
        css=styles("theme", "report"),
    )


def render_notebook(advice: Advice) -> str:
    """Return a compact fragment for a notebook's output cell; ids differ between different advices."""
    view = view_of(advice)
    digest = hashlib.sha256(repr(advice).encode(errors="replace")).hexdigest()[:10]
    curve = rate_curve(advice.recommendation, f"advisor-{digest}")
    fragment = environment().get_template("notebook.html.j2")
    return fragment.render(view=view, curve=curve, css=styles("theme", "notebook"))


def _charts(advice: Advice) -> Charts:
    rec = advice.recommendation
    test = advice.probe.range_test if advice.probe else None
    return Charts(
        rate_curve=rate_curve(rec),
        trials=trials(advice.verdict, rec),
        runs=run_curves(advice.verdict, rec),
        range_test=range_test(test, rec.learning_rate) if test else None,
        scale=scale_chart(advice.facts.data),
        sensitivity=sensitivity_charts(advice.sensitivities),
        columns=tuple(
            chart
            for draw in (correlation_chart, spectrum_chart, missing_chart)
            if (chart := draw(advice.facts.data)) is not None
        ),
        folds_columns=(advice.facts.data.features or 0) > MANY_FEATURES,
    )
