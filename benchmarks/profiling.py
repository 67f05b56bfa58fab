"""How long does profiling a file take, beside DuckDB's own SUMMARIZE?

    python -m benchmarks.profiling --megabytes 10 200 --rounds 5 --parquet --wide 2000 5000 --save

``--wide`` writes files of so many columns and 2,000 rows, and compares with pandas' read_csv and describe.

All commands run as processes of their own, in alternation, on the same file (start, import, read, compute, print). What
is quoted is the median over rounds of the ratio within a round. ``statistics`` is everything one pass gives (types,
moments, Gram matrix, distinct values, duplicates, sample); ``study`` adds target, encoding, conditioning and the noise
estimate.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
ROWS_PER_MEGABYTE = 4_150
MISSING = 0.02
REPEATED = 0.001

SUMMARIZE = (
    "import sys, duckdb; c = duckdb.connect(); c.execute('set enable_progress_bar=false'); "
    "print(len(c.execute(f\"summarize select * from '{sys.argv[1]}'\").fetchall()))"
)
STATISTICS = (
    "import sys; from threadpoolctl import threadpool_limits; from advisor.profiling.study import scan_table\n"
    "with threadpool_limits(1): print(len(scan_table(sys.argv[1]).table.columns))"  # as within a study
)
STUDY = "import sys; from advisor.profiling import profile; print(len(profile(sys.argv[1], target='label').columns))"
COMMANDS = {"summarize": SUMMARIZE, "statistics": STATISTICS, "study": STUDY}
PANDAS = "import sys, pandas; print(pandas.read_csv(sys.argv[1]).describe(include='all').shape)"
WIDE_STUDY = "import sys; from advisor.profiling import profile; print(len(profile(sys.argv[1], target='y').columns))"
WIDE_COMMANDS = {"pandas": PANDAS, "statistics": STATISTICS, "study": WIDE_STUDY}
WIDE_ROWS = 2_000
RESULTS = ROOT / "benchmarks/results/profiling.json"
PAGE = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- profiling: begin -->", "<!-- profiling: end -->"


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds of wall clock and of processor, peak memory in MB."""

    wall: float
    processor: float
    peak: float


@dataclass(frozen=True, slots=True)
class Row:
    """One file and one command, against the first command on the same file; medians over rounds."""

    file: str
    megabytes: float
    command: str
    wall: float
    wall_ratio: float
    lowest_ratio: float
    highest_ratio: float
    processor_ratio: float
    peak: float


def write_table(path: Path, rows: int, *, seed: int = 0, chunk: int = 40_000) -> None:
    """Write 20 floats of scales 1e-3 to 1e6, 4 whole numbers, 4 strings, a date and a label; some missing."""
    rng = np.random.default_rng(seed)
    cities = [f"city {i:02d}" for i in range(50)]
    words = [f"word{i}" for i in range(3_000)]
    names = [*(f"f{i}" for i in range(20)), *(f"n{i}" for i in range(4)), *(f"s{i}" for i in range(4)), "day", "label"]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(names) + "\n")
        for start in range(0, rows, chunk):
            n = min(chunk, rows - start)
            hidden = rng.normal(size=(n, 3))
            z = rng.normal(size=(n, 20))
            z[:, 5:10] = rng.standard_t(3, size=(n, 5))
            z[:, 10:15] = rng.lognormal(size=(n, 5))
            z[:, 15:] = hidden @ rng.normal(size=(3, 5)) + 0.1 * z[:, 15:]
            floats = z * np.logspace(-3, 6, 20)
            cells = [[f"{v:.6g}" for v in floats[:, i]] for i in range(20)]
            cells += [[str(v) for v in rng.integers(0, high, n)] for high in (2, 100, 10_000, 10_000_000)]
            cells.append([cities[i] for i in rng.integers(0, 50, n)])
            cells.append([words[i] for i in rng.zipf(1.4, n) % 3_000])
            cells.append([f"id-{start + i:09d}" for i in range(n)])
            cells.append([("low", "mid", "high")[i] for i in rng.integers(0, 3, n)])
            days = (np.datetime64("2015-01-01") + rng.integers(0, 3_650, n)).astype(str)
            cells.append(list(days))
            score = hidden[:, 0] + 0.5 * z[:, 0] + 0.3 * rng.normal(size=n)
            cells.append([str(int(v)) for v in np.digitize(score, [-0.8, 0.8])])
            gone = rng.random((n, 28)) < MISSING
            for column in range(28):
                for row in np.flatnonzero(gone[:, column]):
                    cells[column][row] = ""
            lines = [",".join(row) for row in zip(*cells, strict=True)]
            for row in np.flatnonzero(rng.random(n) < REPEATED):
                lines[row] = lines[row - 1]
            file.write("\n".join(lines) + "\n")


