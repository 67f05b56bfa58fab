"""Which columns of a log are its losses, learning rate and gradient norm, and what else could have been meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from advisor.diagnosis.columns import (
    CROSS_ENTROPY,
    GENERATOR,
    LOSS,
    TRAIN,
    Role,
    bare_role,
    error_role,
    is_adversarial,
    is_held_out_cross_entropy,
    listed,
    loss_part,
    role_of,
    words_of,
)
from advisor.diagnosis.history import Array, ColumnChoice, RateGroup, Series
from advisor.errors import DataError, did_you_mean

LossRole = Literal["loss", "validation_loss"]
_TERMS: Final = frozenset({"policy", "value", "actor", "critic", "d", "g", "disc", "gen", "discriminator", "generator"})
"""Parts that work against each other or mean different things: their sum is no loss."""

_PERPLEXITY: Final = frozenset({"perplexity", "ppl"})

HIGHEST_SCORE: Final = 100.0
"""By definition of a percentage."""

LEAST_PERCENTAGE: Final = 10.0
"""Judgement: the best of a run's scores in per cent is higher; losses that are higher are rare."""

SUMMARY: Final = 2
"""Points of a loss up to which it sums up a run. Judgement: one for each of training and test."""

LEAST_PARTS: Final = 5
"""Points of another loss from which on that is the one of the run. Judgement: fewer have no shape."""

SAME_RATE: Final = 0.01
"""Relative difference up to which two rates are the same. Judgement: logs round."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A series with the choice that led to it."""

    series: Series
    choice: ColumnChoice


def choose_loss(series: Sequence[Series], role: LossRole, wanted: str | None, source: str) -> Selection | None:
    """Return the loss of a role: the one asked for, else the plain one, a sum of parts, or an error measure.

    Raises:
        DataError: the name asked for is not in the log.
    """
    if wanted is not None:
        return Selection(_named(series, wanted, source), ColumnChoice(role, (wanted,)))
    logged = _without_prices([item for item in series if len(item) and not _counts(item)], role)
    plain = [item for item in logged if role_of(item.name) == role]
    if role == "validation_loss":
        plain = _measured_once(plain, [item for item in logged if role_of(item.name) == "loss"])
    parts = [item for item in logged if _part_of(item, role)]
    if max(map(len, plain), default=0) <= SUMMARY < LEAST_PARTS <= max(map(len, parts), default=0):
        plain = []  # the mean over the run, printed behind it
    if plain:
        # Frameworks log losses per step besides their means over epochs, and a total besides its parts.
        most = max(map(len, plain))
        best = max(plain, key=lambda item: _wholeness(item, most))
        return _selected(role, [best], [*plain, *parts])
    if parts:
        longest = [item for item in parts if len(item) == max(map(len, parts))]
        return _selected(role, _addends(longest, role, logged), parts)
    errors = [item for item in logged if error_role(item.name) == role]
    if errors and not any(role_of(item.name) in {"loss", "validation_loss"} for item in logged):
        # A perplexity is the exponential of a loss: its early values hide what comes later.
        # Of as many points, the one that says its data: MXNet prints means of batches without it.
        best = max(errors, key=_plainness)
        return _selected(role, [best], errors)
    tested = [item for item in logged if role == "validation_loss" and is_held_out_cross_entropy(item.name)]
    if tested:
        return _selected(role, [max(tested, key=len)], tested)
    bare = _bare(logged, role)
    if bare:
        return _selected(role, bare[:1], bare)
    adversaries = [item for item in logged if role == "loss" and is_adversarial(item.name)]
    generators = [item for item in adversaries if GENERATOR & set(words_of(item.name))]
    return _selected(role, generators[:1], adversaries) if generators else None


def _counts(item: Series) -> bool:
    """Return whether values are whole numbers that rise by the same amount each time, which no loss does."""
    if len(item) < 3 or not np.isfinite(item.values).all():
        return False
    rises = np.diff(item.values)
    return bool(rises[0] > 0 and (rises == rises[0]).all() and (item.values % 1 == 0).all())


