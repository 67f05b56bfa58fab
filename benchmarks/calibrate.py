"""Fit the free factors of the rules for small nets and linear models, shrunk towards published values.

    python -m benchmarks.calibrate    # prints proposals for a person to accept, writes results/calibration.json

Nothing is written to ``rules/``. Beside every published number stand the fitted one and its 90 % interval over data
sets drawn with replacement; beside every law its excess loss where it was fitted and on data sets it has not seen. A
sign that differs from the published one is said in a line of its own. The laws are declared in
``benchmarks/regret/laws.py``; results are reported on other data than they are fitted to.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.regret.fit import Array, bootstrapped, excess, fitted, unseen
from benchmarks.regret.laws import CALIBRATIONS, FLAGS, LINEAR, NETS, Calibration, records
from benchmarks.regret.tasks import MAIN

KEPT = Path(__file__).resolve().parent / "results/calibration.json"
DRAWS = 40
INTERVAL = (0.05, 0.95)
MODELS = {
    "nets on tables": NETS,
    "convolution and recurrent nets": frozenset({"cnn", "rnn"}),
    "transformers": frozenset({"transformer", "language_model"}),
    "linear models": LINEAR,
}


def calibrated(calibration: Calibration) -> dict[str, Any]:
    """Fit one law and return its proposal: factors with intervals and flips, excess seen and not seen."""
    law, on = calibration.law, calibration.cells()
    factors = fitted(law, on)
    low, high = np.quantile(bootstrapped(law, on, times=DRAWS), INTERVAL, axis=0)
    constant = {
        "name": f"rate at {law.constant}" if not calibration.over_smoothness else f"multiple of {law.constant}",
        "published": None,
        "fitted": _rounded(math.exp(factors[0])),
        "interval": [_rounded(math.exp(low[0])), _rounded(math.exp(high[0]))],
        "sign_flips": False,
    }
    return {
        "law": law.name,
        "rules": law.rules,
        "cells": len(on),
        "data_sets": len({cell.data for cell in on}),
        "factors": [
            constant,
            *(
                _factor(name, published, *values)
                for (name, published), *values in zip(
                    law.published.items(), factors[1:], low[1:], high[1:], strict=True
                )
            ),
        ],
        "excess_in_sample": _summary(excess(law, factors, on)),
        "excess_unseen": _summary(unseen(law, on)),
    }


def _factor(name: str, published: float, found: float, low: float, high: float) -> dict[str, Any]:
    """Return one exponent, or for a schedule the factor on the rate; both flip when the sign of the log does."""
    shown = math.exp if name in FLAGS else float
    return {
        "name": f"factor of {name}" if name in FLAGS else f"exponent of {name}",
        "published": _rounded(shown(published)),
        "fitted": _rounded(shown(found)),
        "interval": [_rounded(shown(low)), _rounded(shown(high))],
        "sign_flips": bool(published * found < 0),
    }


def _summary(values: Array) -> dict[str, float]:
    return {
        "median": _rounded(float(np.median(values))),
        "p90": _rounded(float(np.quantile(values, 0.9))),
        "over_50": _rounded(float(np.mean(values > 0.5))),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield a proposal in words."""
    yield f"{found['law']}: {found['cells']} landscapes of {found['data_sets']} data sets"
    yield f"  for {', '.join(found['rules'])}"
    for factor in found["factors"]:
        low, high = factor["interval"]
        published = "free" if factor["published"] is None else f"{factor['published']:.3g}"
        yield f"  {factor['name']:42} {factor['fitted']:9.3g}  [{low:.3g}, {high:.3g}]  published {published}"
        if factor["sign_flips"]:
            yield f"  ! the sign of the {factor['name']} flips: ask why before a rule follows it"
    for label in ("in_sample", "unseen"):
        values = found[f"excess_{label}"]
        yield (
            f"  {'excess loss, ' + ('in sample' if label == 'in_sample' else 'data sets not seen'):42} "
            f"median {values['median']:.1%}, p90 {values['p90']:.0%}, > 50 % worse {values['over_50']:.1%}"
        )


def choices() -> list[dict[str, Any]]:
    """Return what each optimizer and schedule costs at its own best rate, over the best of all of them, by model."""
    found = []
    for name, families in MODELS.items():
        for pair in MAIN:
            costs = [record.of(pair).best / record.best - 1.0 for record in records(families)]
            found.append({"models": name, "pair": str(pair), **_summary(np.array(costs))})
    return found


def main() -> None:
    """Fit every law, compare the schedules, print the proposals and keep them."""
    found = []
    for calibration in CALIBRATIONS:
        found.append(calibrated(calibration))
        print("\n".join(lines(found[-1])), flush=True)
    compared = choices()
    for entry in compared:
        print(f"{entry['models']:34} {entry['pair']:16} median {entry['median']:.1%}, p90 {entry['p90']:.1%}")
    kept = {
        "command": "python -m benchmarks.calibrate",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "laws": found,
        "best_of_pair_over_best_of_all": compared,
    }
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(f"written: {KEPT.name}; no rule was changed")


if __name__ == "__main__":
    main()
