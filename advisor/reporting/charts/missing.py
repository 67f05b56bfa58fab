"""Chart: which columns are missing together, and in how many rows."""

from __future__ import annotations

from typing import Final

from advisor.facts import DataFacts
from advisor.language import gettext as _
from advisor.reporting import formatting
from advisor.reporting.charts.drawing import NARROW, Drawing, Rows, drawn
from advisor.reporting.charts.named_bars import HALF, NamedBar, named_bars
from advisor.reporting.sentences.headings import CHARTS
from advisor.reporting.sentences.template import fill

MAX_PATTERNS: Final = 6
"""Patterns drawn at most. Judgement: a glance; the table under the chart has all."""


def missing_chart(data: DataFacts, chart_id: str = "missing") -> Drawing | None:
    """Draw the share of rows for each pattern of missing columns; None when nothing is missing."""
    patterns = data.missing_patterns
    if not any(pattern.columns for pattern in patterns):
        return None
    named = [(", ".join(map(formatting.name, item.columns)), item.share) for item in patterns if item.columns]
    complete = sum(item.share for item in patterns if not item.columns)
    bars = [NamedBar(name, share, formatting.share(share)) for name, share in named[:MAX_PATTERNS]]
    most = named[0]
    is_group = len(next(item.columns for item in patterns if item.columns)) > 1
    return drawn(
        chart_id,
        _("Missing together"),
        fill(
            "Most often missing: {columns}, in {share:share} of the rows.",
            columns=formatting.plain(most[0], 60),
            share=most[1],
        ),
        lambda size: named_bars(bars, size, (0.0, max(share for _, share in named))),
        data=Rows(
            (_("Columns without a value"), _("Share of the rows")),
            tuple((name, formatting.share(share)) for name, share in named),
        ),
        finding=fill(
            CHARTS["missing_together" if is_group else "missing_alone"],
            columns=formatting.plain(most[0], 60),
            share=most[1],
        ),
        caption=fill(
            "Share of the rows in which exactly these columns have no value. Complete rows: {share:share}.",
            share=complete,
        ),
        sizes=(HALF, NARROW),
    )
