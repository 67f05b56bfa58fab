"""What is kept of a table and its model, so that a program can read and build both again without advisor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.inspection.presets import preset
from advisor.inspection.sklearn_models import network_of
from advisor.preparation.models import PreparedModel, is_estimator, is_preset
from advisor.profiling.reading.date_formats import COUNTED
from advisor.profiling.reading.table import Table
from advisor.profiling.reading.text_column import TextColumn
from advisor.profiling.reading.text_relation import TextFile
from advisor.profiling.study import Study
from advisor.results import ColumnReading, FileReading, ModelRecipe, TableFormat, TableJob, TextReading


def table_job(
    study: Study, model: Any, ready: PreparedModel, loss: str | Callable[..., Any], *, inputs: int
) -> TableJob:
    """Return how a studied table was read and which model was checked on it."""
    table = study.table
    return TableJob(
        format=_format_of(table),
        text=_text_reading(table.texts[0]) if table.texts else None,
        file=_file_reading(table),
        columns=_column_readings(table),
        inputs=inputs,
        model=model_recipe(model, ready),
        loss=loss if loss in {"mse", "cross_entropy"} else "own",
    )


def model_recipe(model: Any, ready: PreparedModel) -> ModelRecipe:
    """Return how to build a preset or the twin of an estimator; a module of the user's own stays their own."""
    if is_preset(model):
        found = preset(ready.name)
        match found.kind:
            case "linear" | "logistic":
                return ModelRecipe(kind="linear", initialization="zero")
            case "mlp":
                return ModelRecipe(kind="mlp", widths=found.sizes)
            case "resnet-tabular":
                return ModelRecipe(kind="resnet-tabular", widths=found.sizes[:1], blocks=found.sizes[1])
            case _:
                return ModelRecipe(kind="own")
    if not is_estimator(model):
        return ModelRecipe(kind="own")
    network = network_of(model)
    if network is None:
        return ModelRecipe(kind="linear", initialization="zero")
    return ModelRecipe(kind="mlp", widths=network.widths, activation=network.activation, initialization="glorot")


def _format_of(table: Table) -> TableFormat:
    """Return what a program reads the table from; ``written`` where it cannot repeat how it was read."""
    held = table.held
    if held is None:
        return "frame"
    packed = held.packing != "none" or held.member is not None
    match held.container:
        case "text" | "json" | "arff" | "workbook" | "parquet" | "arrow" if held.packing != "zstd":
            return held.container
        case "arrow_stream" | "orc" | "sqlite" | "duckdb" | "npy" | "npz" if not packed:
            return held.container
        case _:
            return "written"


def _file_reading(table: Table) -> FileReading:
    held = table.held
    if held is None or held.packing == "zstd":
        return FileReading(keys=table.keys)
    return FileReading(part=held.part, arrays=held.arrays, member=held.member, packing=held.packing, keys=table.keys)


def _column_readings(table: Table) -> tuple[ColumnReading, ...]:
    """Return how every column was read: of a text as its cells were, of typed cells by their kind."""
    read = {column.name: column for column in (table.texts[0].columns if table.texts else table.words)}
    return tuple(
        _column_reading(read[column.name])
        if column.name in read
        else ColumnReading(name=column.name, storage=column.storage)
        for column in table.columns
    )


def _text_reading(file: TextFile) -> TextReading:
    dialect, source = file.dialect, file.source
    sums = None if file.sums is None else (file.columns[file.sums[0]].name, file.sums[1])
    return TextReading(
        encoding=source.encoding if source else "utf-8",
        delimiter=source.delimiter if source else dialect.delimiter,
        bounds=source.bounds if source else (),
        quote=source.quote if source else dialect.quote,
        escape=dialect.escape,
        skip=dialect.skip,
        has_names=not (source and source.bounds)
        and [name.strip() for name in dialect.names or ()] == [column.name for column in file.columns],
        uneven=dialect.uneven,
        sums=sums,
    )


def _column_reading(column: TextColumn) -> ColumnReading:
    number, date = column.number, column.date
    return ColumnReading(
        name=column.name,
        storage=column.storage,
        missing=column.nulls,
        decimal=number.decimal if number else ".",
        thousands=number.thousands if number else None,
        decorated=number is not None and number.decorated,
        date_format=date.pattern if date else None,
        counted=COUNTED.get(date.pattern or "") if date else None,
        rewritten=number.steps if number else date.steps if date else (),
        in_seconds=number is not None and number.sexagesimal == "seconds",
        in_degrees=number is not None and number.sexagesimal == "degrees",
        clock=date.clock if date else False,
    )
