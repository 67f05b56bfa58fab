"""How soon a guard sees a problem, how often it cries wolf, and what it costs a step.

    python -m benchmarks.guard            train, print the table, write results/guard.json
    python -m benchmarks.guard --quick    a tenth of the runs

Small nets are trained on the tables that scikit-learn ships, by seeds: healthy runs over models, optimizers, schedules,
batch sizes and rates, and runs that are broken on purpose at a known step: a rate that jumps, a batch that is NaN or
huge, weights that are scrambled. A healthy run is one that ends better than
it started and near its best; whether it does is judged from its losses alone, before the guard is asked.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from advisor.guard.guard import Guard
from advisor.guard.problem import GuardedProblem

RESULTS = Path(__file__).parent / "results" / "guard.json"
SEEDS = 2
"""Runs of every combination; judgement: 250 healthy runs and 90 broken ones take minutes."""


@dataclass(frozen=True, slots=True)
class Job:
    """One training: what is trained, on what, and how."""

    table: str
    width: int
    optimizer: str
    schedule: str
    rate: float
    batch: int
    seed: int
    steps: int = 300
    fault: str = "none"


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a run.

    Attributes:
        job: the run.
        problems: symptom and step of everything that the guard said.
        onset: step at which the loss first left its level for good; None for a run that did not.
        ends_well: the loss ends below half of its start, and near its best.
        microseconds: of processor time that the guard took a step.
    """

    job: Job
    problems: tuple[tuple[str, int], ...]
    onset: int | None
    ends_well: bool
    microseconds: float


RATES = {"sgd": (0.01, 0.05, 0.2), "adam": (3e-4, 2e-3, 8e-3), "adamw": (5e-4, 3e-3)}
FAULTS = ("rate x30", "rate x300", "nan batch", "huge batch", "scrambled weights")


def healthy_jobs(seeds: int) -> Iterator[Job]:
    for table in ("digits", "wine", "breast_cancer", "diabetes"):
        for name, rates in RATES.items():
            for schedule in ("constant", "cosine", "one_cycle", "restarts"):
                for place, rate in enumerate(rates):
                    for seed in range(seeds):
                        yield Job(
                            table, (16, 64, 128)[place], name, schedule, rate, (8, 32, 64)[(seed + place) % 3], seed
                        )


def broken_jobs(seeds: int) -> Iterator[Job]:
    for table in ("digits", "wine", "diabetes"):
        for name, rates in RATES.items():
            for fault in FAULTS:
                for seed in range(seeds):
                    yield Job(table, 64, name, "constant", rates[1], 32, 100 + seed, fault=fault)


def data_of(name: str) -> tuple[Tensor, Tensor, Callable[[Tensor, Tensor], Tensor], int]:
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    x = torch.tensor((x - x.mean(0)) / (x.std(0) + 1e-9), dtype=torch.float32)
    if name == "diabetes":
        target = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)[:, None]
        return x, target, nn.functional.mse_loss, 1
    return x, torch.tensor(y), nn.functional.cross_entropy, int(y.max()) + 1


def multiplier(schedule: str, step: int, steps: int) -> float:
    share = step / steps
    match schedule:
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * share))
        case "one_cycle":
            return 0.04 + 0.96 * share / 0.3 if share < 0.3 else 0.5 * (1 + math.cos(math.pi * (share - 0.3) / 0.7))
        case "restarts":
            return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * ((4 * share) % 1)))
        case _:
            return 1.0