def _without_prices(logged: Sequence[Series], role: LossRole) -> list[Series]:
    """Return series without costs where a cross-entropy was logged as often: GluonCV's ``Training cost`` is a time."""
    costs = [item for item in logged if role_of(item.name) == role and LOSS & set(words_of(item.name)) == {"cost"}]
    entropies = [item for item in logged if error_role(item.name) == role and CROSS_ENTROPY & set(words_of(item.name))]
    less = max(map(len, costs), default=0) <= max(map(len, entropies), default=-1)
    return [item for item in logged if not (less and item in costs)]


def _measured_once(held_out: Sequence[Series], training: Sequence[Series]) -> list[Series]:
    """Return held-out losses without those of the batches of a sweep, where others have one value for each sweep.

    A sweep is what lies between two values of the training.
    """
    places = max((item.at for item in training), key=len, default=None)
    if places is None or len(held_out) < 2:
        return list(held_out)
    once = [item for item in held_out if _sweeps(item, places) == len(item)]
    most = max((len(item) for item in once), default=0)
    return [item for item in held_out if item in once or _sweeps(item, places) > max(most, len(item) / 2)]


def _sweeps(item: Series, places: Array) -> int:
    return len(np.unique(np.searchsorted(places, item.at, side="left")))


def _wholeness(item: Series, most: int) -> tuple[bool, bool, int, bool, bool, int]:
    words = words_of(item.name)
    # A total of a few points is the sum over an epoch, as Joey NMT prints it. Validation before test data, which nobody
    # should decide by; of as many points, means over epochs.
    total = "total" in words and 2 * len(item) >= most
    return total, "test" not in words, len(item), "epoch" in words, bool(TRAIN & set(words)), -len(words)


def _plainness(item: Series) -> tuple[bool, int, bool]:
    words = set(words_of(item.name))
    return not _PERPLEXITY & words, len(item), bool(TRAIN & words)


def _bare(logged: Sequence[Series], role: LossRole) -> list[Series]:
    """Return series named by their data alone, ``train`` and ``val``, where they can only be losses.

    Beside a loss, a ``train`` is something else, and so is the ``val`` with it; values from 0 to 1 or to 100 that rise
    are accuracies.
    """
    named = {item.name: bare_role(item.name) for item in logged}
    losses = any(role_of(item.name) == "loss" or _part_of(item, "loss") for item in logged)
    if losses and (role == "loss" or "loss" in named.values()):
        return []
    found = [item for item in logged if named[item.name] is not None and len(item.finite)]
    if any(_is_score(item.finite) or _is_constant(item.finite) for item in found):
        return []
    return sorted((item for item in found if named[item.name] == role), key=lambda item: "test" in words_of(item.name))


def _is_constant(item: Series) -> bool:
    """Return whether a number is the same in every line, as a version or a size is."""
    return len(item) > 1 and bool((item.values == item.values[0]).all())


