"""A training log of any framework to a history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from advisor.cleaning import plain
from advisor.diagnosis.columns import HELD_OUT, error_role, listed, role_of, words_of
from advisor.diagnosis.formats import console, delimited, json_rows, printed_lists
from advisor.diagnosis.formats.cells import Cell, Table, cell, flattened, table_of_rows
from advisor.diagnosis.formats.documents import rows_of
from advisor.diagnosis.formats.files import read_text
from advisor.diagnosis.formats.foreign_words import in_english
from advisor.diagnosis.formats.latex import without_latex
from advisor.diagnosis.formats.messages import lines_inside
from advisor.diagnosis.formats.notebooks import rows_of_page, shown_in
from advisor.diagnosis.formats.numerals import in_numerals
from advisor.diagnosis.formats.printed_line import literal
from advisor.diagnosis.formats.tensorboard import PATTERN, scalars_under
from advisor.diagnosis.formats.trials import trials_in
from advisor.diagnosis.history import ColumnChoice, History, Series, Unit
from advisor.diagnosis.rows import epochs_in, series_of
from advisor.diagnosis.selection import choose, choose_loss, choose_rate, distinct
from advisor.diagnosis.several_runs import of_one_run, refuse_several_runs
from advisor.errors import DataError
from advisor.files import MAX_NAME, reason

LEAST: Final = 5
"""Points of a loss below which there is nothing to read. Judgement: fewer have no shape."""

_SCORES: Final = frozenset({"acc", "accuracy", "f1", "auc", "auroc", "r2", "bleu", "map", "iou", "reward", "return"})
MOST_PRINTED: Final = 1 << 20
"""Characters of a printed dictionary that is read. Judgement: longer ones are written as JSON."""

MOST_METRICS: Final = 500
"""Files of a folder of metrics that are read. Judgement: no run logs as many."""

_MLFLOW: Final = re.compile(r"^\d{12,} (\S+) (\d+)$", re.MULTILINE)
"""A line of a metric file of MLflow: milliseconds, value, step."""

KNOWN_FILES: Final = (
    *("metrics.csv", "trainer_state.json", "results.csv", "metrics.json", "history.csv", "history.jsonl", "lcurve.out"),
)
FORMS: Final = (
    "a CSV file or another table, JSON or JSON lines, a trainer_state.json, the lines that a training loop printed, "
    "a folder with TensorBoard events or one of these files, a data frame, a dict of lists, a list of dicts, or a "
    "Keras History"
)


@dataclass(frozen=True, slots=True)
class _Log:
    """Series of a log with the unit, the column of their positions, and the epochs that they cover."""

    series: list[Series]
    unit: Unit
    position: str | None = None
    epochs: float | None = None


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
        log: a path (a table, JSON, Hugging Face's ``trainer_state.json``, printed lines, TensorBoard events), a data
            frame, a dict of lists, a list of dicts (``trainer.state.log_history``), a Keras ``History``, or a
            ``History``.
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
    found = _log(log, source)
    series = of_one_run(found.series, (loss_column, validation_column), source)
    train = choose_loss(series, "loss", loss_column, source)
    held_out = choose_loss(series, "validation_loss", validation_column, source)
    if train is None and held_out is None:
        raise DataError(f"{source}: {_no_loss(series)}")
    longest = max(len(item.series) for item in (train, held_out) if item is not None)
    if longest < LEAST:
        if longest == 1:
            raise DataError(
                f"{source}: holds one value of each number, as the summary of a run does; give its history, which has "
                "a loss for each step or epoch: the log that the training wrote, or what its tracker exports of a chart"
            )
        raise DataError(f"{source}: only {longest} points of a loss were logged; at least {LEAST} are needed")
    rate, groups = choose_rate(series, rate_column, source)
    norm = choose(series, "gradient_norm", norm_column, source)
    chosen = [item for item in (train, held_out, rate, norm) if item is not None]
    used = {item.series.name for item in chosen} | {found.position}
    position = () if found.position is None else (ColumnChoice("position", (found.position,)),)
    return History(
        source=source,
        unit=found.unit,
        loss=train.series if train else None,
        validation_loss=held_out.series if held_out else None,
        learning_rate=rate.series if rate else None,
        gradient_norm=norm.series if norm else None,
        epochs=found.epochs,
        others=tuple(item for item in series if item.name not in used and len(item)),
        choices=(*(item.choice for item in chosen), *position),
        rate_groups=groups if len(distinct(groups)) > 1 or any(group.falls_first for group in groups) else (),
    )


def _no_loss(series: Sequence[Series]) -> str:
    """Say why there is no loss among the series, and what to do."""
    roles = {"loss", "validation_loss"}
    empty = [item.name for item in series if not len(item) and roles & {role_of(item.name), error_role(item.name)}]
    if empty:
        said = "column {} holds no number" if len(empty) == 1 else "columns {} hold no numbers"
        return f"the {said.format(listed(empty))}; log the loss as a number in every row"
    if all(len(item) < 2 for item in series):
        return "no line names a loss, and no table holds numbers; give a table, or lines such as 'step 10 loss 0.5'"
    names = [item.name for item in series if role_of(item.name) not in {"step", "epoch"}]
    hint = "name it with --loss-column, in Python loss_column=..., or log it as loss, train_loss or val_loss"
    if any(_SCORES & set(words_of(name)) for name in names):
        hint += "; accuracies and other scores cannot stand in for it: they hide how far from right a model is"
    return f"no column is recognised as a loss (columns found: {listed(names)}); {hint}"


def _log(log: Any, source: str) -> _Log:
    if isinstance(log, str | Path):
        return _from_path(Path(log), source)
    if hasattr(log, "history") and isinstance(log.history, Mapping):  # Keras' History, without importing Keras
        epochs = getattr(log, "epoch", None)
        return _from_object({**({"epoch": list(epochs)} if epochs else {}), **log.history}, source)
    if hasattr(log, "to_dict") and hasattr(log, "columns"):  # a pandas or polars frame, without importing either
        columns = {str(column): [cell(value) for value in log[column].to_list()] for column in log.columns}
        return _from_table(Table(columns, nan_may_be_gap=True), source)
    return _from_object(log, source)


def _from_table(table: Table, source: str) -> _Log:
    refuse_several_runs(table, source)
    series, unit, position = series_of(table)
    return _Log(series, unit, position, epochs_in(table))


def _from_path(path: Path, source: str) -> _Log:
    if _is_folder(path):
        for known in KNOWN_FILES:
            if (path / known).is_file():
                return _from_path(path / known, source)
        logged = _metrics_under(path if path.name == "metrics" else path / "metrics")
        if logged:
            return _from_table(table_of_rows(logged), source)
        if not any(path.rglob(PATTERN)):
            raise DataError(
                f"{path}: the folder holds neither TensorBoard events ({PATTERN}) nor {', '.join(KNOWN_FILES)}; "
                "give the log file itself"
            )
        return _from_events(path)
    if "tfevents" in path.name:
        return _from_events(path)
    return _from_text(read_text(path), path, source)


def _metrics_under(folder: Path) -> list[dict[str, float]]:
    """Return a row per value of a run's folder of MLflow, one file for each metric; empty for any other folder."""
    rows = []
    for path in sorted(folder.rglob("*"))[:MOST_METRICS] if folder.is_dir() else ():
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            rows += [{"step": int(step), name: float(value)} for value, step in _metric_lines(read_text(path))]
    return sorted(rows, key=lambda row: row["step"])


