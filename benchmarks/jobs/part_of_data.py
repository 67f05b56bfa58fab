"""How the best rate on a quarter of the data carries over to all of it, beside that of a quarter of the run.

``python -m benchmarks.jobs.part_of_data`` trains on parts, for half a minute, and reads the rest from the landscapes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset

from advisor.recipe.torch_schedules import ScheduleMultiplier
from benchmarks.jobs.catalogue import JOBS
from benchmarks.jobs.job import ADAMW, BenchmarkJob, Material
from benchmarks.jobs.landscapes import Landscape, read
from benchmarks.jobs.strategies import vertex
from benchmarks.jobs.training import make_optimizer, train_with

PART = 4
"""One of so many samples is kept. Judgement: large enough for every job that is tried."""
AROUND = range(-2, 4)
"""Places of rates around the best of the full run. Judgement: two half decades below and three above."""
CHEAP = ("imbalanced", "multi-label", "autoencoder", "fine-tuning", "wide-and-deep", "graph-classes", "many-rows")
"""Jobs of the calibration split. Judgement: those that train for less than two seconds."""


def carried(jobs: Sequence[BenchmarkJob]) -> Iterator[str]:
    """Train on a part of the data of some jobs, and yield a line for each and one for all."""
    steps: list[tuple[float, float]] = []
    for job in jobs:
        record = read(job.name)
        landscape = None if record is None else record.of(ADAMW)
        if landscape is None:
            continue
        full, short = (_best(landscape.rates, _ends(landscape, length)) for length in (1.0, 1 / PART))
        part = _on_a_part(job, landscape)
        steps.append((full - short, full - part))
        yield f"{job.name:20} from a part of the run {full - short:+.2f}, of the data {full - part:+.2f}"
    for name, place in (("run", 0), ("data", 1)):
        own = [step[place] for step in steps]
        root = math.sqrt(sum(step**2 for step in own) / len(own))
        yield f"step from a part of the {name}: mean {sum(own) / len(own):+.2f}, root mean square {root:.2f}"


def _on_a_part(job: BenchmarkJob, landscape: Landscape) -> float:
    """Return the log of the best rate on a part of the data."""
    ends = _ends(landscape, 1.0)
    best = ends.index(min(ends))
    places = [best + beside for beside in AROUND if 0 <= best + beside < len(ends)]
    reduced = replace(job, load=lambda batch_size: _part_of(job.load(batch_size)))
    losses = [_end(reduced, landscape.rates[place], max(1, round(job.steps / PART))) for place in places]
    return _best([landscape.rates[place] for place in places], losses)


def _best(rates: Sequence[float], losses: Sequence[float]) -> float:
    """Return the log of the best rate."""
    pairs = zip(rates, losses, strict=True)
    return math.log(vertex({rate: loss if math.isfinite(loss) else None for rate, loss in pairs}))


def _part_of(material: Material) -> Material:
    whole = material.train
    rows = range(0, len(whole.dataset), PART)  # type: ignore[arg-type]
    kept = DataLoader(
        Subset(whole.dataset, rows),
        batch_size=whole.batch_size,
        shuffle=True,
        drop_last=True,
        collate_fn=whole.collate_fn,
    )
    return replace(material, train=kept)


def _end(job: BenchmarkJob, rate: float, steps: int) -> float:
    multiplier = ScheduleMultiplier(ADAMW.schedule, steps, ADAMW.warmup_fraction, None)

    def build(model: nn.Module) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
        optimizer = make_optimizer(model, ADAMW, rate)
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, multiplier)

    loss = train_with(job, build, 0, steps=steps).losses[-1]
    return math.inf if loss is None else loss


def _ends(landscape: Landscape, length: float) -> list[float]:
    sweep = landscape.sweep(length, 0)
    curves = [None if sweep is None else sweep.curve(place) for place in range(len(landscape.rates))]
    return [math.inf if curve is None or curve[-1] is None else curve[-1] for curve in curves]


if __name__ == "__main__":
    torch.set_num_threads(1)
    for told in carried([job for job in JOBS if job.name in CHEAP]):
        print(told, flush=True)
