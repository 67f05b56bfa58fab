"""Values with units, and foreign text, as a reader sees them; ``advisor.numerals`` says how numbers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.cleaning import ELLIPSIS, plain
from advisor.language import Language, current
from advisor.language import gettext as _
from advisor.numerals import UNKNOWN, number, rate, share
from advisor.results import Interval

__all__ = [
    "ELLIPSIS",
    "UNKNOWN",
    "amount",
    "between",
    "compared",
    "count",
    "duration",
    "exact",
    "excess",
    "fact_value",
    "factor",
    "loss",
    "name",
    "number",
    "plain",
    "position",
    "rate",
    "share",
    "span",
]
_LARGE: dict[Language, tuple[tuple[float, str], ...]] = {  # by definition
    "en": ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")),
    "ko": ((1e12, "조"), (1e8, "억"), (1e4, "만")),
}
SAME = 0.005
"""Relative difference of two losses below which they count as the same. Judgement: less than trials can tell."""
_BARE_UNITS = frozenset({"", "ratio", "loss", "norm", "per step"})


def name(text: str, limit: int | None = None) -> str:
    """Return a foreign name on one line; a blank one has something to see.

    >>> name("price"), name("  ")
    ('price', '(blank)')
    """
    return plain(text, limit) if plain(text).strip() else _("(blank)")


def exact(value: float) -> str:
    """Return a number with the six digits that the code uses.

    >>> exact(0.00324681), exact(0.0123)
    ('3.24681e-3', '0.0123')
    """
    return number(value, 6)


def count(value: float | None) -> str:
    """Return a count; from a million on in words.

    >>> count(12345), count(1_300_000_000)
    ('12,345', '1.3 billion')
    """
    if value is None:
        return _(UNKNOWN)
    if math.isfinite(value) and abs(value) >= 1e6:
        size, word = next(item for item in _LARGE[current()] if abs(value) >= item[0])
        return f"{number(value / size)}{word}"
    return f"{value:,.0f}" if math.isfinite(value) else number(value)


def first_few(names: Sequence[str], most: int) -> str:
    """Return the first of several names, and how many more there are.

    >>> first_few(["a", "b"], 3), first_few(["a", "b", "c", "d"], 2)
    ('a, b', 'a, b and 2 more')
    """
    shown = ", ".join(names[:most])
    if len(names) <= most:
        return shown
    return _("{names} and {more} more").format(names=shown, more=len(names) - most)


def position(value: float) -> str:
    """Return a step, epoch or row in full.

    >>> position(1234567.0)
    '1,234,567'
    """
    return f"{value:,.0f}"


def factor(value: float) -> str:
    """Return a factor; one that two digits would turn into 1 has three.

    >>> factor(0.714), factor(1.012), factor(1)
    ('× 0.71', '× 1.01', '× 1')
    """
    digits = 3 if value >= 100 or number(value, 2) == "1" else 2
    return f"× {number(value, digits)}"


def loss(value: float) -> str:
    """Return a loss with four significant digits.

    >>> loss(0.66723), loss(9.084e10)
    ('0.6672', '9.084e10')
    """
    return number(value, 4)


def excess(value: float) -> str:
    """Return how much higher a loss ends, in words; from twice as high on as a multiple, which it is at least.

    Such shares come from losses on a scale that shrinks what lies far above the rest.

    >>> excess(0.123), excess(3.63), excess(25.0)
    ('about 12 % higher', 'at least 4.6 times as high', 'more than 10 times as high')
    """
    if value < 1:
        return _("about {share} higher").format(share=share(value))
    if value < 9:
        return _("at least {times} times as high").format(times=number(value + 1, 2))
    return _("more than 10 times as high")


def between(lower: str, upper: str) -> str:
    """Return two ends, such as ``15 % to 30 %``."""
    return _("{lower} to {upper}").format(lower=lower, upper=upper)


def span(interval: Interval) -> str:
    """Return an interval of learning rates, such as ``1.5e-3 to 6.1e-3``."""
    return between(rate(interval.lower), rate(interval.upper))


def amount(value: float, unit: str) -> str:
    """Return a count with its unit, in the singular for one.

    >>> amount(1, "layers"), amount(12000, "rows"), amount(1, "classes")
    ('1 layer', '12,000 rows', '1 class')
    """
    if value == 1 and current() == "en":
        unit = unit.removesuffix("es") if unit.endswith(("sses", "ches")) else unit.removesuffix("s")
    unit = _(unit)
    is_counted = float(value).is_integer() or abs(value) >= 1e6
    written = count(value) if is_counted else number(value)
    return _("{amount} {unit}").format(amount=written, unit=unit)


def fact_value(value: float | str | bool | None, unit: str = "") -> str:
    """Return the value of a fact with its unit.

    >>> fact_value(0.25, "share"), fact_value(True), fact_value(3, "layers"), fact_value("adamw")
    ('25 %', 'yes', '3 layers', 'adamw')
    """
    match value:
        case None:
            return _(UNKNOWN)
        case bool():
            return _("yes") if value else _("no")
        case str():
            return plain(value)
        case _ if unit == "share":
            return share(value)
        case _ if unit in _BARE_UNITS:
            return number(value)
        case _:
            return amount(value, unit)


def duration(seconds: float) -> str:
    """Return how long something took, as people say it.

    >>> duration(0.4), duration(14.2), duration(200.0), duration(9_000.0)
    ('less than 1 s', 'about 14 s', 'about 3 min', 'about 2.5 h')
    """
    if seconds < 1:
        return _("less than 1 s")
    if seconds < 100:
        return _("about {seconds} s").format(seconds=f"{seconds:.0f}")
    if seconds < 5_400:
        return _("about {minutes} min").format(minutes=f"{seconds / 60:.0f}")
    return _("about {hours} h").format(hours=number(seconds / 3_600, 2))


def compared(value: float, reference: float) -> str:
    """Return how a loss compares with a reference, both positive: ``18 % lower``."""
    if not (0 < value < math.inf and 0 < reference < math.inf):
        return ""
    change = value / reference - 1.0
    if abs(change) < SAME:
        return _("the same within 0.5 %")
    if change > 1.0:
        return _("{factor} times as high").format(factor=number(value / reference, 2))
    return (_("{share} higher") if change > 0 else _("{share} lower")).format(share=share(abs(change)))
