"""Held-out losses over learning rates, lengths and seeds, kept one file per job; ``measuring`` makes them."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator

from benchmarks.jobs.job import BenchmarkJob, Pair
from benchmarks.jobs.training import FULL_SHARES, SHORT_SHARES

FOLDER = Path(__file__).with_name("landscapes")
SEEDS = (0, 1)
LENGTHS = (1.0, 1 / 8, 1 / 4, 1 / 2)
"""Shares of the full run that sweeps have, the schedule drawn over each."""
CEILING = 3.0
"""Losses count at most as this multiple of an untrained model's, diverged ones too, where rates are interpolated."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Trainings of one length and seed, at consecutive rates of a landscape.

    Attributes:
        length: share of the full run.
        seed: of weights and batches.
        curves: per rate, the held-out loss at every share of the run that is judged; None: not finite.
        first: place of the lowest of these rates among the landscape's.
    """

    length: float
    seed: int
    curves: tuple[tuple[float | None, ...], ...]
    first: int = 0

    def curve(self, place: int) -> tuple[float | None, ...] | None:
        """Return the curve at a place among the landscape's rates; None: not trained."""
        return self.curves[place - self.first] if 0 <= place - self.first < len(self.curves) else None


@dataclass(frozen=True)
class Landscape:
    """What was measured of one optimizer and schedule.

    Attributes:
        pair: optimizer and schedule with their settings.
        rates: ascending.
        sweeps: at most one per length and seed.
        ceiling: what no loss counts above where rates are interpolated.
    """

    pair: Pair
    rates: tuple[float, ...]
    sweeps: tuple[Sweep, ...]
    ceiling: float

    def sweep(self, length: float, seed: int) -> Sweep | None:
        """Return the sweep of a length and seed; None: not measured."""
        found = (one for one in self.sweeps if math.isclose(one.length, length) and one.seed == seed)
        return next(found, None)

    @property
    def is_complete(self) -> bool:
        """Whether every length and seed is measured."""
        return all(self.sweep(length, seed) is not None for length in LENGTHS for seed in SEEDS)

    @cached_property
    def means(self) -> tuple[float, ...]:
        """Final losses of full runs, one per rate: means over the seeds there are, infinite where one is not finite."""
        full = [one for one in self.sweeps if one.length == 1.0]
        found = []
        for place in range(len(self.rates)):
            ends = [curve[-1] for one in full if (curve := one.curve(place)) is not None]
            finite = [end for end in ends if end is not None]
            found.append(sum(finite) / len(finite) if finite and len(finite) == len(ends) else math.inf)
        return tuple(found)

    @property
    def best(self) -> float:
        """The smallest mean loss on the grid."""
        return min(self.means)

    @property
    def best_rate(self) -> float:
        """The rate of the smallest mean loss."""
        return self.rates[int(np.argmin(self.means))]

    @cached_property
    def _mean_curve(self) -> PchipInterpolator:
        return _curve(self.rates, self.means, self.ceiling)

    def excess(self, rate: float) -> float:
        """Return the mean loss of full runs at a rate over the best of the grid, minus 1.

        Between rates the loss is interpolated in logs by a monotone cubic, which is never below its neighbours; beyond
        the grid it is that of the nearest rate below, and counts as diverged above.
        """
        if rate > self.rates[-1] * 1.5:
            return self.ceiling / self.best - 1.0
        inside = min(max(rate, self.rates[0]), self.rates[-1])
        return math.exp(float(self._mean_curve(math.log(inside)))) / self.best - 1.0

    def band(self, tolerance: float = 0.01) -> tuple[float, float]:
        """Return the lowest and highest rate within ``tolerance`` of the best, half a grid step added on each side."""
        near = [rate for rate, mean in zip(self.rates, self.means, strict=True) if mean <= self.best * (1 + tolerance)]
        half = (self.rates[1] / self.rates[0]) ** 0.5
        return near[0] / half, near[-1] * half


def _curve(rates: Sequence[float], losses: Sequence[float | None], ceiling: float) -> PchipInterpolator:
    values = [ceiling if loss is None else min(loss, ceiling) for loss in losses]
    return PchipInterpolator(np.log(rates), np.log(values))


@lru_cache(maxsize=4096)
def interpolation(
    landscape_rates: tuple[float, ...], losses: tuple[float | None, ...], ceiling: float
) -> PchipInterpolator:
    """Return log loss over log rate, through the losses of a sweep."""
    return _curve(landscape_rates, losses, ceiling)