def _is_score(item: Series) -> bool:
    """Return whether values are shares or percentages that end above where they began."""
    third = max(len(item) // 3, 1)
    highest = float(item.values.max())
    bounded = bool((item.values >= 0).all()) and (highest <= 1.0 or LEAST_PERCENTAGE <= highest <= HIGHEST_SCORE)
    return bounded and bool(np.median(item.values[-third:]) > np.median(item.values[:third]))


def choose(
    series: Sequence[Series], role: Literal["gradient_norm"], wanted: str | None, source: str
) -> Selection | None:
    """Return the gradient norm: the one asked for by name, else the recognised one with the most points.

    Raises:
        DataError: the name asked for is not in the log; the message names what is.
    """
    if wanted is not None:
        return Selection(_named(series, wanted, source), ColumnChoice(role, (wanted,)))
    found = _of_role(series, role)
    if not found:
        return None
    # Lightning logs one gradient norm per weight besides their total.
    return _selected(role, [max(found, key=lambda item: ("total" in words_of(item.name), len(item)))], found)


def choose_rate(
    series: Sequence[Series], wanted: str | None, source: str
) -> tuple[Selection | None, tuple[RateGroup, ...]]:
    """Return the learning rate, and the groups where several parameter groups were logged.

    Of several groups the one with the highest peak is followed; groups that fall to their rate while others rise to it
    (warm-up of biases) are not.

    Raises:
        DataError: the name asked for is not in the log.
    """
    if wanted is not None:
        return Selection(_named(series, wanted, source), ColumnChoice("learning_rate", (wanted,))), ()
    found = [item for item in _of_role(series, "learning_rate") if len(item.finite)]
    if not found:
        return None, ()
    rising = [item for item in found if item.finite.values[0] < 0.9 * item.finite.values.max()]
    groups = tuple(_group(item, rising) for item in found) if len(found) > 1 else ()
    falling = {group.name for group in groups if group.falls_first}
    candidates = [item for item in found if item.name not in falling] or found
    best = max(candidates, key=lambda item: (float(item.finite.values.max()), len(item)))
    return _selected("learning_rate", [best], found), groups


def distinct(groups: Sequence[RateGroup]) -> tuple[RateGroup, ...]:
    """Return one group for each different peak."""
    found: list[RateGroup] = []
    for group in groups:
        if not any(abs(group.peak - other.peak) <= SAME_RATE * other.peak for other in found):
            found.append(group)
    return tuple(found)


def _group(item: Series, rising: Sequence[Series]) -> RateGroup:
    values = item.finite.values
    peak = float(values.max())
    for other in rising:
        others = other.finite.values
        if other is item or len(others) != len(values) or values[0] != peak or peak <= 1.1 * others.max():
            continue
        apart = np.flatnonzero(np.abs(values - others) > SAME_RATE * others)
        if apart[-1] < len(values) / 2:
            return RateGroup(item.name, float(values[apart[-1] + 1 :].max()), falls_first=True)
    return RateGroup(item.name, peak)


def _of_role(series: Sequence[Series], role: Role) -> list[Series]:
    return [item for item in series if len(item) and role_of(item.name) == role]


def _named(series: Sequence[Series], wanted: str, source: str) -> Series:
    for item in series:
        if item.name == wanted:
            return item
    names = [item.name for item in series]
    raise DataError(
        f"{source}: there is no column {wanted!r}{did_you_mean(wanted, names)} (columns found: {listed(names)})"
    )


def _part_of(item: Series, role: LossRole) -> str:
    """Return which part of a loss a series is; empty for none, or for the whole loss."""
    part = loss_part(item.name)
    return part[1] if part is not None and part[0] == role else ""


def _addends(parts: Sequence[Series], role: LossRole, logged: Sequence[Series]) -> list[Series]:
    """Return the parts to add up: all of a training loss; of held-out losses, those that training has as well.

    Of losses that work against each other, the generator's is taken. Held-out losses with names of their own come from
    several validation sets; the first of them is judged.
    """
    names = {_part_of(item, role) for item in parts}
    if any(_TERMS & set(name.split("_")) for name in names):
        return [next((item for item in parts if GENERATOR & set(words_of(item.name))), parts[0])]
    if role == "loss":
        return list(parts)
    trained = {_part_of(item, "loss") for item in logged} - {""}
    return [item for item in parts if _part_of(item, role) in trained] or [parts[0]]


def _selected(role: Role, chosen: Sequence[Series], candidates: Sequence[Series]) -> Selection:
    names = tuple(item.name for item in chosen)
    others = tuple(item.name for item in candidates if item.name not in names)
    choice = ColumnChoice(role, names, others)  # type: ignore[arg-type]  # never called for positions
    if len(chosen) == 1:
        return Selection(chosen[0], choice)
    whole = Series(" + ".join(names), chosen[0].at, np.sum([item.values for item in chosen], axis=0))
    return Selection(whole, choice)
