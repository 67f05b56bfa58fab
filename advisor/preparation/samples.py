"""Samples and a model: arrays, tensors, datasets and loaders reach the model exactly as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.errors import DataError, PlanError
from advisor.facts import DataFacts, Facts, Plan
from advisor.facts.names import Task
from advisor.preparation.losses import kind_of
from advisor.preparation.models import (
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
from advisor.preparation.prepared import LinearModel, Prepared
from advisor.profiling.arrays import facts_of_arrays
from advisor.results import Remark, remark

if TYPE_CHECKING:
    from advisor.training.samples import Samples

FACT_SAMPLES = 20_000
"""Samples that facts are computed from: as many as rows of a design matrix. Judgement: both see one sample."""

FACT_NUMBERS = 1 << 22
"""Input numbers that facts are computed from. Judgement: 20,000 rows of 200 columns, and 27 pictures of 224 × 224,
which tell the average pixel as well."""

MAX_CLASSES = 1_000
"""Whole numbers from 0 on are labels up to here. Judgement: as many as ImageNet's classes; more look like a count."""


def prepare_samples(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None,
    *,
    plan: Plan,
    validation: Any,
    seed: int,
    computable: bool = True,
) -> Prepared:
    """Hold samples in memory, describe them, and prepare a model for them.

    Raises:
        InputError: data, model, loss or plan cannot be used.
    """
    from advisor.training.finite import check_finite  # noqa: PLC0415 - imports torch, which a table does not need
    from advisor.training.sources import is_indexed, samples_of  # noqa: PLC0415 - imports torch

    samples = samples_of(train, seed=seed)
    by_us = is_preset(model) or is_estimator(model)
    in_full = plan.precision in {None, "float32"}  # in another precision than the run's, a loss is not computed
    chosen = _chosen_loss(model, samples, loss, seed, by_us=by_us, computable=computable and in_full)
    data = _facts_of(samples, chosen.described, seed)
    if by_us:
        check_finite(samples, "train")
    ready = _prepare_model(model, samples, data, chosen.loss, seed)
    hints = with_hints(ready.hints, Plan(batch_size=samples.batch_size))
    return Prepared(
        facts=Facts(data=data, model=ready.facts, plan=with_loss(with_hints(plan, hints), chosen.described)),
        source_name=data.name or ("(X, y)" if isinstance(train, tuple) else type(train).__name__),
        model_name=ready.name,
        model=ready.model,
        train=samples,
        validation=validation,
        loss=chosen.loss,
        seed=seed,
        linear=_linear(model, data, ready),
        notes=(*samples.notes, *chosen.notes),
        positions=range(samples.n) if samples.tree is not None else None,
        counted_from=0 if is_indexed(train) and samples.total == samples.n else None,
        interrupted=chosen.interrupted,
    )


@dataclass(frozen=True, slots=True)
class _ChosenLoss:
    """What is minimised.

    Attributes:
        loss: that is trained with.
        described: that facts are told of: the name of what a function computes, where it has one. The function itself
            trains, as it may do more than that later on.
        notes: on how it was chosen.
        interrupted: the user stopped that.
    """

    loss: str | Callable[..., Any]
    described: str | Callable[..., Any]
    notes: tuple[Remark, ...] = ()
    interrupted: bool = False


def _chosen_loss(
    model: Any, samples: Samples, loss: str | Callable[..., Any] | None, seed: int, *, by_us: bool, computable: bool
) -> _ChosenLoss:
    """Return the loss that was given; else the module's own; or the one that y asks for.

    Args:
        model: a module, a function that makes one, an estimator or a preset.
        samples: that it is trained on.
        loss: as given.
        seed: of the weights.
        by_us: the model is a preset or an estimator.
        computable: the loss of a batch may be computed.
    """
    from advisor.training.loss_recognition import recognized  # noqa: PLC0415 - imports torch, which a table does not need

    if loss is not None:
        try:
            name = recognized(loss, model, samples, seed) if callable(loss) and computable and not by_us else None
        except KeyboardInterrupt:  # the rules answer without it
            return _ChosenLoss(loss, loss, interrupted=True)
        if name is None:
            return _ChosenLoss(loss, loss)
        return _ChosenLoss(loss, name, (remark("loss_has_a_name", loss=name),))
    if not by_us:
        return _ChosenLoss("model", "model")
    pair = samples.pair(FACT_SAMPLES)
    if pair is None:
        raise PlanError('loss: give "mse", "cross_entropy", a criterion or a function loss(model, batch) -> scalar')
    y = pair[1].detach().cpu().numpy()
    if np.issubdtype(y.dtype, np.floating):
        return _ChosenLoss("mse", "mse", (remark("loss_for_floats"),))
    classes = len(np.unique(y))
    if y.dtype == np.bool_ or ((int(y.min()), int(y.max())) == (0, classes - 1) and classes <= MAX_CLASSES):
        return _ChosenLoss("cross_entropy", "cross_entropy", (remark("loss_for_labels", labels=classes),))
    raise PlanError(
        f"loss: y holds whole numbers from {y.min()} to {y.max()}, which may be labels or counts; give loss="
        '"mse" for numbers, or number the labels from 0 on and give "cross_entropy"'
    )


