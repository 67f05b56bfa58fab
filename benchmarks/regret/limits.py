"""What can be had at all: from facts alone by any learner, and from trainings when seeds differ.

    python -m benchmarks.regret limits        # a minute, no training

For facts: the fitted laws on data sets that they have not seen, and the same with a forest or boosted trees on top,
which see every fact of the sheet: what they cannot add is unlikely to hide from a rule. For trainings: the whole grid
trained with one seed and looked at on the very rows that decide, its best rate judged by the other two seeds. A search
that is scored with the seed it looks at, as TPE in the report, may seem to do better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

from advisor.facts import Facts
from benchmarks.regret.datasets import SPLITS, Split
from benchmarks.regret.fit import FOLDS, GRID, Array, Cell, fitted, rates_of
from benchmarks.regret.landscapes import SEEDS, read, useful_pairs
from benchmarks.regret.laws import CALIBRATIONS, Calibration

NEAR = 0.03
"""Rates whose log excess is within this of the best are as good; their middle is what learners learn."""
FAR = 2.5
"""Residuals in natural log are cut here, so that flat landscapes do not decide for all."""
LEARNERS = {
    "forest": RandomForestRegressor(300, min_samples_leaf=8, max_features=0.3, random_state=0),
    "boosted trees": GradientBoostingRegressor(
        n_estimators=150, max_depth=2, learning_rate=0.05, subsample=0.7, min_samples_leaf=20, random_state=0
    ),
}


def limits() -> Iterator[str]:
    """Yield what laws and learners come to on data sets not seen, then what one seed of a whole grid comes to."""
    for calibration in CALIBRATIONS[:2]:
        found = _unseen(calibration)
        yield f"{calibration.law.name}, data sets not seen: {len(next(iter(found.values())))} landscapes"
        for name, excess in found.items():
            yield f"  {name:22} {_summary(excess)}"
    for split in SPLITS:
        excess = np.array(list(_whole_grid(split)))
        yield f"the whole grid with one seed, judged by the others, {split} split: {len(excess)} choices"
        yield f"  {'best of that seed':22} {_summary(excess)}"


def _unseen(calibration: Calibration) -> dict[str, Array]:
    on, sheets = calibration.cells(), calibration.sheets()
    inputs = _inputs(on, sheets)
    middle = np.array([np.mean(GRID[cell.cost <= cell.cost.min() + NEAR]) for cell in on])
    names = sorted({cell.data for cell in on})
    found = {name: np.empty(len(on)) for name in ("law", *(f"law and {learner}" for learner in LEARNERS))}
    for fold in np.array_split(np.random.default_rng(0).permutation(names), FOLDS):
        held = np.array([cell.data in fold for cell in on])
        seen = [cell for cell, out in zip(on, held, strict=True) if not out]
        law = rates_of(calibration.law, fitted(calibration.law, seen), on)
        left = np.clip(middle - law, -FAR, FAR)
        found["law"][held] = _excess(on, law)[held]
        for name, learner in LEARNERS.items():
            guessed = law + learner.fit(inputs[~held], left[~held]).predict(inputs)
            found[f"law and {name}"][held] = _excess(on, guessed)[held]
    return found


def _excess(on: Sequence[Cell], rates: Array) -> Array:
    return np.expm1([cell.at(rate) for cell, rate in zip(on, rates, strict=True)])


def _inputs(on: Sequence[Cell], sheets: Sequence[Facts]) -> Array:
    """Return every fact and what the law makes of some as columns: words as flags, unknown numbers as the median."""
    flat = [
        {**dict(_flat(sheet.model_dump(mode="json", exclude_none=True))), **cell.features}
        for cell, sheet in zip(on, sheets, strict=True)
    ]
    names = sorted({name for one in flat for name in one})
    columns = np.array([[one.get(name, 0.0 if "=" in name else np.nan) for name in names] for one in flat])
    return np.where(np.isnan(columns), np.nanmedian(columns, axis=0), columns)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _flat(inner, f"{path}.{key}")
        case bool() | int() | float():
            yield path, float(value)
        case str():
            yield f"{path}={value}", 1.0


def _whole_grid(split: Split) -> Iterator[float]:
    for task, pair in useful_pairs(split):
        losses = [row for row in read(task).of(pair).losses if None not in row]
        grid = np.array(losses, dtype=float)
        for seed in range(len(SEEDS) if len(grid) else 0):
            others = np.delete(grid, seed, axis=1).mean(axis=1)
            yield float(others[np.argmin(grid[:, seed])] / others.min() - 1.0)


def _summary(excess: Array) -> str:
    return (
        f"median {np.median(excess):.1%}, p75 {np.quantile(excess, 0.75):.1%}, p90 {np.quantile(excess, 0.9):.0%}, "
        f"within 5 % {np.mean(excess <= 0.05):.0%}, > 50 % worse {np.mean(excess > 0.5):.1%}"
    )
