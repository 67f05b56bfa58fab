"""Charts: the strongest correlations of the numeric columns, and the spectrum of their correlation matrix."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from advisor.facts import CorrelatedPair, DataFacts
from advisor.language import gettext as _
from advisor.reporting import formatting
from advisor.reporting.charts.drawing import NARROW, Drawing, LegendKey, Rows, drawn
from advisor.reporting.charts.named_bars import HALF, NamedBar, named_bars
from advisor.reporting.sentences.headings import CHARTS
from advisor.reporting.sentences.template import fill

MAX_PAIRS: Final = 8
"""Pairs drawn at most. Judgement: a glance; the table under the chart has all."""
ALIKE: Final = 0.95
"""Correlation from which two columns are nearly the same. Judgement: a tenth of the variance is left."""
RELATED: Final = 0.3
"""Correlation from which two columns are worth naming. Judgement: Cohen's medium effect, a tenth of the variance."""
MAX_EIGENVALUES: Final = 8
"""Eigenvalues drawn at most, the largest. Judgement: a glance; the table under the chart has all."""
FEW: Final = 0.7
"""Share of all directions up to which those that hold most of the variance are few. Judgement: of alike and independent
columns nine tenths hold it."""
MOST: Final = 0.9
"""Share of the variance that the caption counts eigenvalues for. Judgement: a usual share."""


def correlation_chart(data: DataFacts, chart_id: str = "correlation") -> Drawing | None:
    """Draw the strongest pairs, those with the target in a colour of their own; None when none are known."""
    target = set(data.correlation.with_target)
    pairs = sorted((*data.correlation.pairs, *target), key=lambda pair: (-abs(pair.correlation), pair.first))
    if not pairs:
        return None
    shown = pairs[:MAX_PAIRS]
    bars = [
        NamedBar(_pair(pair), pair.correlation, formatting.number(pair.correlation), _role(pair in target))
        for pair in shown
    ]
    low = min(0.0, *(pair.correlation for pair in shown))
    high = max(0.0, *(pair.correlation for pair in shown))
    strongest = shown[0]
    return drawn(
        chart_id,
        _("Strongest correlations"),
        fill(
            "The strongest is {correlation:number}, of {first} and {second}.",
            correlation=strongest.correlation,
            first=formatting.name(strongest.first, 60),
            second=formatting.name(strongest.second, 60),
        ),
        lambda size: named_bars(bars, size, (low, high)),
        data=Rows(
            (_("Columns"), _("Correlation")),
            tuple((_pair(pair), formatting.number(pair.correlation)) for pair in pairs),
        ),
        finding=_finding(strongest),
        caption=_("Pearson's correlation; missing values count as their column's mean."),
        legend=_legend(shown, target),
        sizes=(HALF, NARROW),
    )


def spectrum_chart(data: DataFacts, chart_id: str = "spectrum") -> Drawing | None:
    """Draw the largest eigenvalues of the correlation matrix as shares of their sum; None below two of them."""
    spectrum = data.correlation.spectrum
    if len(spectrum) < 2 or sum(spectrum) <= 0:
        return None
    shares = [value / sum(spectrum) for value in spectrum]
    bars = [
        NamedBar(fill("direction {number}", number=str(number)), share, formatting.share(share))
        for number, share in enumerate(shares[:MAX_EIGENVALUES], 1)
    ]
    needed = next(number for number, total in enumerate(accumulate(shares), 1) if total >= MOST - 1e-9)
    counted = {"needed": needed, "all": len(shares), "most": MOST}
    said = fill(
        "Eigenvalues of the correlation matrix: {needed:count} of {all:count} directions hold {most:share} of the "
        "variance.",
        **counted,
    )
    body = tuple(
        (str(number), formatting.number(value), formatting.share(share))
        for number, (value, share) in enumerate(zip(spectrum, shares, strict=True), 1)
    )
    return drawn(
        chart_id,
        _("Variance by direction"),
        said,
        lambda size: named_bars(bars, size, (0.0, shares[0])),
        data=Rows((_("Direction"), _("Eigenvalue"), _("Share of the variance")), body),
        finding=fill(CHARTS["few_directions" if needed <= FEW * len(shares) else "many_directions"], **counted),
        caption=said,
        sizes=(HALF, NARROW),
    )


def _finding(strongest: CorrelatedPair) -> str:
    size = abs(strongest.correlation)
    found = "columns_alike" if size >= ALIKE else "columns_related" if size >= RELATED else "columns_unrelated"
    names = {"first": formatting.name(strongest.first, 30), "second": formatting.name(strongest.second, 30)}
    return fill(CHARTS[found], **names)


def _pair(pair: CorrelatedPair) -> str:
    return f"{formatting.name(pair.first)} · {formatting.name(pair.second)}"


def _role(with_target: bool) -> str:
    return "second" if with_target else "accent"


def _legend(shown: list[CorrelatedPair], target: set[CorrelatedPair]) -> tuple[LegendKey, ...]:
    if not any(pair in target for pair in shown):
        return ()
    return LegendKey(_("two features"), _role(False)), LegendKey(_("a feature and the target"), _role(True))
