"""The benchmark of real jobs as commands; ``python -m benchmarks.jobs --help`` lists them."""

from __future__ import annotations

import argparse

import torch

from benchmarks.jobs.catalogue import JOBS
from benchmarks.jobs.job import PAIRS, BenchmarkJob


def _chosen(names: list[str], split: str) -> list[BenchmarkJob]:
    known = {job.name: job for job in JOBS if split in {"all", job.split}}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no job is called {unknown[0]!r}; `python -m benchmarks.jobs list` lists them")
    return [known[name] for name in names] or list(known.values())


def main() -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jobs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the jobs and what is measured of them")
    grid = commands.add_parser("landscapes", help="measure what is missing of the landscapes (an hour or two for all)")
    grid.add_argument("names", nargs="*", metavar="JOB", help="names of jobs; none: all")
    grid.add_argument("--split", default="all", choices=("all", "calibration", "report"))
    commands.add_parser("facts", help="look at data and models anew and keep their facts (a minute)")
    replays = commands.add_parser("replay", help="what searches come to on the stored landscapes (seconds)")
    replays.add_argument("--split", default="calibration", choices=("calibration", "report"))
    replays.add_argument("--optimizer", default="adamw", choices=[pair.optimizer for pair in PAIRS])
    replays.add_argument("--worst", action="store_true", help="with the worst jobs of every search")
    report = commands.add_parser("report", help="measure what is missing and write the table of docs/benchmarks.md")
    report.add_argument("--split", default="report", choices=("calibration", "report"))
    report.add_argument("--optimizer", action="append", choices=[pair.optimizer for pair in PAIRS], help="default: all")
    report.add_argument("--kept", action="store_true", help="write the table from what was measured so far")
    options = parser.parse_args()
    torch.set_num_threads(1)
    match options.command:
        case "list":
            for job in JOBS:
                print(f"{job.split:11} {job.name:26} {job.kind}")
        case "facts":
            from benchmarks.jobs.facts import write

            write(JOBS)
        case "replay":
            from benchmarks.jobs.own_search import OWN
            from benchmarks.jobs.replay import cells, replay, summary, worst
            from benchmarks.jobs.strategies import BASELINES

            pair = next(pair for pair in PAIRS if pair.optimizer == options.optimizer)
            known = cells(options.split, pair)
            print(f"{len(known)} replays of {options.split} jobs, {pair}")
            for name, strategy in {**BASELINES, **OWN}.items():
                found = replay(strategy, known)
                print(f"  {name:32} {summary(found)}")
                for line in worst(found) if options.worst else ():
                    print(f"      {line}")
        case "report":
            from benchmarks.jobs.report import run, write_page

            wanted = [pair for pair in PAIRS if pair.optimizer in (options.optimizer or [pair.optimizer])]
            for line in () if options.kept else run(options.split, wanted):
                print(line, flush=True)
            write_page()
        case "landscapes":
            from benchmarks.jobs.measuring import measure

            for line in measure(_chosen(options.names, options.split)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
