"""Numbers as people, Fortran and typesetters write them, as programs read them."""

from __future__ import annotations

import re
from typing import Final

_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_MINUS: Final = re.compile(r"[−–](?=\d|\.\d)")
_FORTRAN: Final = re.compile(r"(?<![\w.])([-+]?\d*\.\d+|[-+]?\d+\.)[dD]([-+]?\d{1,3})(?![\w.])")
_PARTED: Final = re.compile(r"(?<![\w.])([-+]?\d+\.\d*) ([eE][-+]\d{1,3})(?![\w.])")
_POWER: Final = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)\s?[×x*·]\s?10(?:(?:\^|\*\*)\{?([-+]?\d{1,3})\}?|([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]{1,4}))(?![\w.])"
)


def in_numerals(text: str) -> str:
    """Return a text whose numbers have exponents as programs write them.

    >>> in_numerals("0.24D+01 2.4 e-01 3.1 × 10⁻⁴ −0.5 1.5 x 10^-4")
    '0.24e+01 2.4e-01 3.1e-4 -0.5 1.5e-4'
    """
    text = _MINUS.sub("-", text)
    text = _PARTED.sub(r"\1\2", _FORTRAN.sub(r"\1e\2", text))
    return _POWER.sub(lambda found: f"{found[1]}e{(found[2] or found[3]).translate(_SUPERSCRIPTS)}", text)