def _prepare_model(
    model: Any, samples: Samples, data: DataFacts, loss: str | Callable[..., Any], seed: int
) -> PreparedModel:
    if is_preset(model):
        pair = samples.pair(8)
        if pair is None or data.features is None:
            raise DataError(f"train: the preset {model!r} wants samples (x, y)")
        return prepare_preset(model, data, Sizes(data.features, data.target.classes or 1, pair[0]))
    if is_estimator(model):
        if data.encoded_features is None:
            raise DataError("train: an estimator needs a table or (X, y) with X of shape (rows, features)")
        twin = prepare_estimator(model, data, Sizes(data.encoded_features, data.target.classes or 1))
        facts, name = inspect_module(twin.model, data)
        return PreparedModel(facts, twin.model, name, twin.hints)
    facts, name = inspect_module(_with_shapes(model, samples, loss, seed), data)
    return PreparedModel(facts, model, name, Plan())


def _linear(model: Any, data: DataFacts, ready: PreparedModel) -> LinearModel | None:
    one_target = data.target.entropy is not None  # of several per sample nothing is known
    if not is_preset(model) or data.modality != "tabular" or data.features is None or not one_target:
        return None
    return linear_model(data, ready.facts, Sizes(data.features, data.target.classes or 1))


def _with_shapes(model: Any, samples: Samples, loss: str | Callable[..., Any], seed: int) -> Any:
    """Return a copy of the model whose lazy layers know their shapes; the model itself when none is lazy."""
    from advisor.training.losses import loss_of  # noqa: PLC0415 - imports torch, which a table does not need
    from advisor.training.modules import is_lazy, model_maker  # noqa: PLC0415 - imports torch

    if not hasattr(model, "parameters") or not is_lazy(model):
        return model
    called, batch = loss_of(loss), samples.first(8)
    return model_maker(model, lambda module: called(module, batch))[0](seed)


def _real(numbers: Any) -> Any:
    """Return numbers that NumPy has, for description: complex ones as two, bfloat16 as float32."""
    if numbers.is_complex():
        return numbers.view(numbers.real.dtype).flatten(1)
    return numbers.float() if numbers.is_floating_point() else numbers


def _bounded(x: Any) -> Any:
    """Return samples spread over all there are, as many as ``FACT_NUMBERS`` allows, two at least."""
    return x[_spread(len(x), max(2, FACT_NUMBERS // max(1, x[0].numel())))]


def _spread(count: int, most: int) -> slice:
    return slice(None, None, max(1, -(-count // most)))


def _facts_of(samples: Samples, loss: str | Callable[..., Any], seed: int) -> DataFacts:
    kind = kind_of(loss)
    task: Task | None = "regression" if kind in {"mse", "huber", "mae"} else None
    pair = samples.pair(FACT_SAMPLES)
    if pair is None:
        return DataFacts(rows=samples.total, task=task)
    x, y = (_real(part.detach().cpu()).numpy() for part in (_bounded(pair[0]), pair[1]))
    if x.ndim == 2 and len(x) < len(y):  # the noise of a table is estimated from both
        y = y[_spread(len(y), len(x))]
    if y.size != len(y):  # several targets per sample: only the inputs are described
        return facts_of_arrays(x, None, task=task, seed=seed).model_copy(update={"rows": samples.total})
    if kind == "binary_cross_entropy":
        task = "binary"
    elif kind == "cross_entropy":
        task = "binary" if len(np.unique(y)) == 2 else "multiclass"
    return facts_of_arrays(x, y, task=task, seed=seed).model_copy(update={"rows": samples.total})
