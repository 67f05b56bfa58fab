"""Measures one part of what a guard does, prints its figures and keeps them; see the package."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

import benchmarks.guard
from benchmarks.guard.runs import broken_job_runs, broken_table_runs, job_runs, table_runs
from benchmarks.guard.watching import Watched, watch

RESULTS = Path(__file__).parents[1] / "results" / "guard.json"
SEEDS = 1
"""Runs of every combination of tables; judgement: with the jobs, 200 healthy ones and 80 broken ones take minutes."""
SOON = 20
"""Steps within which a divergence is to be seen."""
HELPED = 0.9
"""A lowered run has done better when it ends below this share of where it ends without."""

Figures = dict[str, float | int | dict[str, int]]


def tables(thin: int) -> Figures:
    """Watch small nets on tables."""
    return _seen(
        *([watch(run) for run in list(runs)[::thin]] for runs in (table_runs(SEEDS), broken_table_runs(SEEDS)))
    )


def jobs(thin: int) -> Figures:
    """Watch the jobs of the landscapes."""
    return _seen(*([watch(run) for run in list(runs)[::thin]] for runs in (job_runs(), broken_job_runs())))


def lower(thin: int) -> Figures:
    """Train what is broken with and without ``lower``, and compare the ends."""
    pairs = [
        (watch(run, whole=True), watch(run, "lower", whole=True))
        for run in [*broken_table_runs(1), *broken_job_runs()][::thin]
    ]
    lost = [(plain, lowered) for plain, lowered in pairs if plain.onset is not None]
    ends = [(_end(plain), _end(lowered)) for plain, lowered in lost if not lowered.stopped]
    for plain, lowered in lost:
        if lowered.stopped or not _end(lowered) < HELPED * _end(plain):
            print("look at", plain.run, _end(plain), _end(lowered), lowered.stopped, len(lowered.problems))
    untouched = [lowered for plain, lowered in pairs if plain.onset is None]
    return {
        "lost runs": len(lost),
        "given up with a reason": sum(lowered.stopped for _, lowered in lost),
        "trained on": len(ends),
        "ends lower than without": sum(with_guard < HELPED * without for without, with_guard in ends),
        "ends as without": sum(HELPED * without <= with_guard <= without / HELPED for without, with_guard in ends),
        "ends higher than without": sum(with_guard > without / HELPED for without, with_guard in ends),
        "ends near its level before the fault": sum(_recovered(plain, lowered) for plain, lowered in lost),
        "most lowerings of a run": max(sum(one.is_severe for one in lowered.problems) for _, lowered in lost),
        "runs that come back by themselves": len(untouched),
        "of these lowered": sum(any(one.is_severe for one in lowered.problems) for lowered in untouched),
    }


def _seen(healthy: list[Watched], broken: list[Watched]) -> Figures:
    sound = [run for run in healthy if run.is_healthy]
    alarms = [run for run in sound if run.problems]
    lost = [run for run in broken if run.onset is not None]
    delays = [run.delay for run in lost if run.delay is not None]
    for run in alarms:
        print("false alarm", run.run, [(one.symptom, one.step) for one in run.problems])
    for run in lost:
        if run.delay is None or run.delay > SOON:
            print("late", run.run, run.onset, [(one.symptom, one.step) for one in run.problems])
    kinds = Counter(run.run.fault for run in lost)
    return {
        "healthy runs": len(sound),
        "false alarms": len(alarms),
        "false alarms that would stop": sum(any(one.is_severe for one in run.problems) for run in alarms),
        "lost runs": len(lost),
        "lost runs by fault": {str(fault): count for fault, count in kinds.items()},
        "seen": len(delays),
        f"seen within {SOON} steps": sum(delay <= SOON for delay in delays),
        "median delay": float(np.median(delays)),
        "longest delay": max(delays),
        "microseconds a step, median": _quantile(healthy, 0.5),
        "microseconds a step, p95": _quantile(healthy, 0.95),
    }


def _quantile(runs: Sequence[Watched], share: float) -> float:
    return round(float(np.quantile([run.microseconds for run in runs], share)), 1)


def _end(run: Watched) -> float:
    """Return the last losses' median; infinite where they are not finite."""
    last = run.losses[-20:]
    return float(np.median(last)) if np.isfinite(last).all() else float("inf")


def _recovered(plain: Watched, lowered: Watched) -> bool:
    """Whether the lowered run ends within a fifth of the gain of the level before the fault."""
    at = plain.run.fault_at
    if lowered.stopped:
        return False
    if not at:
        return _end(lowered) < 0.9 * float(plain.losses[0])
    first, before = float(np.median(plain.losses[:5])), float(np.median(plain.losses[at - 50 : at]))
    return _end(lowered) < before + 0.2 * abs(first - before)


PARTS: dict[str, Callable[[int], Figures]] = {"tables": tables, "jobs": jobs, "lower": lower}


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(
        description=benchmarks.guard.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs, and nothing is kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = PARTS[options.part](10 if options.quick else 1)
    for name, value in found.items():
        print(f"{name:40} {value}")
    if not options.quick:
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        kept[options.part] = {"command": f"python -m benchmarks.guard {options.part}", "figures": found}
        RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
