"""What changed in what a rule does: within its old range, or out of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from advisor.knowledge.effects import Advise, Law, Limit, Power, Warn
from advisor.knowledge.prose import effect_in_words
from advisor.knowledge.strata import slot_of
from advisor.statistics.normal import Z_90

Bump = Literal["none", "patch", "minor", "major"]
_SHAPE: Final = ("strength", "fixed", "like", "choose")
"""Fields that decide which effect wins; a change of them changes answers anywhere."""


def effect_changes(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[str, Bump]]:
    """Yield every change of effects in words, with its weight."""
    if [_kind(effect) for effect in old] != [_kind(effect) for effect in new]:
        said = "; ".join(effect_in_words(effect) for effect in old)
        yield f"effects changed: {said}, now {'; '.join(effect_in_words(effect) for effect in new)}", "major"
        return
    for one, two in zip(old, new, strict=True):
        if one != two:
            before, after = effect_in_words(one), effect_in_words(two)
            yield (f"{before}, now {after}" if before != after else f"{before}: fields changed"), _weight(one, two)


def _kind(effect: Any) -> str:
    return type(effect).__name__ if slot_of(effect) == "words" else slot_of(effect)


def _weight(one: Any, two: Any) -> Bump:
    match one:
        case Advise():
            return "patch"
        case Warn():
            return "patch" if one.severity == two.severity else "minor"
        case Limit():  # a bound has no range of its own
            return "major"
        case _:
            pass
    if any(getattr(one, name, None) != getattr(two, name, None) for name in _SHAPE):
        return "major"
    before, after = getattr(one, "amount", None), getattr(two, "amount", None)
    if before is None or after is None:  # a choice of a name or flag
        return "major"
    return "minor" if before == after or _within(one, before, after) else "major"


def _within(old: Any, before: float | Law, after: float | Law) -> bool:
    """Return whether the new amount lies in the old 90 % range; of laws only the factor may move."""
    if isinstance(before, Law) and isinstance(after, Law):
        if _exponents(before) != _exponents(after) or before.clamp != after.clamp:
            return False
        moved = math.log(_factor(after) / _factor(before))
    elif isinstance(before, Law) or isinstance(after, Law):
        return False
    else:
        stated = getattr(old, "range", None)
        if stated is not None:
            return bool(stated[0] <= after <= stated[1])
        moved = math.log(after / before)
    sigma = old.sigma(1.0) if hasattr(old, "sigma") else 0.0  # a choice has no range
    return abs(moved) <= Z_90 * sigma + 1e-12


def _exponents(law: Law) -> dict[str, tuple[float, float | None]]:
    """Return each fact's exponent, and the value that stands for it while it is unknown."""
    return {
        fact: (power.exponent, power.typical) if isinstance(power, Power) else (power, None)
        for fact, power in law.powers.items()
    }


def _factor(law: Law) -> float:
    """Return the law's value where every fact is 1: its factor with the references multiplied out."""
    references = [(power.reference, power.exponent) for power in law.powers.values() if isinstance(power, Power)]
    return law.times * math.prod(reference**-exponent for reference, exponent in references)
