"""What a detector returns: whether a symptom is there, where, and how one can see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sign:
    """One detector's finding.

    Attributes:
        present: None when the log is too short or lacks a column to tell.
        start, end: shares of the run between which it shows.
        says: what can be seen, in numbers; why nothing can be told, when it cannot; empty when it is not present.
    """

    present: bool | None
    start: float = 0.0
    end: float = 1.0
    says: str = ""


ABSENT: Final = Sign(False)


def untold(why: str) -> Sign:
    """Return the finding of a detector that cannot tell, with the reason."""
    return Sign(None, says=why)


def too_short(least: int) -> Sign:
    """Return the finding of a detector that needs a longer log."""
    return untold(f"fewer than {least} points were logged")
