"""One fact, as it is and as it would be."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from advisor.facts.derived import Value
from advisor.knowledge.prose import value_in_words


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact, as it is and as it would have to be; None is unknown."""

    fact: str
    now: Value
    to: Value

    def __str__(self) -> str:
        return f"{self.fact}: {_in_words(self.now)} -> {_in_words(self.to)}"

    @property
    def option(self) -> str:
        """The change as a command line takes it, to the last digit."""
        return f"--set {shlex.quote(f'{self.fact}={as_typed(self.to)}')}"


def as_typed(value: Value) -> str:
    """Return a value as ``--set`` reads it.

    >>> as_typed(True), as_typed(None), as_typed(0.1)
    ('true', 'unknown', '0.1')
    """
    return "unknown" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _in_words(value: Value) -> str:
    return "unknown" if value is None else value_in_words(value)
