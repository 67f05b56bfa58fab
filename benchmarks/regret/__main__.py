"""The regret benchmark as commands; ``python -m benchmarks.regret --help`` lists them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from benchmarks.regret.tasks import Task, tasks


def _chosen(ids: list[str]) -> list[Task]:
    known = {task.id: task for task in tasks()}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise SystemExit(f"no task is called {unknown[0]!r}; `python -m benchmarks.regret tasks` lists them")
    return [known[name] for name in ids] or list(known.values())


def _measurement(command: str) -> Callable[[], Iterable[str]]:
    """Return what yields a command's lines; each loads what it needs."""
    if command == "ablate":
        from benchmarks.regret.ablation import ablate

        return ablate
    if command == "record":
        from benchmarks.regret.recordings import record

        return record
    if command == "probe":
        from benchmarks.regret.probing import probed

        return probed
    if command == "limits":
        from benchmarks.regret.limits import limits

        return limits
    if command == "replay":
        from benchmarks.regret.replay import replay

        return replay
    from benchmarks.regret.stability import stability

    return stability


def main() -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regret", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tasks", help="list the tasks")
    grid = commands.add_parser("landscapes", help="train the landscapes anew (hours for all)")
    grid.add_argument("ids", nargs="*", metavar="TASK", help="ids of tasks; none: all")
    grid.add_argument("--missing", action="store_true", help="only those that are not kept yet")
    grid.add_argument("--part", default="1/1", metavar="I/N", help="every Nth task, starting with the Ith")
    commands.add_parser("facts", help="look at data and models anew and keep their facts")
    report = commands.add_parser("report", help="measure what is missing and write docs/benchmarks.md (hours)")
    kind = report.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="print the tables for every eighth task, interpolated")
    report.add_argument("--split", default="report", choices=("report", "calibration"), help="of --quick")
    kind.add_argument("--kept", action="store_true", help="write the page from what was measured so far")
    commands.add_parser("rules", help="print the rules' result on both splits (seconds)")
    commands.add_parser("stability", help="how much the advised rate depends on the seed (minutes)")
    commands.add_parser("ablate", help="fill rules/evidence")
    commands.add_parser("limits", help="what facts alone and single seeds can tell at most (a minute)")
    commands.add_parser("replay", help="what plans of trials are worth, from the recordings (minutes)")
    commands.add_parser("probe", help="what the range test is worth beside the rules (minutes)")
    commands.add_parser("record", help="record trials of calibration tasks for replays (an hour or two)")
    options = parser.parse_args()
    match options.command:
        case "tasks":
            for task in tasks():
                print(f"{task.split:11} {task.family:20} {task.steps:6} steps  {task.id}")
        case "landscapes":
            from benchmarks.regret.landscapes import path_of, recompute

            part, of = (int(number) for number in options.part.split("/"))
            wanted = _chosen(options.ids)[part - 1 :: of]
            recompute([task for task in wanted if not (options.missing and path_of(task).exists())])
        case "facts":
            from benchmarks.regret.facts import write

            write(tasks())
        case "rules":
            from benchmarks.regret.datasets import SPLITS
            from benchmarks.regret.page import rules_only
            from benchmarks.regret.score import table

            for split in SPLITS:
                print(f"{split}\n{table(rules_only(split))}\n")
        case "ablate" | "limits" | "stability" | "record" | "replay" | "probe" as command:
            for line in _measurement(command)():
                print(line, flush=True)
        case "report":
            from benchmarks.regret.page import write_page
            from benchmarks.regret.report import run, run_quick

            if options.quick:
                run_quick(options.split)
            else:
                (write_page if options.kept else run)()


if __name__ == "__main__":
    main()