@dataclass(frozen=True, slots=True)
class Record:
    """Everything kept about a job.

    Attributes:
        job: its name.
        kind: in words.
        split: calibration or report.
        steps: optimizer steps of the full run.
        constant_loss: of the best constant prediction; None: there is none.
        untrained: held-out losses of fresh models, one per seed.
        step_seconds: processor time of one optimizer step on one thread, the median of the first sweep.
        evaluation_seconds: processor time of judging once.
        landscapes: one per pair that was begun.
        default: final held-out losses of Adam 1e-3 with a constant rate, one per seed; None: not finite.
    """

    job: str
    kind: str
    split: str
    steps: int
    constant_loss: float | None
    untrained: tuple[float, ...]
    step_seconds: float
    evaluation_seconds: float
    landscapes: tuple[Landscape, ...] = ()
    default: tuple[float | None, ...] = ()

    def of(self, pair: Pair) -> Landscape | None:
        """Return the landscape of a pair; None: not begun."""
        return next((one for one in self.landscapes if one.pair == pair), None)

    @property
    def default_loss(self) -> float | None:
        """The mean loss of Adam 1e-3, infinite where it diverged; None: not measured."""
        if not self.default:
            return None
        finite = [loss for loss in self.default if loss is not None]
        return sum(finite) / len(finite) if len(finite) == len(self.default) else math.inf

    def training_rate(self, pair: Pair) -> float:
        """Return a rate at which a training surely runs to its end: the best of a pair, to measure its time."""
        landscape = self.of(pair)
        return 1e-3 if landscape is None else landscape.best_rate

    @property
    def ceiling(self) -> float:
        """The loss that none counts above."""
        return CEILING * max(*self.untrained, self.constant_loss or 0.0)

    @property
    def training_seconds(self) -> float:
        """Processor time of one full training, judged once at its end."""
        return self.steps * self.step_seconds + self.evaluation_seconds


def path_of(name: str) -> Path:
    """Return the file of a job."""
    return FOLDER / f"{name}.json"


def write(record: Record, job: BenchmarkJob) -> None:
    """Keep a record, with the command and versions that made it."""
    kept = {
        "job": record.job,
        "kind": record.kind,
        "split": record.split,
        "command": f"python -m benchmarks.jobs landscapes {record.job}",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "epochs": job.epochs,
        "batch_size": job.batch_size,
        "clip_norm": job.clip_norm,
        "steps": record.steps,
        "constant_loss": record.constant_loss,
        "untrained": record.untrained,
        "step_seconds": record.step_seconds,
        "evaluation_seconds": record.evaluation_seconds,
        "default": record.default,
        "full_shares": [short(share) for share in FULL_SHARES],
        "short_shares": [short(share) for share in SHORT_SHARES],
        "landscapes": [
            {
                "optimizer": one.pair.optimizer,
                "schedule": one.pair.schedule,
                "momentum": one.pair.momentum,
                "weight_decay": one.pair.weight_decay,
                "warmup_fraction": one.pair.warmup_fraction,
                "rates": one.rates,
                "sweeps": [
                    {"length": sweep.length, "seed": sweep.seed, "first": sweep.first, "curves": sweep.curves}
                    for sweep in one.sweeps
                ],
            }
            for one in record.landscapes
        ],
    }
    FOLDER.mkdir(exist_ok=True)
    text = (
        json.dumps(kept, separators=(",", ":"))
        .replace('{"length"', '\n{"length"')
        .replace('{"optimizer"', '\n{"optimizer"')
    )
    fresh = path_of(record.job).with_suffix(".part")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(path_of(record.job))


def read(name: str) -> Record | None:
    """Return the kept record of a job; None: nothing is measured yet."""
    path = path_of(name)
    return _read(name, path.stat().st_mtime_ns) if path.exists() else None


@lru_cache(maxsize=64)
def _read(name: str, _changed: int) -> Record:
    kept = json.loads(path_of(name).read_text(encoding="utf-8"))
    record = Record(
        kept["job"],
        kept["kind"],
        kept["split"],
        kept["steps"],
        kept["constant_loss"],
        tuple(kept["untrained"]),
        kept["step_seconds"],
        kept["evaluation_seconds"],
        default=tuple(kept.get("default", ())),
    )
    return replace(record, landscapes=tuple(_landscape(entry, record.ceiling) for entry in kept["landscapes"]))


def _landscape(entry: dict[str, Any], ceiling: float) -> Landscape:
    pair = Pair(
        entry["optimizer"],
        entry["schedule"],
        momentum=entry["momentum"],
        weight_decay=entry["weight_decay"],
        warmup_fraction=entry["warmup_fraction"],
    )
    sweeps = tuple(
        Sweep(one["length"], one["seed"], tuple(map(tuple, one["curves"])), one.get("first", 0))
        for one in entry["sweeps"]
    )
    return Landscape(pair, tuple(entry["rates"]), sweeps, ceiling)


def short(value: float) -> float:
    """Return a number with the five digits that are kept."""
    return float(f"{value:.5g}")
