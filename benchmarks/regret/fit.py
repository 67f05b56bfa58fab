"""Fit the free factors of the rules to the landscapes of the calibration split, shrunk towards published values.

    python -m benchmarks.regret fit       # prints proposals for a person to accept

The learning rate is taken as log-linear in facts. What is minimised is the mean log excess loss, clipped, plus the
squared distance to the published exponents. Beside each fit stands its excess loss on data sets it has not seen (six
folds, split by data set). Landscapes of the report split are not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from advisor.facts import Facts, read
from benchmarks.regret.facts import facts_of
from benchmarks.regret.landscapes import Landscape
from benchmarks.regret.landscapes import read as landscapes_of
from benchmarks.regret.tasks import Pair, tasks

WORST = 0.7
"""A log excess loss beyond this counts as this: a single steep landscape must not decide for all."""
SHRINK = 0.02
FOLDS = 6
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Law:
    """A log-linear law for some optimizers and models.

    Attributes:
        name: shown.
        optimizers: whose landscapes it is fitted to.
        linear: of linear models; else of nets.
        published: feature → the exponent, or log factor, to shrink towards; the constant is free.
        over_smoothness: the rate is taken as a multiple of 1/L.
    """

    name: str
    optimizers: tuple[str, ...]
    linear: bool
    published: Mapping[str, float]
    over_smoothness: bool = False


_ADAM = {"steps": -0.35, "batch": 0.25, "constant": -1.05}
_SGD = {"steps": -0.3, "batch": 0.45, "constant": -0.7}
_NET = {"width": -0.4, "depth": -0.4}
_DATA = {"noise": 0.0, "rows": 0.0}
LAWS = (
    Law("AdamW on nets", ("adam", "adamw"), False, _ADAM | _NET),
    Law("AdamW on nets, with noise and rows", ("adam", "adamw"), False, _ADAM | _NET | _DATA),
    Law("RMSProp on nets", ("rmsprop",), False, _ADAM | _NET),
    Law("SGD on nets", ("sgd",), False, _SGD | _NET | {"width": 0.0}),
    Law("SGD on nets, with noise and rows", ("sgd",), False, _SGD | _NET | {"width": 0.0} | _DATA),
    Law("AdamW on linear models", ("adam", "adamw"), True, {"steps": -0.3, "constant": -1.05}),
    Law("SGD on linear models, over 1/L", ("sgd",), True, {"constant": -0.7}, over_smoothness=True),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One landscape and the features of its task.

    Attributes:
        data: name of the data set.
        features: by name.
        log_rates: natural log of the rate, or of its multiple of 1/L.
        log_excess: natural log of loss over the best; a diverged run counts three times the worst loss.
    """

    data: str
    features: Mapping[str, float]
    log_rates: Array
    log_excess: Array

    def at(self, log_rate: float) -> float:
        """Return the log excess at a log rate."""
        return float(np.interp(log_rate, self.log_rates, self.log_excess))


def cells(law: Law) -> Iterator[Cell]:
    """Yield the calibration landscapes of a law; raw features are left out."""
    for task in tasks():
        if task.split != "calibration" or task.raw:
            continue
        record = landscapes_of(task)
        for pair in record.useful:
            facts = facts_of(task, pair)
            if pair.optimizer in law.optimizers and (facts.model.family in {"linear", "logistic"}) == law.linear:
                landscape = record.of(pair)
                over = _number(facts, "plan.batch_smoothness") if law.over_smoothness else 1.0
                rates = np.log(landscape.rates) + math.log(over)
                yield Cell(task.data, _features(facts, pair), rates, _log_excess(landscape))


def _number(facts: Facts, path: str, otherwise: float = math.nan) -> float:
    found = read(facts, path)
    return otherwise if found is None else float(found)  # type: ignore[arg-type]


def _features(facts: Facts, pair: Pair) -> dict[str, float]:
    return {
        "steps": math.log(_number(facts, "plan.total_steps") / 500),
        "batch": math.log(_number(facts, "plan.effective_batch") / 64),
        "constant": float(pair.schedule == "constant"),
        "width": math.log(_number(facts, "model.width", 64) / 64) if not facts.model.convex else 0.0,
        "depth": math.log(max(_number(facts, "model.depth", 2), 1) / 2),
        "noise": math.log(min(max(_number(facts, "data.noise.level", 0.1), 0.02), 0.7) / 0.1),
        "rows": math.log(_number(facts, "data.rows") / 1000),
    }


def _log_excess(landscape: Landscape) -> Array:
    means = np.array(landscape.means)
    finite = means[np.isfinite(means)]
    return np.log(np.where(np.isfinite(means), means, 3 * finite.max()) / finite.min())


def fitted(law: Law, on: list[Cell]) -> Array:
    """Return the constant and the exponents, in the order of ``law.published``."""
    features = _matrix(law, on)
    published = np.array(list(law.published.values()))

    def cost(factors: Array) -> float:
        excess = [min(cell.at(rate), WORST) for cell, rate in zip(on, features @ factors, strict=True)]
        return float(np.mean(excess) + SHRINK * np.sum((factors[1:] - published) ** 2))

    middles = [float(np.mean(cell.log_rates[cell.log_excess < 0.03])) for cell in on]
    start = np.array([np.mean(middles), *published])
    return np.asarray(minimize(cost, start, method="Powell", options={"xtol": 1e-3, "ftol": 1e-4}).x)


def excess(law: Law, factors: Array, on: list[Cell]) -> Array:
    """Return the excess loss of each landscape at the law's rate."""
    return np.expm1([cell.at(rate) for cell, rate in zip(on, _matrix(law, on) @ factors, strict=True)])


def _matrix(law: Law, on: list[Cell]) -> Array:
    """Return one row per landscape: 1 for the constant, then the law's features."""
    return np.array([[1.0, *(cell.features[name] for name in law.published)] for cell in on])


def fit() -> Iterator[str]:
    """Yield the proposals for every law, line by line."""
    for law in LAWS:
        on = list(cells(law))
        factors = fitted(law, on)
        yield f"{law.name}: {len(on)} landscapes"
        yield f"  {'rate at 500 steps, batch 64, width 64, depth 2':48} {math.exp(factors[0]):8.3g}"
        for (name, published), factor in zip(law.published.items(), factors[1:], strict=True):
            if name == "constant":
                yield f"  {'factor of a constant schedule':48} {math.exp(factor):8.3g} (from {math.exp(published):.3g})"
            else:
                yield f"  {f'exponent of {name}':48} {factor:8.3g} (from {published:.3g})"
        unseen = np.concatenate(list(_unseen(law, on)))
        for label, values in (("in sample", excess(law, factors, on)), ("data sets not seen", unseen)):
            (median, p90), worse = np.quantile(values, [0.5, 0.9]), np.mean(values > 0.5)
            yield f"  {f'excess loss, {label}':48} median {median:.1%}, p90 {p90:.0%}, > 50 % worse {worse:.0%}"


def _unseen(law: Law, on: list[Cell]) -> Iterator[Array]:
    names = np.random.default_rng(0).permutation(sorted({cell.data for cell in on}))
    for fold in np.array_split(names, min(FOLDS, len(names))):
        rest = [cell for cell in on if cell.data not in fold]
        yield excess(law, fitted(law, rest), [cell for cell in on if cell.data in fold])
