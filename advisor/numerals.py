"""One way to write a number, wherever a reader meets it.

- Below 0.01 as ``3e-3``, from 0.01 on as ``0.03``, from a million on as ``1.5e6``; thousands as ``1,100``.
- Learning rates with two significant digits, other numbers with three, losses with four.
- Percentages as ``94 %``, with a space as in the SI.
"""

from __future__ import annotations

import math

from advisor.language import gettext as _
from advisor.language import phrase

UNKNOWN = phrase("unknown")


def rate(value: float | None) -> str:
    """Return a learning rate with two significant digits.

    >>> rate(0.00321), rate(0.0098), rate(0.05), rate(3)
    ('3.2e-3', '9.8e-3', '0.05', '3')
    """
    if value is None or not math.isfinite(value) or abs(value) < 950:  # 950 would round to 1e3
        return number(value, 2)
    return scientific(value, 2)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits and thousands separators.

    >>> number(12345.678), number(0.04567), number(0.00999999), number(1.5e-7), number(None)
    ('12,346', '0.0457', '0.01', '1.5e-7', 'unknown')
    """
    if value is None:
        return _(UNKNOWN)
    if not math.isfinite(value):
        return _("not a number") if math.isnan(value) else "∞" if value > 0 else "-∞"
    size = abs(float(f"{value:.{digits - 1}e}"))
    if size >= 1e6 or 0 < size < 1e-2:
        return scientific(value, digits)
    if float(value).is_integer():
        return f"{value:,.0f}"
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scientific(value: float, digits: int) -> str:
    """Return ``1.2e-5`` for 0.000012."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def share(value: float | None) -> str:
    """Return a share as a percentage.

    >>> share(0.123), share(0), share(0.0004), share(1)
    ('12 %', '0 %', '< 0.1 %', '100 %')
    """
    if value is None:
        return _(UNKNOWN)
    percent = 100 * value
    if 0 < percent < 0.1:
        return "< 0.1 %"
    if 99.5 <= percent < 100:
        return f"{min(percent, 99.9):.1f} %"
    return f"{number(round(percent, 1), 2)} %" if percent < 10 else f"{number(percent, 2)} %"
