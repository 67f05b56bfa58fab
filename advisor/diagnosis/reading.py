"""A training log of any framework to a history."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from advisor.diagnosis.columns import listed, pick, role_of, words_of
from advisor.diagnosis.history import History, Series, Unit
from advisor.diagnosis.rows import Cell, cell, columns_of, epochs_in, series_of
from advisor.diagnosis.tensorboard import PATTERN, scalars_under
from advisor.errors import DataError

LEAST: Final = 5
"""Points of a loss below which there is nothing to read."""

MAX_BYTES: Final = 1 << 29
_SCORES: Final = frozenset({"acc", "accuracy", "f1", "auc", "auroc", "r2", "bleu", "map", "iou", "reward", "return"})
KNOWN_FILES: Final = ("metrics.csv", "trainer_state.json", "history.csv", "history.jsonl")
FORMS: Final = (
    "a CSV or TSV file, JSON lines, a trainer_state.json, a folder with TensorBoard events or one of these files, "
    "a data frame, a dict of lists, a list of dicts, or a Keras History"
)


def read_history(
    log: Any,
    *,
    loss_column: str | None = None,
    validation_column: str | None = None,
    rate_column: str | None = None,
    norm_column: str | None = None,
    name: str | None = None,
) -> History:
    """Read a training log.

    Args:
        log: a path (CSV, TSV, JSON lines, Hugging Face's ``trainer_state.json``, TensorBoard events), a pandas frame, a
            dict of lists, a list of dicts (``trainer.state.log_history``), a Keras ``History``, or a ``History``.
        loss_column: column of the training loss; None: recognised by its name. So are the others.
        validation_column: column of the held-out loss.
        rate_column: column of the learning rate.
        norm_column: column of the gradient norm.
        name: what messages call the log; None: its file name or type.

    Raises:
        DataError: it cannot be read, no loss is recognised (the message names the columns found), or it is too short.
    """
    if isinstance(log, History):
        return log
    source = name or (Path(log).name if isinstance(log, str | Path) else f"the {type(log).__name__}")
    series, unit = _series(log, source)
    train = pick(series, "loss", loss_column, source)
    held_out = pick(series, "validation_loss", validation_column, source)
    if train is None and held_out is None:
        raise DataError(f"{source}: {_no_loss(series)}")
    longest = max(len(item) for item in (train, held_out) if item is not None)
    if longest < LEAST:
        raise DataError(f"{source}: only {longest} points of a loss were logged; at least {LEAST} are needed")
    return History(
        source=source,
        unit=unit,
        loss=train,
        validation_loss=held_out,
        learning_rate=pick(series, "learning_rate", rate_column, source),
        gradient_norm=pick(series, "gradient_norm", norm_column, source),
        epochs=epochs_in(series),
    )


def _no_loss(series: Sequence[Series]) -> str:
    """Say why there is no loss among the series, and what to do."""
    empty = [item.name for item in series if role_of(item.name) in {"loss", "validation_loss"}]
    if empty:
        return f"the column {listed(empty)} holds no number; log the loss as a number in every row"
    names = [item.name for item in series if role_of(item.name) not in {"step", "epoch"}]
    hint = "name it with --loss-column, in Python loss_column=..., or log it as loss, train_loss or val_loss"
    if any(_SCORES & set(words_of(name)) for name in names):
        hint += "; accuracies and other scores cannot stand in for it: they hide how far from right a model is"
    return f"no column is recognised as a loss (columns found: {listed(names)}); {hint}"


def _series(log: Any, source: str) -> tuple[list[Series], Unit]:
    if isinstance(log, str | Path):
        return _from_path(Path(log), source)
    if hasattr(log, "history") and isinstance(log.history, Mapping):  # Keras' History, without importing Keras
        epochs = getattr(log, "epoch", None)
        table = {**({"epoch": list(epochs)} if epochs else {}), **log.history}
        return _from_object(table, source)
    if hasattr(log, "to_dict") and hasattr(log, "columns"):  # a pandas or polars frame, without importing either
        table = {str(column): [cell(value) for value in log[column].to_list()] for column in log.columns}
        return series_of(table, ambiguous=True)
    return _from_object(log, source)


def _from_path(path: Path, source: str) -> tuple[list[Series], Unit]:
    if path.is_dir():
        for known in KNOWN_FILES:
            if (path / known).is_file():
                return _from_path(path / known, source)
        if not any(path.rglob(PATTERN)):
            raise DataError(
                f"{path}: the folder holds neither TensorBoard events ({PATTERN}) nor {', '.join(KNOWN_FILES)}; "
                "give the log file itself"
            )
        return scalars_under(path), "step"
    if "tfevents" in path.name:
        return scalars_under(path), "step"
    text = _text(path)
    if path.suffix.lower() == ".jsonl" or (text.lstrip()[:1] == "{" and path.suffix.lower() != ".json"):
        return series_of(columns_of(_json_lines(text, source)))
    if path.suffix.lower() == ".json" or text.lstrip()[:1] in {"{", "["}:
        return _from_object(_json(text, source), source)
    return series_of(_csv(text, source))


def _from_object(log: Any, source: str) -> tuple[list[Series], Unit]:
    if isinstance(log, Mapping):
        if {"symptoms", "recipe", "schema_version"} <= log.keys():
            raise DataError(f"{source}: this is a diagnosis and no log; `advisor report {source}` draws its page")
        for inner in ("log_history", "history"):
            if isinstance(log.get(inner), list | dict):
                return _from_object(log[inner], source)
        table = {str(name): _column(values) for name, values in log.items()}
        if any(table.values()):
            return series_of({name: column for name, column in table.items() if column})
    elif isinstance(log, Sequence) and log and all(isinstance(row, Mapping) for row in log):
        return series_of(columns_of(log))
    elif isinstance(log, Sequence | np.ndarray) and len(log) and all(cell(value) is not None for value in log):
        return series_of({"loss": _column(log)})
    raise DataError(f"{source}: not a training log; give {FORMS}")


def _column(values: Any) -> list[Cell]:
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        return []
    return [cell(value) for value in values]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path.name}: larger than {MAX_BYTES >> 20} MB; give the log of one run")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a training log ({error}); give {FORMS}") from error


def _json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{source}: cannot be read as JSON ({error})") from error


def _json_lines(text: str, source: str) -> list[Mapping[str, Any]]:
    lines = [line for line in text.splitlines() if line.strip()]
    rows: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            if number == len(lines) and rows:
                break  # cut short by the crash one wants to understand
            raise DataError(f"{source}: line {number} is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise DataError(f"{source}: line {number} must be a JSON object such as {{'step': 10, 'loss': 0.5}}")
        rows.append(row)
    return rows


def _csv(text: str, source: str) -> dict[str, list[Cell]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise DataError(f"{source}: the file is empty; give a log with a header and at least {LEAST} rows")
    separator = max(("\t", ";", ","), key=lambda mark: (lines[0].count(mark), mark == ","))
    try:
        header, *rows = list(csv.reader(lines, delimiter=separator))
    except csv.Error as error:
        raise DataError(f"{source}: cannot be read as CSV ({error})") from error
    names = [name.strip() for name in header]
    if names and all(cell(name) is not None for name in names):
        raise DataError(f"{source}: the first line holds numbers; give the columns names, such as step,loss,val_loss")
    filled = [row + [""] * (len(names) - len(row)) for row in rows if row != header]
    return {name: [cell(row[index]) for row in filled] for index, name in enumerate(names) if name}
