"""Measuring of landscapes: goes on where it was stopped, and keeps every sweep as soon as it is there.

A sweep trains all rates of a pair at one length with one seed. When the best rate of the first sweep lies at an end of
the grid, the grid grows on that side. Sweeps of the second stage leave out rates that the first sweep showed to be far
from the best.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.jobs.job import PAIRS, BenchmarkJob, Pair
from benchmarks.jobs.landscapes import SEEDS, Landscape, Record, Sweep, read, short, write
from benchmarks.jobs.training import FULL_SHARES, SHORT_SHARES, train, untrained_loss

STAGES = (
    ((1.0, 0), (1 / 8, 0), (1 / 4, 0)),
    ((1.0, 1), (1 / 8, 1), (1 / 4, 1), (1 / 2, 0), (1 / 2, 1)),
)
"""Lengths and seeds in the order they are measured in."""
GRIDS = {"adamw": (-10, -2), "sgd": (-8, 0)}
"""First and last exponent of the grid: rates 10^(exponent / 2)."""
REACH = 2.0
"""The second stage trains rates whose full run ended within this multiple of the best loss, and two on either side."""
GROWTH = 2
"""Most rates that are added on one side."""
DEFAULT = Pair("adam", "constant", warmup_fraction=0.0)
DEFAULT_RATE = 1e-3
"""What most people type first."""


def measure(jobs: Sequence[BenchmarkJob], pairs: Sequence[Pair] = PAIRS) -> Iterator[str]:
    """Measure what is missing, what replays need most first, and yield a line per job, pair and stage."""
    for pair in pairs:
        for split in ("calibration", "report"):
            for stage in STAGES:
                for job in (one for one in jobs if one.split == split):
                    if _missing(job, pair, stage):
                        yield _measured(job, pair, stage)


def _missing(job: BenchmarkJob, pair: Pair, stage: Sequence[tuple[float, int]]) -> bool:
    found = read(job.name)
    kept = None if found is None else found.of(pair)
    lacks_default = found is not None and not found.default and stage == STAGES[-1]
    return kept is None or lacks_default or any(kept.sweep(length, seed) is None for length, seed in stage)


def _measured(job: BenchmarkJob, pair: Pair, stage: Sequence[tuple[float, int]]) -> str:
    record = read(job.name) or _begun(job)
    kept = record.of(pair)
    if kept is None:
        kept, seconds, judging = _first_sweep(job, pair, record.ceiling)
        if not record.step_seconds:
            record = replace(record, step_seconds=seconds, evaluation_seconds=judging)
        record = replace(record, landscapes=(*record.landscapes, kept))
        write(record, job)
    for length, seed in stage:
        if kept.sweep(length, seed) is None:
            places = range(len(kept.rates)) if stage == STAGES[0] else _near(kept)
            kept = replace(kept, sweeps=(*kept.sweeps, _sweep(job, kept, places, length, seed)))
            others = tuple(one for one in record.landscapes if one.pair != pair)
            record = replace(record, landscapes=(*others, kept))
            write(record, job)
    if stage == STAGES[-1] and not record.default:
        ends = [train(job, DEFAULT, DEFAULT_RATE, seed).losses[-1] for seed in SEEDS]
        record = replace(record, default=tuple(None if loss is None else short(loss) for loss in ends))
        write(record, job)
    return (
        f"{job.split:11} {job.name:26} {pair}: best {kept.best:.4g} at {kept.best_rate:.2g}, constant "
        f"{record.constant_loss}, {record.steps} steps, {record.training_seconds:.2f} s"
    )


def _begun(job: BenchmarkJob) -> Record:
    constant = job.material.constant_loss
    untrained = tuple(short(loss) for seed in SEEDS if (loss := untrained_loss(job, seed)) is not None)
    known = None if constant is None else short(constant)
    return Record(job.name, job.kind, job.split, job.steps, known, untrained, 0.0, 0.0)


def _first_sweep(job: BenchmarkJob, pair: Pair, ceiling: float) -> tuple[Landscape, float, float]:
    """Return a landscape with one sweep over a grid that holds the best, and the seconds of a step and of judging."""
    first, last = GRIDS[pair.optimizer]
    curves: dict[int, tuple[float | None, ...]] = {}
    steps, judged = [], []
    wanted = list(range(first, last + 1))
    while wanted:
        for exponent in wanted:
            found = train(job, pair, rate_of(exponent), SEEDS[0], shares=FULL_SHARES)
            curves[exponent] = tuple(None if loss is None else short(loss) for loss in found.losses)
            if found.losses[-1] is not None:
                steps.append(found.step_seconds)
                judged.append(found.evaluation_seconds)
        wanted = _growth({exponent: curve[-1] for exponent, curve in curves.items()}, first, last)
    known = sorted(curves)
    sweep = Sweep(1.0, SEEDS[0], tuple(curves[exponent] for exponent in known))
    landscape = Landscape(pair, tuple(rate_of(exponent) for exponent in known), (sweep,), ceiling)
    return landscape, short(statistics.median(steps)), short(statistics.median(judged))


def _growth(ends: dict[int, float | None], first: int, last: int) -> list[int]:
    """Return the exponent to add where the best lies at an end of the grid; nothing when that was done often enough."""
    best = min(ends, key=lambda exponent: math.inf if ends[exponent] is None else ends[exponent])  # type: ignore[arg-type,return-value]
    if best == max(ends) and best < last + GROWTH:
        return [best + 1]
    if best == min(ends) and best > first - GROWTH:
        return [best - 1]
    return []


def _near(landscape: Landscape) -> range:
    """Return the places of rates that are worth a second seed."""
    ends = [math.inf if curve[-1] is None else curve[-1] for curve in landscape.sweeps[0].curves]
    near = [place for place, end in enumerate(ends) if end <= REACH * min(ends)]
    return range(max(0, near[0] - 2), min(len(ends), near[-1] + 3))


def _sweep(job: BenchmarkJob, landscape: Landscape, places: range, length: float, seed: int) -> Sweep:
    shares = FULL_SHARES if length == 1.0 else SHORT_SHARES
    curves = []
    for place in places:
        found = train(job, landscape.pair, landscape.rates[place], seed, length=length, shares=shares)
        curves.append(tuple(None if loss is None else short(loss) for loss in found.losses))
    return Sweep(length, seed, tuple(curves), places.start)


def rate_of(exponent: int) -> float:
    """Return the learning rate of a grid exponent."""
    return float(f"{10.0 ** (exponent / 2):.6g}")
