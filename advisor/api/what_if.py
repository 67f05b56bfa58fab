"""A comparison before and after a change of facts, whose two recommendations can be built and explained."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from advisor import results
from advisor.api.recommendation import Recommendation


@dataclass(frozen=True, slots=True)
class WhatIf(results.WhatIf):
    """A recommendation before and after a change of facts, and the rules that make the difference."""

    before: Recommendation
    after: Recommendation

    @classmethod
    def of(cls, data: results.WhatIf) -> Self:
        """Return the same comparison with the conveniences of its recommendations."""
        values = {field.name: getattr(data, field.name) for field in fields(data)}
        before, after = Recommendation.of(data.before), Recommendation.of(data.after)
        return cls(**{**values, "before": before, "after": after})