def write_wide(path: Path, columns: int, *, seed: int = 0) -> None:
    """Write columns of numbers and a target that depends on the first."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(WIDE_ROWS, columns))
    target = values[:, 0] + 0.3 * rng.normal(size=WIDE_ROWS)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join([*(f"x{i}" for i in range(columns - 1)), "y"]) + "\n")
        for row, y in zip(values[:, 1:], target, strict=True):
            file.write(",".join(f"{value:.5g}" for value in (*row, y)) + "\n")


def run(program: str, path: Path) -> Run:
    """Run a program on a file as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    wrapped = (
        f"{program}\nimport resource; u = resource.getrusage(resource.RUSAGE_SELF); "
        "print(u.ru_utime + u.ru_stime, u.ru_maxrss / (1024.0 if sys.platform != 'darwin' else 1024.0**2))"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", wrapped, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    wall = time.perf_counter() - start
    processor, peak = done.stdout.splitlines()[-1].split()
    return Run(wall, float(processor), float(peak))


def compare(path: Path, rounds: int, commands: dict[str, str]) -> list[Row]:
    """Run all commands in alternation and return one row for each; the first is what the others are compared with."""
    for program in commands.values():
        run(program, path)  # fills the page cache and writes bytecode
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, program in commands.items():
            runs[name].append(run(program, path))
    base = runs[next(iter(commands))]
    rows = []
    for name, found in runs.items():
        ratios = [one.wall / other.wall for one, other in zip(found, base, strict=True)]
        rows.append(
            Row(
                file=path.name,
                megabytes=round(path.stat().st_size / 1e6, 1),
                command=name,
                wall=round(statistics.median(one.wall for one in found), 3),
                wall_ratio=round(statistics.median(ratios), 3),
                lowest_ratio=round(min(ratios), 3),
                highest_ratio=round(max(ratios), 3),
                processor_ratio=round(
                    statistics.median(one.processor / other.processor for one, other in zip(found, base, strict=True)),
                    3,
                ),
                peak=round(max(one.peak for one in found), 1),
            )
        )
    return rows


def printed(rows: list[Row]) -> list[Row]:
    for row in rows:
        print(
            f"{row.file:22} {row.megabytes:7.1f} MB  {row.command:10} {row.wall:7.2f} s  "
            f"x {row.wall_ratio:.2f} [{row.lowest_ratio:.2f}-{row.highest_ratio:.2f}]  "
            f"cpu x {row.processor_ratio:.2f}  {row.peak:.0f} MB",
            flush=True,
        )
    return rows


def section() -> str:
    """Return what the page of results says about profiling."""
    if not RESULTS.exists():
        return f"{BEGIN}\nNot measured yet.\n{END}"
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    lines = [
        f"| {row.file} | {row.megabytes:g} | {row.command} | {row.wall:.2f} | "
        f"{row.wall_ratio:.2f} ({row.lowest_ratio:.2f} to {row.highest_ratio:.2f}) | {row.processor_ratio:.2f} | "
        f"{row.peak:.0f} |"
        for row in (Row(**one) for one in kept["rows"])
    ]
    table = "\n".join(
        [
            "| file | MB | command | seconds | wall ÷ first | processor ÷ first | peak MB |",
            "|---|---|---|---|---|---|---|",
            *lines,
        ]
    )
    return f"""{BEGIN}
Whole processes on the same file, in alternation; medians of the ratio within a round, with its range. *statistics* is
everything one pass gives (types, moments, covariance, distinct values, repeated rows, sample); *study* adds target,
encoding, conditioning and the noise estimate. The first command of a file is what the others are divided by. Made by
`{kept["command"]}` on {kept["processors"]} processors{kept.get("note", "")}.

{table}
{END}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, nargs="+", default=[10, 200])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parquet", action="store_true", help="measure a Parquet copy of each file, too")
    parser.add_argument("--wide", type=int, nargs="*", default=[], help="columns of wide files")
    parser.add_argument("--folder", type=Path, help="keep the files here instead of a temporary folder")
    parser.add_argument("--note", default="", help="what to say about the machine on the page")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/profiling.json")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        for megabytes in options.megabytes:
            path = folder / f"table-{megabytes}mb.csv"
            if not path.exists():
                write_table(path, megabytes * ROWS_PER_MEGABYTE, seed=options.seed)
            paths = [path]
            if options.parquet:
                import duckdb

                paths.append(path.with_suffix(".parquet"))
                duckdb.sql(f"copy (from '{path}') to '{paths[-1]}' (compression zstd)")
            for one in paths:
                rows += printed(compare(one, options.rounds, COMMANDS))
        for columns in options.wide:
            path = folder / f"wide-{columns}.csv"
            if not path.exists():
                write_wide(path, columns, seed=options.seed)
            rows += printed(compare(path, options.rounds, WIDE_COMMANDS))
    if options.save:
        import duckdb

        told = re.sub(r"--folder \S+ ?", "", " ".join(sys.argv[1:]).partition(" --note")[0])
        result = {
            "command": f"python -m benchmarks.profiling {told}",
            "versions": {"python": platform.python_version(), "duckdb": duckdb.__version__, "numpy": np.__version__},
            "processors": os.cpu_count(),
            "note": f", {options.note}" if options.note else "",
            "rows": [asdict(row) for row in rows],
        }
        RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{before}{section()}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
