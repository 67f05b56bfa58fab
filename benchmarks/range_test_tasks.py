"""Seven small tables and their landscapes, by which the factors of the range test were set.

    python -m benchmarks.range_test_tasks    # trains the landscapes anew (about 15 minutes on one core) and keeps them

The data sets (iris, wine and five seeded generators) are used for this only; the tables that results are reported on
are others. Each landscape is the held-out loss over learning rates, mean of two seeds, trained by the product's own
batched trainer.
"""

from __future__ import annotations

import json
import math
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from advisor.inspection.torch_presets import build_preset
from advisor.recipe.optimizers import OptimizerSettings
from advisor.training.batched.trainer import BatchedTrainer
from advisor.training.job import make_job
from advisor.training.runs import Recipe, Run

KEPT = Path(__file__).resolve().parent / "results/range_test_landscapes.json"
SEEDS = (0, 1)


@dataclass(frozen=True, slots=True)
class Landscape:
    """Held-out loss over learning rates of one task; None where a run diverged."""

    data: str
    optimizer: str
    schedule: str
    rows: int
    batch_size: int
    steps: int
    width: int
    depth: int
    rates: tuple[float, ...]
    losses: tuple[float | None, ...]


def tables() -> dict[str, tuple[NDArray[Any], NDArray[Any], bool]]:
    """Return name → (x, y, whether y are classes)."""
    from sklearn import datasets as d

    made = {
        "iris": (*d.load_iris(return_X_y=True), True),
        "wine": (*d.load_wine(return_X_y=True), True),
        "linear": (*d.make_regression(500, 15, n_informative=8, noise=60, random_state=1), False),
        "noisy classes": (
            *d.make_classification(700, 10, n_informative=5, flip_y=0.2, random_state=2),
            True,
        ),
        "friedman1": (*d.make_friedman1(1500, 10, noise=2.0, random_state=1), False),
        "three classes": (
            *d.make_classification(2000, 20, n_informative=8, n_classes=3, flip_y=0.1, random_state=1),
            True,
        ),
        "friedman2": (*d.make_friedman2(3000, noise=100, random_state=1), False),
    }
    return {
        name: (_standardised(x), y if classes else _standardised(y), classes) for name, (x, y, classes) in made.items()
    }


def _standardised(values: NDArray[Any]) -> NDArray[np.float32]:
    return ((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)).astype(np.float32)


def sweep() -> list[Landscape]:
    """Train every landscape."""
    found = []
    for name, (x, y, classes) in tables().items():
        rows = len(x)
        batch = 32 if rows < 3000 else 64
        epochs = min(100.0, max(8.0, 64_000 / rows))
        wide = "mlp:64,64" if rows >= 1000 else "mlp:64"
        for preset, length, schedules in (
            (wide, epochs, ("cosine", "constant")),
            ("mlp:32,32,32,32", max(5.0, epochs / 3), ("cosine",)),
        ):
            steps = min(2500, math.ceil(length * math.ceil(rows / batch)))
            outputs = int(y.max()) + 1 if classes else 1
            job = make_job(
                lambda preset=preset, inputs=x.shape[1], outputs=outputs: build_preset(
                    preset, inputs=inputs, outputs=outputs, seed=torch.initial_seed() % 2**31
                ),
                (x, y.astype(np.int64) if classes else y),
                "cross_entropy" if classes else "mse",
                batch_size=batch,
                total_steps=steps,
            )
            for optimizer in ("adamw", "sgd"):
                for schedule in schedules:
                    landscape = _landscape(job, name, optimizer, schedule, rows, preset)
                    found.append(landscape)
                    print(name, preset, optimizer, schedule, f"{steps} steps")
    return found


def _landscape(job: Any, name: str, optimizer: str, schedule: str, rows: int, preset: str) -> Landscape:
    adam = optimizer == "adamw"
    settings = OptimizerSettings(
        optimizer,  # type: ignore[arg-type]
        momentum=0.0 if adam else 0.9,
        nesterov=not adam,
        weight_decay=0.01 if adam else 0.0,
    )
    warmup = 0.05 if schedule == "cosine" else 0.0
    recipe = Recipe(settings, schedule, warmup_fraction=warmup, clip_norm=1.0)  # type: ignore[arg-type]
    rates = 10.0 ** np.arange(*((-4.0, -0.8, 0.25) if adam else (-3.2, 0.3, 0.25)))
    runs = [Run(float(rate), seed) for rate in rates for seed in SEEDS]
    losses = BatchedTrainer(job).train(recipe, runs, job.total_steps, seed=0).losses
    pairs = [losses[index : index + len(SEEDS)] for index in range(0, len(losses), len(SEEDS))]
    widths = preset.split(":")[1].split(",")
    return Landscape(
        data=name,
        optimizer=optimizer,
        schedule=schedule,
        rows=rows,
        batch_size=job.batch_size,
        steps=job.total_steps,
        width=int(widths[0]),
        depth=len(widths),
        rates=tuple(float(f"{rate:.6g}") for rate in rates),
        losses=tuple(None if None in pair else float(f"{np.mean(pair):.6g}") for pair in pairs),  # type: ignore[arg-type]
    )


def main() -> None:
    """Train and keep the landscapes."""
    kept = {
        "command": "python -m benchmarks.range_test_tasks",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "seeds": SEEDS,
        "landscapes": [asdict(landscape) for landscape in sweep()],
    }
    KEPT.write_text(json.dumps(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
