"""From a source to its facts and a sample, in one pass."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from advisor.border import checks_input
from advisor.errors import DataError
from advisor.facts import ColumnFacts, DataFacts, NoiseFacts, ScaleFacts, ShapeFacts, TargetFacts
from advisor.facts.names import Task
from advisor.profiling.accumulators.scan import SAMPLE_ROWS, Scan
from advisor.profiling.conditioning import conditioning_of
from advisor.profiling.correlation import correlation_of
from advisor.profiling.encoding.encode import Design, encode_design
from advisor.profiling.engines.scan import distributed, scan_distributed
from advisor.profiling.kinds import column_facts
from advisor.profiling.missing_patterns import missing_patterns
from advisor.profiling.noise.estimate import estimate_noise
from advisor.profiling.reading.duck import Duck, ReadFailure
from advisor.profiling.reading.open import open_table
from advisor.profiling.reading.options import ReadingOptions, reading_options
from advisor.profiling.reading.revision import name_losses, revised
from advisor.profiling.reading.table import EmptyRows, Table, without_empty_rows
from advisor.profiling.remarks import codes_among_numbers, tells_the_target
from advisor.profiling.samples.describe import facts_of_samples
from advisor.profiling.samples.draw import draw, holds_samples
from advisor.profiling.series import series_note, time_order
from advisor.profiling.target import choose_target, task_of
from advisor.progress import Progress, silent
from advisor.statistics.one_thread import one_thread

BATCH_ROWS = 65_536
"""Judgement: 64 Ki rows keep a batch of a wide table in memory and Python out of the way."""
RARE_CLASS = 0.01
"""Share of the rows below which a class is remarked on. Judgement: every third batch of 100 then holds none."""


@dataclass(frozen=True, slots=True)
class Study:
    """What one pass over a table yields.

    Attributes:
        facts: of the whole table.
        sample: at most 100,000 of its rows, seeded, columns typed.
        source_name: without a path.
        table: how it was read.
    """

    facts: DataFacts
    sample: pa.Table
    source_name: str
    table: Table

    @property
    def holds_all_rows(self) -> bool:
        """Whether the sample is the whole table."""
        return self.sample.num_rows < SAMPLE_ROWS


@checks_input
def profile(
    source: Any,
    *,
    target: str | None = None,
    task: Task | None = None,
    reading: ReadingOptions | Mapping[str, Any] | None = None,
    memory: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> DataFacts:
    """Return the facts of a table, or of samples: images, sequences and text in arrays, data sets and loaders.

    Args:
        source: what :func:`study` takes; a tensor of more than two dimensions, a pair (X, y) of such, a ``Dataset`` or
            a ``DataLoader``, of which a bounded number of samples is drawn.
        target: column to predict, of a table.
        task: what is predicted; None: read off the target.
        reading: how a file of text is to be read.
        memory: limit while reading, such as ``"500MB"``.
        seed: of samples and estimates.
        progress: called with what is being done and the share done.

    Raises:
        DataError: see :func:`study`.
    """
    if holds_samples(source):
        if target is not None:
            raise DataError(f"target={target!r} names a column, and samples have none; leave it out")
        return facts_of_samples(draw(source, seed), type(source).__name__, task=task, seed=seed)
    return study(source, target=target, task=task, reading=reading, memory=memory, seed=seed, progress=progress).facts


def study(
    source: Any,
    *,
    target: str | None = None,
    task: Task | None = None,
    reading: ReadingOptions | Mapping[str, Any] | None = None,
    memory: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Study:
    """Read a table once and describe it.

    Args:
        source: path, folder, glob or address of CSV or other text, Parquet, JSON, Excel, SQLite, DuckDB, Arrow, ORC,
            ARFF or numpy files, also packed; "-" for standard input; a frame, Arrow object, DuckDB relation, data set
            of Hugging Face, array, tensor or sparse matrix; or a pair (X, y).
        target: column to predict; None: guessed, and the notes say so.
        task: what is predicted; None: read off the target.
        reading: how a file of text is to be read, such as ``{"delimiter": ";", "decimal": ",", "na": ["-999"]}``; what
            it does not say is worked out from the file, and the notes say how. See ``ReadingOptions``.
        memory: limit while reading, such as ``"500MB"``.
        seed: of the sample and the noise estimate.
        progress: called with what is being done and the share done.

    Raises:
        DataError: the source cannot be read, or only in more than one way, or the target cannot be predicted.
    """
    options = reading_options(reading)
    with one_thread():
        return _study(source, target, task, options, memory, seed, progress)


def _study(
    source: Any,
    target: str | None,
    task: Task | None,
    options: ReadingOptions,
    memory: str | None,
    seed: int,
    progress: Progress,
) -> Study:
    scan = scan_table(source, options=options, memory=memory, seed=seed, progress=progress)
    name = scan.table.name
    if scan.rows < 2:
        raise DataError(f"{name}: has {scan.rows} rows; at least 2 are needed, and a few hundred to learn anything")
    sample = scan.sample()
    if isinstance(source, tuple) and target is None:
        target = scan.table.columns[-1].name
    columns = column_facts(scan, sample)
    chosen, guess = choose_target(columns, scan.table, target)
    columns = tuple(_with_role(column, chosen) for column in columns)
    if not any(column.role == "feature" for column in columns):
        raise DataError(
            f"{name}: no usable feature is left; every column is constant, empty, an identifier or free text. "
            f"{' '.join(scan.table.notes[:2])}"
        )
    target_column = next((column for column in columns if column.name == chosen), None)
    if task is None and target_column is not None:
        task = task_of(target_column, scan.rows)
    if target_column is not None and task is not None:
        told = tells_the_target(columns, sample, target_column, task)
        told |= codes_among_numbers(columns, sample, target_column, task)
        columns = tuple(_with_remark(column, told.get(column.name)) for column in columns)
    progress("encoding a sample", None)
    design = encode_design(sample, columns, chosen, task, seed=seed)
    progress("estimating noise", None)
    noise = NoiseFacts() if design.y is None else estimate_noise(design.x, design.y, task, seed=seed)
    notes = [note for note in (guess, series_note(columns, sample, target_column, task)) if note]
    facts = _facts(scan, sample, columns, design, target_column, task, noise, notes)
    if target_column is not None and task is not None and design.y is not None and len(design.y) < 2:
        raise DataError(f"{name}: fewer than 2 rows have a target {chosen!r}")
    return Study(facts, sample, name, scan.table)


def scan_table(
    source: Any,
    *,
    options: ReadingOptions | None = None,
    memory: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Scan:
    """Stream a table once through the accumulators, or again when its later lines show what its first did not.

    Raises:
        DataError: the source cannot be read.
    """
    options = options or ReadingOptions()
    partitions = distributed(source, options)
    if partitions is not None:
        name = Path(source).name if isinstance(source, str | os.PathLike) else f"{partitions.engine} table"
        return scan_distributed(partitions, name, options, seed, progress)
    duck = Duck(memory)
    try:
        progress("opening the table", None)
        table: Table | None = open_table(source, duck, options)
        while table is not None:
            if not table.columns:
                raise DataError(f"{table.name}: has no column of single values")
            duck.forget_rejects()
            scan, empty = _scan_once(table, duck, seed, progress)
            rejects = duck.rejects()
            present = np.maximum(scan.moments.count + scan.unreadable, 1)
            table = revised(table, rejects, (scan.unreadable / present).tolist(), duck, scan.inexact)
        scan.table = name_losses(scan.table, rejects, scan.rows, empty)
    except ReadFailure as failure:
        raise DataError(f"{getattr(source, 'name', source)}: cannot be read to its end ({failure.detail})") from failure
    finally:
        duck.close()
    return scan


def _scan_once(table: Table, duck: Duck, seed: int, progress: Progress) -> tuple[Scan, EmptyRows]:
    """Return a scan of all rows that hold anything, and how many rows of text hold nothing."""
    scan, empty = Scan(table, seed), EmptyRows()
    for batch in table.batches(duck, BATCH_ROWS):
        filled, left_out = without_empty_rows(batch, table) if table.texts else (batch, EmptyRows())
        empty += left_out
        scan.add(filled)
        share = None if table.expected_rows is None else min(scan.rows / max(table.expected_rows, 1), 1.0)
        progress(f"reading {table.name}: {scan.rows:,} rows", share)
    return scan, empty


def _with_remark(column: ColumnFacts, remark: str | None) -> ColumnFacts:
    if remark is None:
        return column
    return column.model_copy(update={"note": f"{column.note} {remark}" if column.note else remark})


def _with_role(column: ColumnFacts, target: str | None) -> ColumnFacts:
    return column.model_copy(update={"role": "target"}) if column.name == target else column


def _facts(
    scan: Scan,
    sample: pa.Table,
    columns: Sequence[ColumnFacts],
    design: Design,
    target: ColumnFacts | None,
    task: Task | None,
    noise: NoiseFacts,
    notes: list[str],
) -> DataFacts:
    features = [column for column in columns if column.role == "feature"]
    numeric = [column for column in features if column.kind in {"numeric", "integer"}]
    levels = [column.distinct or 0 for column in features if column.kind == "categorical"]
    rows = scan.rows if target is None else round(scan.rows * (1.0 - (target.missing or 0.0)))
    missing = [column.missing or 0.0 for column in features]
    dropped = [column for column in columns if column.role == "dropped"]
    notes += [f"{column.name!r} — {column.note}" for column in columns if column.note]
    notes += [f"{nested.name!r} was left out: it holds {nested.said}." for nested in scan.table.nested]
    notes += _target_notes(scan.rows, target, design)
    encoded = design.x.shape[1]
    if encoded > rows:
        notes.append(f"There are more model inputs ({encoded}) than rows ({rows}); expect overfitting.")
    return DataFacts(
        name=scan.table.name,
        modality="tabular",
        task=task,
        rows=max(rows, 1),
        features=len(features),
        encoded_features=encoded,
        numeric=len(numeric),
        categorical=len(levels),
        dropped=len(dropped),
        max_cardinality=max(levels, default=None),
        missing=float(np.mean(missing)) if missing else 0.0,
        max_missing=max(missing, default=0.0),
        nonfinite=0.0,  # infinite cells are taken as missing before they reach the model
        constant_columns=sum(column.kind == "constant" for column in columns),
        duplicates=max(0.0, 1.0 - min(1.0, scan.rows_hashed.count() / scan.rows)),
        sparsity=1.0 - np.count_nonzero(design.raw_x) / design.raw_x.size if design.raw_x.size else None,
        time_order=time_order(columns, sample),
        target_name=target.name if target else None,
        scale=_scale(numeric, design),
        shape=_shape(numeric),
        conditioning=conditioning_of(design.x, design.raw_x),
        correlation=correlation_of(scan, columns, target),
        target=_target(design, target, task),
        noise=noise,
        columns=tuple(columns),
        missing_patterns=missing_patterns(sample),
        reading=scan.table.notes,
        notes=tuple(notes),
    )


def _target_notes(rows: int, target: ColumnFacts | None, design: Design) -> list[str]:
    """Return what the user should know about the rows of the target: those without one, and rare classes."""
    if target is None:
        return []
    notes = []
    absent = round(rows * (target.missing or 0.0))
    if absent:
        notes.append(f"{absent:,} of {rows:,} rows have no {target.name!r} and were left out.")
    if design.class_names and design.y is not None and len(design.y):
        counts = np.bincount(design.y.astype(np.int64), minlength=len(design.class_names))
        rare = int(counts.argmin())
        if counts[rare] < RARE_CLASS * len(design.y):
            notes.append(
                f"Only {counts[rare]:,} of {len(design.y):,} rows have the class {design.class_names[rare]!r}: a model "
                "that never predicts it is right nearly always, and what is said about it rests on those rows alone."
            )
    return notes


def _scale(numeric: Sequence[ColumnFacts], design: Design) -> ScaleFacts:
    spreads = [column.std for column in numeric if column.std]
    if not spreads:
        return ScaleFacts(standardized=True)
    return ScaleFacts(
        ratio=max(spreads) / min(spreads),
        max_abs=max(max(abs(column.min or 0.0), abs(column.max or 0.0)) for column in numeric),
        rms=float(np.sqrt((design.x.astype(np.float64) ** 2).mean())) if design.x.size else None,
        offset_ratio=max(abs(column.mean or 0.0) / column.std for column in numeric if column.std),
        standardized=True,
    )


def _shape(numeric: Sequence[ColumnFacts]) -> ShapeFacts:
    varying = [column for column in numeric if column.std]
    if not varying:
        return ShapeFacts()
    reach = [
        max(abs((column.max or 0.0) - (column.mean or 0.0)), abs((column.min or 0.0) - (column.mean or 0.0)))
        / column.std
        for column in varying
        if column.std
    ]
    return ShapeFacts(
        max_skew=max(abs(column.skew or 0.0) for column in varying),
        max_kurtosis=max(column.kurtosis or 0.0 for column in varying),
        max_z=max(reach),
        outlier_share=max(column.outliers or 0.0 for column in varying),
    )


def _target(design: Design, target: ColumnFacts | None, task: Task | None) -> TargetFacts:
    if target is None or design.y is None:
        return TargetFacts()
    if task == "regression":
        std = target.std or 0.0
        reach = max(abs((target.max or 0) - (target.mean or 0)), abs((target.min or 0) - (target.mean or 0)))
        return TargetFacts(
            mean=0.0,
            std=1.0,
            offset_ratio=0.0,
            skew=target.skew,
            max_z=reach / std if std else None,
            standardized=True,
            entropy=1.0,
        )
    counts = np.bincount(design.y.astype(np.int64))
    counts = counts[counts > 0]
    shares = counts / counts.sum()
    return TargetFacts(
        classes=max(len(design.class_names), len(counts)),
        minority_share=float(shares.min()),
        imbalance=float(counts.max() / counts.min()),
        entropy=float(-(shares * np.log(shares)).sum()),
    )
