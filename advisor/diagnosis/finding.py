"""What a detector returns: whether a symptom is there, where, and the numbers that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from advisor.results.findings import FindingCode

Numbers = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one detector found.

    Attributes:
        present: None when the log is too short or lacks a column to tell.
        start, end: shares of the run between which it shows.
        code: what shows it, or why nothing can be said; None when it is not present.
        numbers: the values that belong to the code, by name.
        column: the column that shows it, where it is not the loss.
    """

    present: bool | None
    start: float = 0.0
    end: float = 1.0
    code: FindingCode | None = None
    numbers: Numbers = ()
    column: str = ""


ABSENT: Final = Finding(False)


def present(code: FindingCode, start: float = 0.0, end: float = 1.0, *, column: str = "", **numbers: float) -> Finding:
    """Return the finding that a symptom shows between two shares of the run."""
    return Finding(True, start, end, code, tuple(numbers.items()), column)


def cannot_tell(code: FindingCode, **numbers: float) -> Finding:
    """Return the finding of a detector that cannot tell, with the reason."""
    return Finding(None, code=code, numbers=tuple(numbers.items()))


def too_short(least: int) -> Finding:
    """Return the finding of a detector that needs a longer log, with the points it needs."""
    return cannot_tell("too_few_points", least=least)
