"""How far the noise estimate is from the truth, on seeded tables of known noise.

    python benchmarks/noise.py                 # the whole grid, written to benchmarks/results/noise.json
    python benchmarks/noise.py --quick         # a tenth of it, printed only

Every table is drawn from a generator at a number of rows, a noise level and a seed. For regression the truth is the
share of the target's variance that was added as noise; for classes, the share of labels moved to another class at
random, whatever the classes' own overlap.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_blobs, make_classification, make_friedman1, make_friedman2, make_moons

from advisor.errors import MeasurementError
from advisor.facts.names import Task
from advisor.profiling.noise.estimate import estimate_noise

Floats = NDArray[np.float64]
RESULTS = Path(__file__).parent / "results" / "noise.json"
ROWS = (500, 1_000, 2_000, 5_000, 20_000)
UNEXPLAINED = (0.0, 0.1, 0.3, 0.6, 0.9, 1.0)
FLIPS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)
FIRST_SEED = 10_000
"""The estimator's constants were fitted on smaller seeds (and other settings of the generators)."""

BAR = {"regression": 0.10, "classes": 0.07}


@dataclass(frozen=True)
class Case:
    """One table and what was estimated from it; ``seconds`` are of one core."""

    kind: str
    generator: str
    rows: int
    features: int
    noise: float
    seed: int
    truth: float
    estimate: float
    lower: float
    upper: float
    seconds: float


Table = tuple[Floats, Floats]
Labelled = tuple[Floats, NDArray[np.int64]]


def gaussian(rows: int, features: int, seed: int) -> Floats:
    return np.random.default_rng([seed, 1]).normal(size=(rows, features))


def linear(rows: int, seed: int, features: int) -> Table:
    x = gaussian(rows, features, seed)
    return x, x @ np.random.default_rng([seed, 2]).normal(size=features)


def sparse_linear(rows: int, seed: int) -> Table:
    x = gaussian(rows, 50, seed)
    return x, x[:, :3] @ np.array([1.0, -2.0, 1.5])


def friedman2(rows: int, seed: int) -> Table:
    x, target = make_friedman2(rows, random_state=seed)
    return np.column_stack([x, gaussian(rows, 4, seed)]), target


def sine(rows: int, seed: int) -> Table:
    x = np.random.default_rng([seed, 1]).uniform(-3, 3, size=(rows, 2))
    return x, np.sin(2 * x[:, 0]) + 0.5 * x[:, 1]


def teacher_network(rows: int, seed: int) -> Table:
    rng = np.random.default_rng([seed, 2])
    x = gaussian(rows, 10, seed)
    return x, np.tanh(x @ rng.normal(size=(10, 6)) / np.sqrt(10)) @ rng.normal(size=6)


def steps(rows: int, seed: int) -> Table:
    x = gaussian(rows, 8, seed)
    return x, np.floor(x[:, 0]) + 2.0 * (x[:, 1] > 0) * (x[:, 2] > 0)


def blobs(rows: int, seed: int) -> Labelled:
    x, y = make_blobs(rows, n_features=6, centers=3, cluster_std=2.5, random_state=seed)
    return x, y


def moons(rows: int, seed: int) -> Labelled:
    x, y = make_moons(rows, noise=0.2, random_state=seed)
    return np.column_stack([x, gaussian(rows, 2, seed)]), y


def linear_border(rows: int, seed: int) -> Labelled:
    x, score = linear(rows, seed, 10)
    return x, (score > 0).astype(np.int64)


def friedman_above_median(rows: int, seed: int) -> Labelled:
    x, target = make_friedman1(rows, 10, random_state=seed)
    return x, (target > np.median(target)).astype(np.int64)


def sphere(rows: int, seed: int) -> Labelled:
    x = gaussian(rows, 5, seed)
    return x, ((x**2).sum(axis=1) > 4.35).astype(np.int64)


def checkerboard(rows: int, seed: int) -> Labelled:
    x = np.random.default_rng([seed, 1]).uniform(size=(rows, 2))
    return x, np.floor(x * 3).sum(axis=1).astype(np.int64) % 2


def logistic_overlap(rows: int, seed: int) -> Labelled:
    x = gaussian(rows, 6, seed)
    chance = 1.0 / (1.0 + np.exp(-4.0 * x @ np.ones(6) / np.sqrt(6)))
    return x, (np.random.default_rng([seed, 2]).random(rows) < chance).astype(np.int64)


def clusters(rows: int, seed: int, **settings: float) -> Labelled:
    x, y = make_classification(rows, flip_y=0.0, random_state=seed, **settings)
    return x, y


REGRESSION: dict[str, Callable[[int, int], Table]] = {
    "linear, 5 features": partial(linear, features=5),
    "linear, 20 features": partial(linear, features=20),
    "linear, 3 of 50 features": sparse_linear,
    "friedman1, 10 features": lambda rows, seed: make_friedman1(rows, 10, random_state=seed),
    "friedman1, 20 features": lambda rows, seed: make_friedman1(rows, 20, random_state=seed),
    "friedman2, 8 features": friedman2,
    "sine, 2 features": sine,
    "teacher network, 10 features": teacher_network,
    "steps, 8 features": steps,
}
CLASSES: dict[str, Callable[[int, int], Labelled]] = {
    "make_classification, 2 classes": partial(
        clusters, n_features=20, n_informative=5, n_redundant=2, n_clusters_per_class=1
    ),
    "make_classification, 4 classes": partial(
        clusters, n_features=20, n_informative=8, n_classes=4, n_clusters_per_class=1
    ),
    "make_classification, 2 classes, 2 clusters": partial(clusters, n_features=10, n_informative=4, class_sep=1.5),
    "make_classification, defaults": clusters,
    "make_classification, 4 of 50 features": partial(
        clusters, n_features=50, n_informative=4, class_sep=1.5, n_clusters_per_class=1
    ),
    "blobs, 3 classes": blobs,
    "moons, 2 noise features": moons,
    "linear border, 10 features": linear_border,
    "friedman1 above median": friedman_above_median,
    "sphere, 5 features": sphere,
    "checkerboard 3 x 3": checkerboard,
    "logistic overlap, 6 features": logistic_overlap,
}