def _metric_lines(text: str) -> list[tuple[str, str]]:
    """Return values and steps of a metric file of MLflow; empty for any other text."""
    found = _MLFLOW.findall(text)
    whole = len(found) == len(text.split("\n")) - text.endswith("\n")
    return found if whole and all(cell(value) is not None for value, _ in found) else []


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:
        raise DataError(
            f"{plain(str(path), MAX_NAME)}: cannot be read ({reason(error)}); give a training log of one run"
        ) from error


def _from_events(path: Path) -> _Log:
    series = scalars_under(path)
    epochs = {item.name: item.values.tolist() for item in series if role_of(item.name) == "epoch"}
    return _Log(series, "step", "step", epochs_in(Table(epochs)) if epochs else None)


def _from_text(text: str, path: Path, source: str) -> _Log:
    if json_rows.looks_like_json(text):
        document = json_rows.parse(text, source)
        points = json_rows.points_of(document)
        if points is not None:
            return _from_table(_with_named_value(table_of_rows(points), path), source)
        shown = shown_in(document)
        lines = shown if shown is not None else lines_inside(document)
        return _from_object(document, source) if lines is None else _from_text(lines, path, source)
    trials = trials_in(text)
    if trials:
        raise DataError(
            f"{source}: holds {trials} trials of a search with a line for each, and a diagnosis is of one run; "
            "give the log of one trial, which has a loss for each step or epoch"
        )
    page = rows_of_page(text)
    if page:
        return _from_table(table_of_rows(page), source)
    text = in_numerals(in_english(without_latex(text)))
    whole = _printed_whole(text)
    if whole is not None:
        return _from_object(whole, source)
    lists = printed_lists.columns_of(text)
    if lists:
        return _from_table(Table(lists), source)
    rows = console.parse(text)
    if rows:
        return _from_table(table_of_rows(rows), source)
    metric = _metric_lines(text)
    if metric:
        points = [{"step": int(step), "Value": float(value)} for value, step in metric]
        return _from_table(_with_named_value(table_of_rows(points), path), source)
    table = delimited.parse(console.ESCAPES.sub("", text), source, least=LEAST)
    return _from_table(_with_named_value(table, path), source)


