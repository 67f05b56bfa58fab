"""Two results on one page: both answers beside each other, what differs, and the learning rate of each over the run."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.language import gettext as _
from advisor.reporting.charts.drawing import Drawing
from advisor.reporting.charts.rate_curve import rate_curve
from advisor.reporting.html.template import environment, styles
from advisor.reporting.views.answer import Answer, answer_of
from advisor.reporting.views.banner import Banner, banner_of
from advisor.reporting.views.headings import differing_heading, rules_heading
from advisor.reporting.views.proof import Badge, badge_of
from advisor.reporting.views.side_by_side import Row, side_by_side
from advisor.results import Advice


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two results."""

    name: str
    answer: Answer
    badge: Badge
    banner: Banner | None
    curve: Drawing
    only: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A table of what both say."""

    title: str
    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SideBySideView:
    """Everything the page says."""

    title: str
    subject: str
    sides: tuple[Side, Side]
    differences: tuple[str, ...]
    remarks: tuple[str, ...]
    parts: tuple[Part, ...]
    rules_heading: str
    provenance: tuple[tuple[str, str], ...]


def render(left: Advice, right: Advice, names: tuple[str, str]) -> str:
    """Return the page, which needs no network and no other file.

    Args:
        left: one result.
        right: another, of the same job or not.
        names: what they are called on the page.
    """
    found = side_by_side(left, right)
    parts = ((_("The answer"), found.answer), (_("The check"), found.check), (_("Facts that differ"), found.facts))
    view = SideBySideView(
        title=_("Two results side by side"),
        subject=_(" and ").join(names),
        sides=(
            _side(left, names[0], "left", found.rules[0]),
            _side(right, names[1], "right", found.rules[1]),
        ),
        differences=found.differences,
        remarks=found.remarks,
        parts=tuple(_part(title, rows) for title, rows in (*parts, (_("Made by"), found.made_by)) if rows),
        rules_heading=rules_heading(*map(len, found.rules)),
        provenance=tuple((name, advice.provenance.advisor) for name, advice in zip(names, (left, right), strict=True)),
    )
    return environment().get_template("side_by_side.html.j2").render(view=view, css=styles("theme", "report"))


def _part(title: str, rows: tuple[Row, ...]) -> Part:
    return Part(title, differing_heading([row.label for row in rows if row.differs], len(rows)), rows)


def _side(advice: Advice, name: str, chart_id: str, only: tuple[tuple[str, str], ...]) -> Side:
    return Side(
        name=name,
        answer=answer_of(advice.recommendation),
        badge=badge_of(advice.verdict),
        banner=banner_of(advice),
        curve=rate_curve(advice.recommendation, f"curve-{chart_id}"),
        only=only,
    )
