"""The report: one self-contained HTML page, a pure function of the advice; and a fragment of it for notebooks.

Nothing leaves the page, and no script runs in it but its own: a content security policy in the page sees to both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from advisor.reporting.charts.drawing import Drawing
from advisor.reporting.charts.feature_scale import scale_chart
from advisor.reporting.charts.range_test import range_test
from advisor.reporting.charts.rate_curve import rate_curve
from advisor.reporting.charts.run_curves import run_curves
from advisor.reporting.charts.sensitivity import sensitivity_charts
from advisor.reporting.charts.trials import trials
from advisor.reporting.html.highlight import highlighted
from advisor.reporting.html.template import environment, styles
from advisor.reporting.views.advice import view_of
from advisor.results import Advice

USAGE = """\
training = advice.build(model, total_steps=total_steps)
for batch in batches:
    training.step(loss_of(model, batch))  # backward, clip, optimizer, schedule, clear
"""
"""How an advice is used in a script."""


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of the page; None where there is nothing to draw."""

    rate_curve: Drawing
    trials: Drawing | None
    runs: Drawing | None
    range_test: Drawing | None
    scale: Drawing | None
    sensitivity: tuple[Drawing, ...]


def render(advice: Advice, code: str) -> str:
    """Return the report as one HTML page that needs no network, no script and no other file.

    Args:
        advice: what the page shows.
        code: the program that trains with it, as Python source.
    """
    view = view_of(advice, code)
    page = environment().get_template("report.html.j2")
    return page.render(
        view=view,
        charts=_charts(advice),
        code=highlighted(view.code),
        usage=highlighted(USAGE),
        css=styles("theme", "report"),
    )


def render_notebook(advice: Advice, code: str) -> str:
    """Return a compact fragment for a notebook's output cell; ids differ between different advices."""
    view = view_of(advice, code)
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
    )