def _printed_whole(text: str) -> Mapping[str, Any] | Sequence[Any] | None:
    """Return what a program printed as a whole: a dictionary of lists, as Keras' history, or a list of dictionaries.

    None for any other text.
    """
    start = text.strip()
    ends = (start[:1], start[-1:])
    if len(start) > MOST_PRINTED or "{" not in start or "[" not in start or ends not in {("{", "}"), ("[", "]")}:
        return None
    if ends == ("[", "]"):
        inside = literal(f"{{'rows': {start}}}")
        return inside["rows"] if inside is not None else None
    found = literal(start)
    return found if found is not None and all(isinstance(values, list) for values in found.values()) else None


def _with_named_value(table: Table, path: Path) -> Table:
    """Return a TensorBoard download with its value named: after the tag in the file's name, else as the loss.

    TensorBoard calls the file ``run-<run>-tag-<tag>.csv``.
    """
    value = next((name for name in table.columns if name.lower() == "value"), None)
    if value is None or any(role_of(name) in {"loss", "validation_loss"} for name in table.columns):
        return table
    tag = path.stem.rpartition("tag-")[2]
    name = tag if role_of(tag) is not None else "val_loss" if HELD_OUT & set(words_of(path.stem)) else "loss"
    columns = {name if column == value else column: values for column, values in table.columns.items()}
    return Table(columns, table.nan_may_be_gap, table.float_epochs)


def _from_object(log: Any, source: str) -> _Log:
    if isinstance(log, Mapping):
        if {"symptoms", "recipe", "schema_version"} <= log.keys():
            raise DataError(f"{source}: this is a diagnosis and no log; `advisor report {source}` draws its page")
        for inner in ("log_history", "history"):
            if isinstance(log.get(inner), list | dict):
                return _from_object(log[inner], source)
        rows = rows_of(log)
        if rows:
            return _from_table(table_of_rows(rows), source)
        columns = {name: _column(values) for name, values in flattened(log)}
        single = {name: [cell(value)] for name, value in flattened(log) if cell(value) is not None}
        if not any(columns.values()) and any(role_of(name) in {"loss", "validation_loss"} for name in single):
            columns = single
        if any(columns.values()):
            return _from_table(Table({name: column for name, column in columns.items() if column}), source)
    elif isinstance(log, Sequence) and log and all(isinstance(row, Mapping) for row in log):
        return _from_table(table_of_rows(log), source)
    elif isinstance(log, Sequence | np.ndarray) and len(log) and all(cell(value) is not None for value in log):
        return _from_table(Table({"loss": _column(log)}), source)
    raise DataError(f"{source}: not a training log; give {FORMS}")


def _column(values: Any) -> list[Cell]:
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        return []
    return [cell(value) for value in values]
