"""Results as small tables for notebooks, where a whole page would be too much."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from advisor.language import gettext as _
from advisor.reporting.formatting import plain
from advisor.reporting.remarks import paragraph_of
from advisor.reporting.sentences.template import fill
from advisor.reporting.views.answer import answer_of
from advisor.reporting.views.proof import badge_of, comparisons_of
from advisor.results import Recommendation, Verdict


def recommendation_table(recommendation: Recommendation) -> str:
    """Return the answer and its settings as an HTML table."""
    answer = answer_of(recommendation)
    rows = [(_("90 % interval"), answer.interval), (_("Schedule"), answer.schedule)]
    rows += [(item.label, item.value) for item in answer.settings if item.name not in {"optimizer", "schedule"}]
    return _table(fill("{optimizer}, peak learning rate {rate}", optimizer=answer.optimizer, rate=answer.rate), rows)


def verdict_table(verdict: Verdict) -> str:
    """Return the verdict, why, and what the losses compare with, as an HTML table."""
    badge = badge_of(verdict)
    rows = [(_("Why"), paragraph_of(verdict.reasons) or badge.meaning)]
    rows += [
        (
            item.label,
            fill("{loss} (the advice is {change})", loss=item.loss, change=item.change) if item.change else item.loss,
        )
        for item in comparisons_of(verdict)
    ]
    return _table(f"{badge.symbol} {badge.title}", rows)


def _table(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    row = Markup("<tr><th style='text-align:left'>{}</th><td style='text-align:left'>{}</td></tr>")
    lines = Markup("").join(row.format(plain(name), plain(value)) for name, value in rows)
    return str(Markup("<table><caption><b>{}</b></caption>{}</table>").format(escape(plain(caption)), lines))
