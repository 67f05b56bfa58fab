"""Does training with the advice beat Adam 1e-3 constant on real tables?

    python -m benchmarks.tables            # prints the table, writes benchmarks/results/tables.json

For each of eight tables a fifth of the rows is set aside before anything looks at them. Advice is asked for on the
rest; a fresh model is then trained in full, once as advised and once with Adam 1e-3 constant (same model, batch size
and epochs, three seeds each), and both are judged on the rows set aside. Three tables ship with the repository, five
come from scikit-learn and ISLP.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch import nn

import advisor
from advisor.facts.names import Budget
from advisor.inspection import auto
from advisor.inspection.torch_presets import build_preset
from advisor.profiling import Encoded, encode
from advisor.profiling.study import study
from benchmarks.regret.datasets import islp_folder

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (11, 12, 13)


@dataclass(frozen=True, slots=True)
class Row:
    """One table's outcome; losses are means over seeds on the rows set aside."""

    table: str
    rows: int
    model: str
    advised: str
    verdict: str
    advised_loss: float
    default_loss: float
    diverged: int
    cost: float | None
    seconds: float


def tables() -> dict[str, tuple[object, str]]:
    """Return name → (source, target) of the eight tables."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

    shipped = {
        "texas_housing": (str(ROOT / "examples/texas_housing.csv"), "median"),
        "penguins": (str(ROOT / "examples/penguins.csv"), "species"),
        "fuel_economy": (str(ROOT / "examples/fuel_economy.csv"), "hwy"),
    }
    loaders = {"diabetes": load_diabetes, "breast_cancer": load_breast_cancer, "digits": load_digits}
    return {
        **shipped,
        **{name: (load(as_frame=True).frame, "target") for name, load in loaders.items()},
        # The target's own logarithm and summands would leave nothing to learn.
        "wage": (_without(islp_folder() / "Wage.csv", "logwage"), "wage"),
        "bikeshare": (_without(islp_folder() / "Bikeshare.csv", "casual", "registered"), "bikers"),
    }


def _without(path: Path, *columns: str) -> object:
    import pandas as pd

    return pd.read_csv(path).drop(columns=list(columns))


def train(
    data: Encoded,
    factory: Callable[[int], nn.Module],
    setup: Callable[[nn.Module], tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]],
    *,
    batch_size: int,
    steps: int,
    clip_norm: float | None,
    seed: int,
) -> float:
    """Train plainly with stock torch and return the loss on the rows set aside."""
    torch.manual_seed(seed)
    model = factory(seed)
    optimizer, scheduler = setup(model)
    loss_of = nn.CrossEntropyLoss() if data.class_names else nn.MSELoss()
    x, y = torch.from_numpy(data.x[: data.fitted_rows]), torch.from_numpy(data.y[: data.fitted_rows])
    shape = y.shape if data.class_names else (-1, 1)
    y = y.reshape(shape)
    order = torch.Generator().manual_seed(seed)
    model.train()
    done = 0
    while done < steps:
        for rows in torch.randperm(len(x), generator=order).split(batch_size):
            if done == steps:
                break
            optimizer.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            if clip_norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
            optimizer.step()
            scheduler.step()
            done += 1
    model.eval()
    with torch.no_grad():
        held_out = torch.from_numpy(data.y[data.fitted_rows :])
        predicted = model(torch.from_numpy(data.x[data.fitted_rows :]))
        return float(loss_of(predicted, held_out if data.class_names else held_out[:, None]))


def constant_loss(data: Encoded) -> float:
    """Return the loss, on the rows set aside, of the constant that is best on the others."""
    fitted, held_out = data.y[: data.fitted_rows], data.y[data.fitted_rows :]
    if not data.class_names:
        return float(((held_out.astype(np.float64) - fitted.astype(np.float64).mean()) ** 2).mean())
    shares = np.bincount(fitted, minlength=len(data.class_names)) / len(fitted)
    return float(-np.log(shares[held_out]).mean())


def constant_adam(model: nn.Module) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Return what most people use."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


def run(name: str, source: object, target: str, budget: Budget) -> Row:
    """Ask for advice on four fifths of a table and judge it on the last fifth."""
    found = study(source, target=target, seed=5)
    data = encode(found, set_aside=0.2, seed=5)
    preset = auto(found.facts)
    inputs, outputs = data.x.shape[1], len(data.class_names) or 1

    def factory(seed: int) -> nn.Module:
        return build_preset(preset, inputs=inputs, outputs=outputs, seed=seed)

    began = time.perf_counter()
    advice = advisor.advise(
        lambda: factory(torch.initial_seed() % 2**31),
        (data.x[: data.fitted_rows], data.y[: data.fitted_rows]),
        "cross_entropy" if data.class_names else "mse",
        budget=budget,
        seed=0,
    )
    seconds = time.perf_counter() - began
    rec = advice.recommendation
    steps = rec.total_steps or 0
    common = {"batch_size": rec.batch_size or 32, "steps": steps}
    advised = [
        train(data, factory, lambda m: advice.build(m, steps), clip_norm=rec.clip_norm, seed=s, **common) for s in SEEDS
    ]
    default = [train(data, factory, constant_adam, clip_norm=None, seed=s, **common) for s in SEEDS]
    ceiling = 2.0 * constant_loss(data)
    return Row(
        table=name,
        rows=found.facts.rows or 0,
        model=preset,
        advised=f"{rec.optimizer} {rec.learning_rate:.2g} {rec.schedule}, {rec.epochs:g} epochs of {rec.batch_size}",
        verdict=advice.verdict.status,
        advised_loss=statistics.mean(advised),
        default_loss=statistics.mean(default),
        diverged=sum(not math.isfinite(loss) or loss > ceiling for loss in advised),
        cost=advice.verdict.cost,
        seconds=round(seconds, 1),
    )


def main() -> None:
    """Run all tables and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", default="standard", choices=get_args(Budget))
    parser.add_argument("--only", nargs="*", help="names of tables")
    options = parser.parse_args()
    rows = []
    for name, (source, target) in tables().items():
        if options.only and name not in options.only:
            continue
        row = run(name, source, target, options.budget)
        rows.append(row)
        change = row.advised_loss / row.default_loss - 1
        print(
            f"{row.table:14} {row.rows:6} {row.model:12} {row.advised:46} {row.verdict:12} "
            f"advised {row.advised_loss:.4f}  Adam 1e-3 {row.default_loss:.4f}  {change:+.1%}  {row.seconds:.0f} s",
            flush=True,
        )
    better = sum(row.advised_loss < row.default_loss for row in rows)
    print(f"better on {better} of {len(rows)}; diverged runs: {sum(row.diverged for row in rows)}")
    if not options.only:
        kept = {
            "command": f"python -m benchmarks.tables --budget {options.budget}",
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
            "seeds": SEEDS,
            "rows": [asdict(row) for row in rows],
        }
        path = ROOT / "benchmarks/results/tables.json"
        path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
