"""A tuning plan that prints as the five steps in words."""

from __future__ import annotations

from advisor import results
from advisor.api.recommendation import Recommendation


class TuningPlan(results.TuningPlan):
    """The five steps of tuning by hand: range test, base training, schedule, batch, regularisation."""

    recommendation: Recommendation

    @classmethod
    def of(cls, data: results.TuningPlan) -> TuningPlan:
        """Return the same data with the conveniences; nothing is validated again."""
        changed = {"recommendation": Recommendation.of(data.recommendation)}
        return cls.model_construct(data.model_fields_set, **{**dict(data), **changed})

    def __str__(self) -> str:
        from advisor.reporting.text.tuning import tuning_in_words

        return tuning_in_words(self)