def measure(task: tuple[str, str, int, float, int]) -> Case:
    """Draw one table and estimate its noise."""
    kind, generator, rows, noise, seed = task
    rng = np.random.default_rng([seed, 3])
    target_task: Task = "regression"
    if kind == "regression":
        x, clean = REGRESSION[generator](rows, seed)
        y = np.sqrt(1.0 - noise) * (clean - clean.mean()) / clean.std() + np.sqrt(noise) * rng.normal(size=rows)
        truth = noise
    else:
        x, labels = CLASSES[generator](rows, seed)
        count = int(labels.max()) + 1
        flipped = rng.random(rows) < noise
        y = np.where(flipped, (labels + rng.integers(1, count, rows)) % count, labels)
        truth = float(flipped.mean())
        target_task = "binary" if count == 2 else "multiclass"
    start = time.process_time()
    facts = estimate_noise(x.astype(np.float32), y, target_task, seed=seed)
    seconds = round(time.process_time() - start, 3)
    if facts.level is None or facts.lower is None or facts.upper is None:
        raise MeasurementError(f"{generator}, {rows} rows: no estimate")
    interval = facts.level, facts.lower, facts.upper
    return Case(kind, generator, rows, x.shape[1], noise, seed, truth, *interval, seconds)


def summary(cases: list[Case]) -> dict[str, float]:
    """Return errors, share within the bar, and coverage of the 90 % interval."""
    error = np.array([case.estimate - case.truth for case in cases])
    bar = BAR[cases[0].kind]
    return {
        "tables": len(cases),
        "bias": round(float(error.mean()), 4),
        "mean_absolute_error": round(float(np.abs(error).mean()), 4),
        "largest_error": round(float(np.abs(error).max()), 4),
        "within_bar": round(float((np.abs(error) <= bar).mean()), 4),
        "coverage": round(float(np.mean([case.lower <= case.truth <= case.upper for case in cases])), 4),
        "width": round(float(np.mean([case.upper - case.lower for case in cases])), 4),
        "seconds": round(float(np.mean([case.seconds for case in cases])), 2),
        "slowest": round(float(max(case.seconds for case in cases)), 2),
    }


def grouped(cases: Iterable[Case], key: Callable[[Case], str]) -> dict[str, dict[str, float]]:
    """Summarise cases by a key, in order of appearance."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    return {name: summary(members) for name, members in groups.items()}


def show(title: str, table: dict[str, dict[str, float]]) -> None:
    print(f"\n{title:46s} tables    bias  |error|     max  in bar  covered  width  seconds")
    for name, row in table.items():
        print(
            f"{name:46s} {row['tables']:6d} {row['bias']:+7.3f} {row['mean_absolute_error']:8.3f} "
            f"{row['largest_error']:7.3f} {row['within_bar']:7.1%} {row['coverage']:8.1%} {row['width']:6.3f} "
            f"{row['seconds']:8.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the grid, printed only")
    parser.add_argument("--seeds", type=int, default=2, help="tables per cell of the grid")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    settings = parser.parse_args()
    grid = [
        (kind, generator, rows, noise, FIRST_SEED + seed)
        for kind, generators, levels in (("regression", REGRESSION, UNEXPLAINED), ("classes", CLASSES, FLIPS))
        for generator in generators
        for rows in ROWS
        for noise in levels
        for seed in range(settings.seeds)
    ]
    grid = grid[::10] if settings.quick else grid
    with ProcessPoolExecutor(settings.workers) as pool:
        cases = list(pool.map(measure, grid, chunksize=4))
    report = {}
    for kind, bar in BAR.items():
        members = [case for case in cases if case.kind == kind]
        whole = summary(members)
        groups = {
            "by_generator": grouped(members, lambda case: case.generator),
            "by_rows": grouped(members, lambda case: f"{case.rows} rows"),
            "by_noise": grouped(members, lambda case: f"noise {case.noise:g}"),
        }
        report[kind] = {"bar": bar, "all": whole, **groups}
        print(f"\n=== {kind}: within ±{bar} ===")
        for part, table in groups.items():
            show(part.replace("_", " "), table)
        show("all", {"all": whole})
    if not settings.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        document = {
            "command": f"python benchmarks/noise.py --seeds {settings.seeds}",
            "first_seed": FIRST_SEED,
            **report,
        }
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in document.items()]
        rows = ",\n".join(f"    {json.dumps(asdict(case))}" for case in cases)
        RESULTS.write_text("{\n" + ",\n".join([*lines, f'  "cases": [\n{rows}\n  ]']) + "\n}\n")
        print(f"\nwritten: {RESULTS.name}")


if __name__ == "__main__":
    main()
