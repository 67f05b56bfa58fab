"""A verdict that says why, in words."""

from __future__ import annotations

from advisor import results
from advisor.reporting.remarks import paragraph_of, sentence_of


class Verdict(results.Verdict):
    """What short training said about the recommendation, with the evidence."""

    @classmethod
    def of(cls, data: results.Verdict) -> Verdict:
        """Return the same data with the conveniences; nothing is validated again."""
        return cls.model_construct(data.model_fields_set, **dict(data))

    @property
    def reason(self) -> str:
        """Why the status is what it is, in a few sentences."""
        return paragraph_of(self.reasons)

    @property
    def remarks(self) -> tuple[str, ...]:
        """How trials were done and what else is to be known, in sentences."""
        return tuple(map(sentence_of, self.notes))

    def _repr_html_(self) -> str:
        from advisor.reporting.html.tables import verdict_table

        return verdict_table(self)
