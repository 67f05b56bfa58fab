"""One table column to the numbers a model sees, fitted on some rows and applied to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.facts import ColumnFacts
from advisor.profiling.encoding.arrow import Rows, coded, days_of, numbers
from advisor.statistics.arrays import Floats

MAX_LEVELS = 50
"""Most inputs that one categorical column becomes; rarer levels share the last one. Judgement: more would make one
column outweigh the rest of a usual table."""

RARE_SHARE = 0.002
"""Share of the rows below which a level is merged with others. Judgement: it changes hardly any prediction."""
INDICATE_MISSING = 0.01
"""Share of missing values from which on an input says which they are. Judgement: fewer tell a model nothing."""
FAR = 4.0
"""Standard deviations beyond which values are drawn in; none ends beyond about twice as far. Judgement: values of a
normal column stay within it, so only tails are bent."""
FARTHEST = 2 * FAR
"""By definition of the bend. Standard deviations within which all fitting rows lie: columns that few rows differ in are
scaled down to it."""

HEADROOM = 40
"""Powers of two taken off before sums are formed. Judgement: sums of 2⁴⁰ of the largest floats do not overflow."""

OTHER = "(other)"
TRUE_WORDS = frozenset({"true", "t", "yes", "y", "1", "1.0", "on"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "0", "0.0", "off"})

CYCLES = (("time of year", 365.2425), ("day of week", 7.0), ("time of day", 1.0))
"""By definition of the Gregorian calendar, in days."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Model inputs that came from one column.

    Attributes:
        names: one per input.
        seen: as the model sees them, shape (rows, inputs).
        raw: the same before centring, scaling and clipping.
    """

    names: tuple[str, ...]
    seen: Floats
    raw: Floats


def encode_column(column: pa.ChunkedArray, facts: ColumnFacts, fit: Rows) -> Inputs:
    """Turn a column into model inputs; everything learned from data is learned from the rows ``fit``.

    Args:
        column: the whole column.
        facts: its name and kind; text, identifiers, constant and empty columns give no inputs.
        fit: positions of the rows to learn from, shape (fitting rows,).

    Returns:
        Inputs for all rows, finite; none at all when the fitting rows hold one value only.
    """
    match facts.kind:
        case "numeric" | "integer":
            return _encode_number(facts.name, numbers(column), fit)
        case "boolean":
            return _encode_flags(facts.name, _flags(column), fit)
        case "categorical":
            return _encode_levels(facts.name, column, fit)
        case "date":
            return _encode_date(facts.name, column, fit)
        case _:
            return _no_inputs(len(column))


def join(parts: Sequence[Inputs], rows: int) -> Inputs:
    """Put the inputs of several columns side by side and make their names unique."""
    names: list[str] = []
    taken: set[str] = set()
    for wanted in (name for part in parts for name in part.names):
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted} ({count})"
        taken.add(name)
        names.append(name)
    if len(parts) == 1:
        return Inputs(tuple(names), parts[0].seen, parts[0].raw)
    return Inputs(
        tuple(names),
        _side_by_side([part.seen for part in parts], rows),
        _side_by_side([part.raw for part in parts], rows),
    )


def _side_by_side(parts: Sequence[Floats], rows: int) -> Floats:
    """Return columns next to each other, each in one piece of memory, into which it is copied fastest."""
    return np.concatenate([np.empty((0, rows)), *(part.T for part in parts)]).T


def _encode_number(name: str, values: Floats, fit: Rows) -> Inputs:
    missing = np.isnan(values)
    if missing[fit].all():
        return _no_inputs(len(values))
    small = np.ldexp(values, -HEADROOM)
    filled = np.where(missing, np.median(small[fit][~missing[fit]]), small)
    seen = _standardise(filled, fit)
    value = (
        _no_inputs(len(values)) if seen is None else Inputs((name,), seen[:, None], np.ldexp(filled, HEADROOM)[:, None])
    )
    return join([value, _missing_indicator(name, missing, fit)], len(values))


def _standardise(values: Floats, fit: Rows) -> Floats | None:
    """Centre and scale by the fitting rows, draw in what lies far out; None when those rows hold one value."""
    low, middle, high = np.quantile(values[fit], (0.25, 0.5, 0.75))
    unit = float(8.0 * (high - low) or np.abs(values[fit] - middle).max())
    if not unit > 1e-12 * abs(middle):
        return None
    relative = (np.clip(values, middle - 1e6 * unit, middle + 1e6 * unit) - middle) / unit
    inner = np.clip(relative[fit], -1.0, 1.0)
    mean, std = inner.mean(), inner.std()
    drawn = _drawn_in((relative - mean) / std)
    rest = drawn[fit]
    scaled: Floats = (drawn - rest.mean()) / rest.std()
    # A value that few rows have is far out on any scale of its own; left there, those rows carry most of the loss.
    return scaled * min(1.0, FARTHEST / float(np.abs(scaled[fit]).max()))


def _drawn_in(z: Floats) -> Floats:
    """Leave values within ``FAR`` alone and bend those beyond, smoothly, towards twice ``FAR``."""
    beyond = np.maximum(np.abs(z) - FAR, 0.0)
    bent: Floats = np.where(beyond > 0.0, np.sign(z) * (FAR + FAR * np.tanh(beyond / FAR)), z)
    return bent


def _flags(column: pa.ChunkedArray) -> Floats:
    """Return booleans, or two words, as 0, 1 and NaN where missing."""
    if pa.types.is_boolean(column.type):
        return numbers(column)
    codes, words = coded(column)
    known = {word: 1.0 if word.lower() in TRUE_WORDS else 0.0 for word in words}
    if not all(word.lower() in TRUE_WORDS | FALSE_WORDS for word in words):
        known = {word: float(position > 0) for position, word in enumerate(sorted(words))}
    return np.append([known[word] for word in words], np.nan)[codes].astype(np.float64)


def _encode_flags(name: str, values: Floats, fit: Rows) -> Inputs:
    missing = np.isnan(values)
    present = values[fit][~missing[fit]]
    if not len(present):
        return _no_inputs(len(values))
    filled = np.where(missing, np.round(np.median(present)), values)[:, None]
    varies = np.ptp(filled[fit]) > 0
    value = Inputs((name,), filled, filled) if varies else _no_inputs(len(values))
    return join([value, _missing_indicator(name, missing, fit)], len(values))


def _encode_levels(name: str, column: pa.ChunkedArray, fit: Rows) -> Inputs:
    """One input per frequent level, one for the rare ones together; missing is none of them."""
    codes, words = coded(column)
    if not words:
        return _no_inputs(len(column))
    counts = np.bincount(codes[fit][codes[fit] >= 0], minlength=len(words))
    order = sorted(range(len(words)), key=lambda level: (-counts[level], words[level]))
    frequent = [level for level in order if counts[level] >= max(2.0, RARE_SHARE * len(fit))]
    rest = [level for level in order if level not in set(frequent) and counts[level]]
    if len(frequent) + bool(rest) > MAX_LEVELS:
        frequent, rest = frequent[: MAX_LEVELS - 1], frequent[MAX_LEVELS - 1 :] + rest
    if len(rest) == 1:
        frequent, rest = frequent + rest, []
    frequent.sort(key=lambda level: words[level])
    names = [f"{name}={words[level]}" for level in frequent]
    slot = np.full(len(words) + 1, len(frequent) if rest else -1)
    slot[frequent] = np.arange(len(frequent))
    slot[-1] = -1
    seen = (slot[codes][:, None] == np.arange(len(frequent) + bool(rest))).astype(np.float64)
    if rest:
        names.append(f"{name}={OTHER}")
    missing = _missing_indicator(name, codes < 0, fit)
    if seen.shape[1] == 2 and not missing.names:
        names, seen = names[1:], seen[:, 1:]
    varying = np.ptp(seen[fit], axis=0) > 0
    names, seen = [word for word, keep in zip(names, varying, strict=True) if keep], seen[:, varying]
    return join([Inputs(tuple(names), seen, seen), missing], len(column))


def _encode_date(name: str, column: pa.ChunkedArray, fit: Rows) -> Inputs:
    """Days since 1970, and sine and cosine of the year, the week and the day where they vary."""
    days = days_of(column)
    elapsed = _encode_number(name, days, fit)
    missing = np.isnan(days)
    if missing[fit].all():
        return elapsed
    filled = np.where(missing, np.median(days[fit][~missing[fit]]), days)
    parts = [elapsed]
    for cycle, length in CYCLES:
        angle = 2.0 * np.pi * (filled % length) / length
        waves = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        if np.ptp(angle[fit]) > 1e-6:
            waves[missing] = 0.0
            parts.append(Inputs((f"{name} {cycle} sin", f"{name} {cycle} cos"), waves, waves))
    return join(parts, len(column))


def _missing_indicator(name: str, missing: NDArray[np.bool_], fit: Rows) -> Inputs:
    share = float(missing[fit].mean())
    if not INDICATE_MISSING < share < 1.0:
        return _no_inputs(len(missing))
    flags = missing.astype(np.float64)[:, None]
    return Inputs((f"{name} missing",), flags, flags)


def _no_inputs(rows: int) -> Inputs:
    return Inputs((), np.empty((rows, 0)), np.empty((rows, 0)))
