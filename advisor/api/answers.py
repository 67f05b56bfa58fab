"""Answers to questions about the rules, which print as text, with recommendations that can be built and explained."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

from advisor import results
from advisor.api.recommendation import Recommendation
from advisor.reporting.text.questions import question_in_words, what_if_in_words, why_not_in_words


@dataclass(frozen=True, slots=True, repr=False)
class WhyNot(results.WhyNot):
    """Why a rule did not fire, and what would make it."""

    @classmethod
    def of(cls, data: results.WhyNot) -> Self:
        """Return the same answer, which prints as text."""
        return cls(**_values(data))

    def __str__(self) -> str:
        return why_not_in_words(self)


@dataclass(frozen=True, slots=True, repr=False)
class WhatIf(results.WhatIf):
    """A recommendation before and after a change of facts, and the rules that make the difference."""

    before: Recommendation
    after: Recommendation
    advised: Recommendation | None = None

    @classmethod
    def of(cls, data: results.WhatIf) -> Self:
        """Return the same comparison with the conveniences of its recommendations."""
        before, after = Recommendation.of(data.before), Recommendation.of(data.after)
        advised = Recommendation.of(data.advised) if data.advised else None
        return cls(**{**_values(data), "before": before, "after": after, "advised": advised})

    def __str__(self) -> str:
        return what_if_in_words(self)


@dataclass(frozen=True, slots=True, repr=False)
class Question(results.Question):
    """An unknown fact that would change the recommendation."""

    @classmethod
    def of(cls, data: results.Question) -> Self:
        """Return the same question, which prints as text."""
        return cls(**_values(data))

    def __str__(self) -> str:
        return question_in_words(self)


def _values(data: Any) -> dict[str, Any]:
    return {field.name: getattr(data, field.name) for field in fields(data)}
