"""From a trace to a changed recipe: what the rules that look at a log would do differently."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from advisor.results import Change, Choice, Contribution, Interval, RunRecipe
from advisor.results.trace import Scalar

_REMEDY_DIRECTION: Final[dict[str, Literal["up", "down"]]] = {
    "warmup_fraction": "up",
    "weight_decay": "up",
    "clip_norm": "down",
    "beta2": "down",
    "epochs": "down",
}
"""Direction in which a change helps: a clip norm of 1 is no remedy for a run that clipped at 0.1."""


def rate_change(contributions: Sequence[Contribution], recipe: RunRecipe) -> Change | None:
    """Return the change of the learning rate: the product of the factors; None without any.

    Args:
        contributions: the factors of rules that look at the log.
        recipe: what the run trained with.
    """
    scales = [item for item in contributions if item.kind == "scale"]
    factor = math.prod(item.value for item in scales)
    if not scales or factor == 1.0:
        return None
    # The 90 % ranges are independent log-normals, as in inference: their squared half-widths add up.
    halves = [math.log(item.range.ratio) / 2.0 for item in scales if item.range is not None]
    half = math.exp(math.hypot(*halves))
    before = recipe.learning_rate
    return Change(
        setting="learning_rate",
        before=before,
        after=None if before is None else before * factor,
        factor=factor,
        interval=Interval(lower=factor / half, upper=factor * half),
        rules=tuple(item.rule for item in scales),
    )


def setting_changes(choices: Iterable[Choice], recipe: RunRecipe) -> tuple[Change, ...]:
    """Return the other settings that differ from what the run had; what it had already is no change."""
    found = []
    for choice in choices:
        before: Scalar | None = getattr(recipe, choice.setting, None)
        after = choice.value
        if choice.setting == "epochs" and isinstance(after, float):
            after = math.ceil(after)  # nobody plans 7.3 epochs
        if choice.rule is not None and _is_remedy(choice.setting, before, after):
            found.append(Change(setting=choice.setting, before=before, after=after, rules=(choice.rule,)))
    return tuple(found)


def _is_remedy(setting: str, before: Scalar | None, after: Scalar) -> bool:
    direction = _REMEDY_DIRECTION.get(setting)
    if before is None or direction is None or isinstance(before, str) or isinstance(after, str):
        return before != after
    return after > before if direction == "up" else after < before
