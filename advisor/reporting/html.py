"""The report: one self-contained HTML page, a pure function of the advice; and a fragment of it for notebooks.

Nothing leaves the page and no script runs in it; a content security policy in the page itself forbids both.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from advisor._data import data_dir
from advisor.reporting.chart_range_test import range_test
from advisor.reporting.chart_rate_curve import rate_curve
from advisor.reporting.chart_scale import scale_chart
from advisor.reporting.chart_steps import steps_chart
from advisor.reporting.chart_trials import trials
from advisor.reporting.charts import Drawing
from advisor.reporting.formatting import plain
from advisor.reporting.highlight import highlighted
from advisor.reporting.view import AdviceView, view_of
from advisor.results import Advice

NO_BREAK = "\N{NO-BREAK SPACE}"
_SMALL_NUMBER = re.compile(r"[\d.]+e-\d+")


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of the page; None where there is nothing to draw."""

    rate_curve: Drawing
    trials: Drawing | None
    range_test: Drawing | None
    steps: Drawing | None
    scale: Drawing | None


def render(advice: Advice) -> str:
    """Return the report as one HTML page that needs no network, no script and no other file."""
    view = view_of(advice)
    page = _environment().get_template("report.html.j2")
    return page.render(
        view=view, charts=_charts(advice, view), code=highlighted(view.code), css=_css("theme", "report")
    )


def render_notebook(advice: Advice) -> str:
    """Return a compact fragment for a notebook's output cell; ids differ between different advices."""
    view = view_of(advice)
    digest = hashlib.sha256(advice.model_dump_json().encode()).hexdigest()[:10]
    curve = rate_curve(advice.recommendation, f"advisor-{digest}")
    fragment = _environment().get_template("notebook.html.j2")
    return fragment.render(view=view, curve=curve, css=_css("theme", "notebook"))


def _charts(advice: Advice, view: AdviceView) -> Charts:
    rec = advice.recommendation
    test = advice.probe.range_test if advice.probe else None
    return Charts(
        rate_curve=rate_curve(rec),
        trials=trials(advice.verdict, rec),
        range_test=range_test(test, rec.learning_rate) if test else None,
        steps=steps_chart(view.reasons.steps, rec.learning_rate, rec.interval),
        scale=scale_chart(advice.facts.data),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(data_dir("reports")),
        autoescape=True,  # select_autoescape() would leave *.html.j2 unescaped
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    environment.filters["exponent"] = _exponent
    return environment


def _finalized(value: Any) -> Any:
    """Clean every text on its way into the page of control and direction marks."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value)
    return value


def _prose(text: str) -> Markup:
    """Return running text in which ``3.2e-3`` is not broken at its hyphen, nor ``5 %`` before its sign."""
    escaped = str(escape(plain(text).replace(" %", f"{NO_BREAK}%")))
    return Markup(_SMALL_NUMBER.sub(r'<span class="whole">\g<0></span>', escaped))  # noqa: S704


def _exponent(rate: str) -> Markup:
    """Return ``3.2e-3`` with its exponent in a span of its own."""
    mantissa, letter, exponent = rate.partition("e")
    if not letter:
        return escape(rate)
    return Markup('{}<span class="exponent">{}</span>').format(mantissa, letter + exponent)


def _css(*names: str) -> Markup:
    """Return style sheets from the shipped folder; they are ours and hold no foreign text."""
    folder = data_dir("reports")
    text = "\n".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in names)
    return Markup(text)  # noqa: S704
