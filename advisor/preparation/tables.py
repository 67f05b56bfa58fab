"""A table and a model: rows encoded once, for presets, estimators and modules alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisor.errors import DataError, PlanError
from advisor.facts import DataFacts, Facts, Plan
from advisor.preparation.models import (
    TABLE_LOSS,
    PreparedModel,
    Sizes,
    inspect_module,
    is_estimator,
    is_preset,
    linear_model,
    prepare_estimator,
    prepare_preset,
)
from advisor.preparation.plans import with_hints, with_loss
from advisor.preparation.prepared import Prepared
from advisor.preparation.table_jobs import table_job
from advisor.profiling import ReadingOptions, encode
from advisor.profiling.study import study
from advisor.progress import Progress

MOST_COLUMNS = 8
"""Columns that an error names at most. Judgement: a line or two."""


def _without_target(data: DataFacts) -> str:
    """Say why no column to predict was found, by what the columns are."""
    shown = ", ".join(f"{column.name!r} ({column.kind})" for column in data.columns[:MOST_COLUMNS])
    more = f" and {len(data.columns) - MOST_COLUMNS} more" if len(data.columns) > MOST_COLUMNS else ""
    return (
        f"no column to predict was found among {shown}{more}; a table needs numbers or classes to predict, and numbers "
        "or classes or dates to predict them from. If both are there, name the one to predict with target (--target)"
    )


def prepare_table(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None,
    *,
    plan: Plan,
    target: str | None,
    validation: Any,
    reading: ReadingOptions | Mapping[str, Any] | None = None,
    memory: str | None,
    seed: int,
    progress: Progress,
) -> Prepared:
    """Profile and encode a table, and prepare a model for its encoded rows.

    Raises:
        InputError: table, target, model or plan cannot be used.
    """
    if validation is not None:
        raise DataError("validation: a table is split by advisor itself; leave validation out")
    table = study(train, target=target, reading=reading, memory=memory, seed=seed, progress=progress)
    data = table.facts
    if data.task is None or data.task not in TABLE_LOSS:
        raise DataError(f"{table.source_name}: {_without_target(data)}")
    progress("encoding the table", None)
    encoded = encode(table, seed=seed)
    own_loss = loss or TABLE_LOSS[data.task]
    if own_loss == "binary_cross_entropy" and (is_preset(model) or is_estimator(model)):
        own_loss = "cross_entropy"  # the same, for models that we make with an output per class
    sizes = Sizes(encoded.x.shape[1], len(encoded.class_names) or 1)
    ready = _prepare_model(model, data, sizes)
    if plan.batch_size is not None and data.rows is not None and plan.batch_size > data.rows:
        raise PlanError(
            f"batch_size={plan.batch_size} is larger than the {data.rows} training rows of {table.source_name}"
        )
    return Prepared(
        facts=Facts(data=data, model=ready.facts, plan=with_loss(with_hints(plan, ready.hints), own_loss)),
        source_name=table.source_name,
        model_name=ready.name,
        model=ready.model,
        train=(encoded.x, encoded.y),
        validation=None,
        loss=own_loss,
        seed=seed,
        linear=linear_model(data, ready.facts, sizes),
        table=table_job(table, model, ready, own_loss, inputs=sizes.inputs),
        positions=encoded.positions.tolist(),
        counted_from=1 if table.holds_all_rows else None,
    )


def _prepare_model(model: Any, data: DataFacts, sizes: Sizes) -> PreparedModel:
    if is_preset(model):
        return prepare_preset(model, data, sizes)
    if is_estimator(model):
        return prepare_estimator(model, data, sizes)
    facts, name = inspect_module(model, data)
    return PreparedModel(facts, model, name, Plan())