def train(job: Job) -> Seen:
    torch.manual_seed(job.seed)
    x, y, loss_of, outputs = data_of(job.table)
    model = nn.Sequential(
        nn.Linear(x.shape[1], job.width),
        nn.ReLU(),
        nn.Linear(job.width, job.width),
        nn.ReLU(),
        nn.Linear(job.width, outputs),
    )
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    extra = {"momentum": 0.9} if job.optimizer == "sgd" else {}
    optimizer = kinds[job.optimizer](model.parameters(), lr=job.rate, **extra)
    said: list[GuardedProblem] = []
    guard = Guard(model, optimizer, total_steps=job.steps, tell=said.append)
    fault_at = job.steps // 2 + 7 * (job.seed % 10)
    spent, losses = 0.0, []
    for step in range(job.steps):
        rows = torch.randint(0, len(x), (job.batch,))
        inputs, target = x[rows], y[rows]
        rate = job.rate * multiplier(job.schedule, step, job.steps)
        if step >= fault_at:
            if job.fault.startswith("rate x"):
                rate *= float(job.fault.removeprefix("rate x"))
            elif job.fault == "nan batch" and step == fault_at:
                inputs = inputs * math.nan
            elif job.fault == "huge batch" and step == fault_at:
                inputs = inputs * 1e4
            elif job.fault == "scrambled weights" and step == fault_at:
                with torch.no_grad():
                    for parameter in model.parameters():
                        parameter.copy_(parameter.flatten()[torch.randperm(parameter.numel())].reshape(parameter.shape))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = loss_of(model(inputs), target)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), math.inf)
        optimizer.step()
        losses.append(float(loss.detach()))
        before = time.process_time_ns()
        if len(said) == 0:  # the first problem counts; what a lost run does afterwards does not
            guard.step(loss, gradient_norm=norm)
        spent += time.process_time_ns() - before
    problems = tuple((problem.symptom, problem.step) for problem in said)
    curve = np.array(losses)
    return Seen(job, problems, _onset(curve, fault_at, job), _ends_well(curve), spent / 1e3 / max(guard.steps, 1))


def _ends_well(losses: np.ndarray) -> bool:
    if not np.isfinite(losses).all():
        return False
    parts = np.array([np.median(part) for part in np.array_split(losses, 20)])
    start, lowest, end = float(np.median(losses[:5])), float(parts.min()), float(parts[-1])
    return end < 0.7 * start and end - lowest < 0.25 * (start - lowest)


def _onset(losses: np.ndarray, fault_at: int, job: Job) -> int | None:
    """Return the first step from which on the losses stay far above their level; None where they return."""
    if job.fault == "none":
        return None
    before = np.median(losses[max(0, fault_at - 50) : fault_at])
    start = np.median(losses[:5])
    limit = before + max(0.5 * (start - before), 0.05 * start)
    broken = np.flatnonzero(~np.isfinite(losses[fault_at:]))
    if len(broken):
        return fault_at + int(broken[0])
    after = losses[fault_at:]
    if np.median(after[-50:]) < limit:
        return None
    below = np.flatnonzero(after[:-5] < limit)
    smooth = np.array([np.median(after[max(0, i - 2) : i + 3]) for i in range(len(after))])
    low = np.flatnonzero(smooth < limit)
    return fault_at + (int(low[-1]) + 1 if len(low) and len(below) else 0)


def summary(healthy: list[Seen], broken: list[Seen]) -> dict[str, float | int]:
    sound = [run for run in healthy if run.ends_well]
    lost = [run for run in broken if run.onset is not None]
    severe = {"nonfinite", "diverged"}
    delays = [
        next((step - 1 - run.onset for name, step in run.problems if name in severe), None)
        for run in lost
        if run.onset is not None
    ]
    seen = [delay for delay in delays if delay is not None]
    return {
        "healthy runs": len(sound),
        "false alarms": sum(bool(run.problems) for run in sound),
        "false alarms that stop": sum(any(name in severe for name, _ in run.problems) for run in sound),
        "lost runs": len(lost),
        "seen": len(seen),
        "seen within 20 steps": sum(delay <= 20 for delay in seen),
        "median delay": float(np.median(seen)),
        "longest delay": max(seen),
        "microseconds a step, median": round(float(np.median([run.microseconds for run in healthy])), 1),
        "microseconds a step, p95": round(float(np.quantile([run.microseconds for run in healthy], 0.95)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    healthy, broken = list(healthy_jobs(options.seeds)), list(broken_jobs(options.seeds))
    if options.quick:
        healthy, broken = healthy[::10], broken[::10]
    runs, lost = ([train(job) for job in jobs] for jobs in (healthy, broken))
    found = summary(runs, lost)
    for name, value in found.items():
        print(f"{name:32} {value}")
    for run in [*runs, *lost]:
        missed = run.onset is not None and not run.problems
        if (run.job.fault == "none" and run.ends_well and run.problems) or missed:
            print("look at", asdict(run.job), run.problems, run.onset)
    if not options.quick:
        RESULTS.write_text(json.dumps({"command": "python -m benchmarks.guard", "figures": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
