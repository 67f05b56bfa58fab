"""One table column to the numbers a model sees, fitted on some rows and applied to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from advisor.facts import ColumnFacts
from advisor.profiling.encoding.arrow import Rows, coded, days_of, numbers
from advisor.statistics.arrays import Floats
from advisor.statistics.robust import median_of_sorted, quantiles_of_sorted

Cells = NDArray[np.float64] | NDArray[np.bool_]
Real = TypeVar("Real", np.float32, np.float64)

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
    """Model inputs that came from one column, or from one side of it.

    Attributes:
        names: one per input.
        seen: as the model sees them, numbers or flags, shape (inputs, rows).
        raw: the same before centring, scaling and clipping.
    """

    names: tuple[str, ...]
    seen: Cells
    raw: Cells


def encode_column(column: pa.ChunkedArray, facts: ColumnFacts, fit: Rows) -> list[Inputs]:
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
            return []


def unique_names(parts: Sequence[Inputs]) -> tuple[str, ...]:
    """Return the names of all inputs, repeated ones numbered."""
    names: list[str] = []
    taken: set[str] = set()
    for wanted in (name for part in parts for name in part.names):
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted} ({count})"
        taken.add(name)
        names.append(name)
    return tuple(names)


def side_by_side(columns: Sequence[Cells], rows: int, dtype: np.dtype[Real]) -> NDArray[Real]:
    """Return columns next to each other, shape (rows, columns), each in one piece of memory.

    Args:
        columns: shape (some, rows) each.
        rows: how many.
        dtype: of the result.
    """
    joined = np.empty((sum(map(len, columns)), rows), dtype)
    start = 0
    for some in columns:
        joined[start : start + len(some)] = some
        start += len(some)
    return joined.T


def _encode_number(name: str, values: Floats, fit: Rows) -> list[Inputs]:
    missing = np.isnan(values)
    small = values * 2.0**-HEADROOM
    present = np.sort(small[fit][~missing[fit]])
    if not len(present):
        return []
    middle = median_of_sorted(present)
    filled = np.where(missing, middle, small)
    gaps = np.full(len(fit) - len(present), middle)
    seen = _standardise(filled, np.insert(present, np.searchsorted(present, middle), gaps), fit)
    value = [] if seen is None else [Inputs((name,), seen[None], (filled * 2.0**HEADROOM)[None])]
    return value + _missing_indicator(name, missing, fit)


def _standardise(values: Floats, fitted: Floats, fit: Rows) -> Floats | None:
    """Centre and scale by the fitting rows, draw in what lies far out; None when those rows hold one value.

    Args:
        values: shape (rows,).
        fitted: those of the fitting rows, sorted.
        fit: positions of the fitting rows.
    """
    low, middle, high = quantiles_of_sorted(fitted, (0.25, 0.5, 0.75))
    unit = float(8.0 * (high - low) or max(fitted[-1] - middle, middle - fitted[0]))
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
    far = np.flatnonzero(np.abs(z) > FAR)
    bent = z.copy()
    bent[far] = np.sign(z[far]) * (FAR + FAR * np.tanh((np.abs(z[far]) - FAR) / FAR))
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


def _encode_flags(name: str, values: Floats, fit: Rows) -> list[Inputs]:
    missing = np.isnan(values)
    present = values[fit][~missing[fit]]
    if not len(present):
        return []
    filled = np.where(missing, np.round(median_of_sorted(np.sort(present))), values)[None]
    value = [Inputs((name,), filled, filled)] if np.ptp(filled[0, fit]) > 0 else []
    return value + _missing_indicator(name, missing, fit)


def _encode_levels(name: str, column: pa.ChunkedArray, fit: Rows) -> list[Inputs]:
    """One input per frequent level, one for the rare ones together; missing is none of them."""
    codes, words = coded(column)
    if not words:
        return []
    counts = np.bincount(codes[fit][codes[fit] >= 0], minlength=len(words)).tolist()
    order = sorted(range(len(words)), key=lambda level: (-counts[level], words[level]))
    least = max(2.0, RARE_SHARE * len(fit))
    frequent = [level for level in order if counts[level] >= least]
    rest = [level for level in order if 0 < counts[level] < least]
    if len(frequent) + bool(rest) > MAX_LEVELS:
        frequent, rest = frequent[: MAX_LEVELS - 1], frequent[MAX_LEVELS - 1 :] + rest
    if len(rest) == 1:
        frequent, rest = frequent + rest, []
    frequent.sort(key=lambda level: words[level])
    names = [f"{name}={words[level]}" for level in frequent]
    slot = np.full(len(words) + 1, len(frequent) if rest else -1)
    slot[frequent] = np.arange(len(frequent))
    slot[-1] = -1
    seen = slot[codes] == np.arange(len(frequent) + bool(rest))[:, None]
    if rest:
        names.append(f"{name}={OTHER}")
    missing = _missing_indicator(name, codes < 0, fit)
    if len(seen) == 2 and not missing:
        names, seen = names[1:], seen[1:]
    fitted = seen[:, fit]
    varying = fitted.any(axis=1) & ~fitted.all(axis=1)
    names, seen = [word for word, keep in zip(names, varying, strict=True) if keep], seen[varying]
    return [Inputs(tuple(names), seen, seen), *missing]


def _encode_date(name: str, column: pa.ChunkedArray, fit: Rows) -> list[Inputs]:
    """Days since 1970, and sine and cosine of the year, the week and the day where they vary."""
    days = days_of(column)
    parts = _encode_number(name, days, fit)
    missing = np.isnan(days)
    if missing[fit].all():
        return parts
    filled = np.where(missing, median_of_sorted(np.sort(days[fit][~missing[fit]])), days)
    for cycle, length in CYCLES:
        angle = 2.0 * np.pi * (filled % length) / length
        if np.ptp(angle[fit]) > 1e-6:
            waves = np.stack([np.sin(angle), np.cos(angle)])
            waves[:, missing] = 0.0
            parts.append(Inputs((f"{name} {cycle} sin", f"{name} {cycle} cos"), waves, waves))
    return parts


def _missing_indicator(name: str, missing: NDArray[np.bool_], fit: Rows) -> list[Inputs]:
    if not INDICATE_MISSING < float(missing[fit].mean()) < 1.0:
        return []
    return [Inputs((f"{name} missing",), missing[None], missing[None])]
