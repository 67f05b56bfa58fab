"""A remark on cells that hold numbers which could not be read, so that none is lost silently."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.profiling.reading.beside_digits import CURRENCY
from advisor.profiling.reading.number_formats import number_evidence

FITTING = 0.9
"""Share of the cells that must begin with a number. Judgement: some words do."""
LEAST = 5
"""Different cells. Judgement: fewer are levels, such as sizes or grades."""

_BEGINS = re.compile(rf"^[^\w\s]{{0,2}}(?:{CURRENCY})?\s?[-+]?\d")
_CODE = re.compile(r"^0[xX]|^\d+[.:/-]\d+[.:/-][\d.:/-]*$|^\d+[:/-]\d+$|^[0-9a-fA-F-]{16,}$|^\+")
"""Ranges, scores, versions, addresses, phones and keys."""


def unread_numbers(cells: Sequence[str]) -> str | None:
    """Return a remark on distinct cells of a column of words that begin with numbers; None where they do not.

    >>> unread_numbers(["5 KB", "7 MB", "5 MB", "8 KB", "9 GB"])
    "Numbers in several units or currencies ('5 KB', '7 MB') were not converted into one; read as words."
    """
    begun = [cell for cell in cells if _BEGINS.match(cell) and not _CODE.match(cell)]
    if len(begun) < max(LEAST, FITTING * len(cells)):
        return None
    evidence = number_evidence(begun)
    if evidence.numbers >= FITTING * len(begun) and evidence.measures > 1:
        return (
            f"Numbers in several units or currencies ({begun[0]!r}, {begun[1]!r}) were not converted into one; "
            "read as words."
        )
    return f"Cells begin with numbers, such as {begun[0]!r}, but are written in no way that is known; read as words."
