"""Whatever the user hands over, as facts and a training job."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.errors import DataError, ModelError, PlanError
from advisor.facts import DataFacts, Facts, ModelFacts, Plan
from advisor.facts.names import Loss, Task
from advisor.progress import Progress
from advisor.results import ParameterGroup, Recommendation

if TYPE_CHECKING:
    from advisor.profiling import Encoded
    from advisor.training.job import Job
    from advisor.training.samples import Samples

CONVEX = {"linear", "logistic"}
FACT_SAMPLES = 20_000
"""Samples looked at for facts when they come from a loader or a tensor."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Facts, and how to train short copies once batch size and length are known."""

    facts: Facts
    source_name: str
    model_name: str
    model: Any
    train: Any
    validation: Any
    loss: str | Callable[..., Any]
    seed: int
    encoded: Encoded | None = None
    notes: tuple[str, ...] = ()
    groups: tuple[ParameterGroup, ...] = ()

    def job(self, recommendation: Recommendation) -> Job:
        """Return the training job of a recommendation.

        Raises:
            PlanError: the length of the run is not known.
        """
        from advisor.training.job import make_job

        if recommendation.batch_size is None or recommendation.total_steps is None:
            raise PlanError("the length of the run is not known; give epochs and batch_size, or steps, in the plan")
        return make_job(
            self.model,
            self.train,
            self.loss,
            validation=self.validation,
            batch_size=recommendation.batch_size,
            total_steps=recommendation.total_steps,
            seed=self.seed,
            accumulation=self.facts.plan.accumulation or 1,
            precision=self.facts.plan.precision,
        )

    def linear_baseline(self) -> Prepared | None:
        """Return the same rows with a linear model; None when that is no comparison."""
        if self.encoded is None or self.facts.model.convex or self.facts.data.task not in _TABLE_LOSS:
            return None
        name = "linear" if self.facts.data.task == "regression" else "logistic"
        model_facts, factory = _preset(name, self.facts.data, self.encoded)
        facts = self.facts.model_copy(
            update={"model": model_facts, "plan": self.facts.plan.model_copy(update=_FREE_OF_THE_MODEL)}
        )
        return replace(self, facts=facts, model=factory, model_name=name, groups=())


_TABLE_LOSS: dict[Task, Loss] = {"regression": "mse", "binary": "cross_entropy", "multiclass": "cross_entropy"}
# What the user fixed for their own model says nothing about the linear one.
_FREE_OF_THE_MODEL = {
    "optimizer": None,
    "schedule": None,
    "learning_rate": None,
    "momentum": None,
    "weight_decay": None,
}


def prepare(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None,
    *,
    plan: Plan,
    target: str | None,
    validation: Any,
    memory: str | None,
    seed: int,
    progress: Progress,
) -> Prepared:
    """Read the data, look at the model, and keep both ready for training.

    Tables are encoded (imputed, standardised, one-hot) for presets, estimators and modules alike; arrays, tensors,
    datasets and loaders reach a module exactly as they are.

    Raises:
        InputError: data, model, loss or plan cannot be used.
    """
    if is_table(train) or (isinstance(model, str) and _is_plain_table(train)):
        return _from_table(
            model,
            train,
            loss,
            plan=plan,
            target=target,
            validation=validation,
            memory=memory,
            seed=seed,
            progress=progress,
        )
    if target is not None:
        raise DataError(f"target={target!r} names a column, but the data are not a table; leave it away")
    return _from_samples(model, train, loss, plan=plan, validation=validation, seed=seed)


def _from_table(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None,
    *,
    plan: Plan,
    target: str | None,
    validation: Any,
    memory: str | None,
    seed: int,
    progress: Progress,
) -> Prepared:
    from advisor.profiling import encode, study

    if validation is not None:
        raise DataError("validation: a table is split by advisor itself; leave validation away")
    found = study(train, target=target, memory=memory, seed=seed, progress=progress)
    data = found.facts
    if data.task is None or data.task not in _TABLE_LOSS:
        raise DataError(f"{found.source_name}: no column to predict was found; name one with target (--target)")
    progress("encoding the table", None)
    encoded = encode(found, seed=seed)
    own_loss = loss or _TABLE_LOSS[data.task]
    model_facts, factory, hints, name = _model_for_table(model, data, encoded)
    facts = Facts(data=data, model=model_facts, plan=_with_loss(_with_hints(plan, hints), own_loss, data.task))
    if plan.batch_size is not None and data.rows is not None and plan.batch_size > data.rows:
        raise PlanError(
            f"batch_size={plan.batch_size} is larger than the {data.rows} training rows of {found.source_name}"
        )
    return Prepared(
        facts=facts,
        source_name=found.source_name,
        model_name=name,
        model=factory,
        # Trials hold other rows out for every seed; what encoding learned, it learned from four fifths of them.
        train=(
            np.concatenate([encoded.train_x, encoded.valid_x]),
            np.concatenate([encoded.train_y, encoded.valid_y]),
        ),
        validation=None,
        loss=own_loss,
        seed=seed,
        encoded=encoded,
    )


def _model_for_table(model: Any, data: DataFacts, encoded: Encoded) -> tuple[ModelFacts, Any, Plan, str]:
    from advisor.inspection import auto, inspect

    inputs, outputs = _sizes(encoded)
    if isinstance(model, str):
        name = auto(data) if model == "auto" else model
        facts, factory = _preset(name, data, encoded)
        return facts, factory, Plan(), name
    if hasattr(model, "get_params"):
        from advisor.inspection.sklearn_models import plan_hints, torch_twin

        facts = inspect(model, data=data, inputs=inputs, outputs=outputs)
        return facts, lambda: torch_twin(model, inputs=inputs, outputs=outputs), plan_hints(model), type(model).__name__
    facts, name = _inspect_module(model, data)
    return facts, model, Plan(), name


def _preset(name: str, data: DataFacts, encoded: Encoded) -> tuple[ModelFacts, Callable[[], Any]]:
    from advisor.inspection import inspect, preset

    inputs, outputs = _sizes(encoded)
    found = preset(name)
    facts = inspect(name, data=data, inputs=inputs, outputs=outputs)

    def factory() -> Any:
        import torch

        from advisor.inspection.torch_presets import build_preset

        return build_preset(found.name, inputs=inputs, outputs=outputs, seed=torch.initial_seed() % 2**31)

    return facts, factory


def _sizes(encoded: Encoded) -> tuple[int, int]:
    return encoded.train_x.shape[1], len(encoded.class_names) if encoded.class_names else 1


def _from_samples(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None,
    *,
    plan: Plan,
    validation: Any,
    seed: int,
) -> Prepared:
    from advisor.training.samples import samples_of

    samples = samples_of(train, seed=seed)
    if loss is None:
        if isinstance(model, str) or hasattr(model, "get_params"):
            raise PlanError('loss: give "mse", "cross_entropy" or a function loss(model, batch) -> scalar')
        loss = "model"  # the module returns its own
    data = _facts_of(samples, loss, seed)
    hints = Plan(batch_size=samples.batch_size)
    if hasattr(model, "get_params"):
        model, own_hints = _twin(model, data)
        hints = _with_hints(own_hints, hints)
    elif isinstance(model, str):
        model = _preset_for_samples(model, data, samples)
    model_facts, name = _inspect_module(_with_shapes(model, samples, loss, seed), data)
    return Prepared(
        facts=Facts(data=data, model=model_facts, plan=_with_loss(_with_hints(plan, hints), loss, data.task)),
        source_name=data.name or type(train).__name__,
        model_name=name,
        model=model,
        train=samples,
        validation=validation,
        loss=loss,
        seed=seed,
        notes=samples.notes,
    )


def samples_in(train: Any, validation: Any, *, seed: int) -> tuple[Samples | None, Samples | None]:
    """Return the samples this process holds for training and held out; (None, None) for a table."""
    from advisor.training.samples import samples_of

    if is_table(train):
        return None, None
    return samples_of(train, seed=seed), None if validation is None else samples_of(validation, seed=seed)


def _with_shapes(model: Any, samples: Samples, loss: str | Callable[..., Any], seed: int) -> Any:
    """Return a copy of the model whose lazy layers know their shapes; the model itself when none is lazy."""
    from advisor.training.losses import loss_of
    from advisor.training.modules import is_lazy, model_maker

    if not hasattr(model, "parameters") or not is_lazy(model):
        return model
    called, batch = loss_of(loss), samples.first(8)
    return model_maker(model, lambda module: called(module, batch))[0](seed)


def _facts_of(samples: Samples, loss: str | Callable[..., Any], seed: int) -> DataFacts:
    from advisor.profiling.arrays import facts_of_arrays

    task: Task | None = "regression" if loss == "mse" else None
    pair = samples.pair(FACT_SAMPLES)
    if pair is None:
        return DataFacts(rows=samples.total, task=task)
    x, y = (part.detach().cpu().numpy() for part in pair)
    if y.size != len(y):  # several targets per sample: only the inputs are described
        return facts_of_arrays(x, None, task=task, seed=seed).model_copy(update={"rows": samples.total})
    if loss == "cross_entropy":
        task = "binary" if len(np.unique(y)) == 2 else "multiclass"
    return facts_of_arrays(x, y, task=task, seed=seed).model_copy(update={"rows": samples.total})


def _inspect_module(model: Any, data: DataFacts) -> tuple[ModelFacts, str]:
    from advisor.inspection import inspect

    if callable(model) and not hasattr(model, "parameters"):
        model = model()
    if not hasattr(model, "parameters"):
        raise ModelError(
            f"model: a {type(model).__name__} cannot be trained; give a torch module, a function that makes one, "
            "a scikit-learn estimator or a preset name"
        )
    return inspect(model, data=data), type(model).__name__


def _twin(estimator: Any, data: DataFacts) -> tuple[Callable[[], Any], Plan]:
    from advisor.inspection.sklearn_models import plan_hints, torch_twin

    if data.encoded_features is None:
        raise DataError("train: an estimator wants a table or (X, y) with X of shape (rows, features)")
    inputs, outputs = data.encoded_features, data.target.classes or 1
    return lambda: torch_twin(estimator, inputs=inputs, outputs=outputs), plan_hints(estimator)


def _preset_for_samples(name: str, data: DataFacts, samples: Samples) -> Callable[[], Any]:
    from advisor.inspection import auto, preset
    from advisor.inspection.torch_presets import build_preset

    found = preset(auto(data) if name == "auto" else name)
    pair = samples.pair(8)
    if pair is None or data.features is None:
        raise DataError(f"train: the preset {name!r} wants samples (x, y)")
    inputs, outputs, sample = data.features, data.target.classes or 1, pair[0]

    def factory() -> Any:
        import torch

        return build_preset(
            found.name,
            inputs=inputs,
            outputs=outputs,
            sample=sample,
            seed=torch.initial_seed() % 2**31,
            vocabulary=data.vocabulary,
        )

    return factory


def _with_hints(plan: Plan, hints: Plan) -> Plan:
    """Fill what the plan leaves open with what the estimator or loader says."""
    stated = {name: value for name, value in dict(hints).items() if value is not None and getattr(plan, name) is None}
    return plan.model_copy(update=stated)


def _with_loss(plan: Plan, loss: str | Callable[..., Any], task: Task | None) -> Plan:
    if plan.loss is not None:
        return plan
    name: Loss = "mse" if loss == "mse" else "cross_entropy" if loss == "cross_entropy" else "custom"
    if name == "custom" and loss != "model" and task is not None and not callable(loss):
        raise PlanError(f'loss={loss!r}: give "mse", "cross_entropy" or a function loss(model, batch) -> scalar')
    return plan.model_copy(update={"loss": name})


def is_table(train: Any) -> bool:
    """Return whether ``train`` is read by profiling: a path, a frame or an Arrow object."""
    if isinstance(train, str | os.PathLike):
        return True
    return type(train).__module__.split(".")[0] in {"pandas", "polars", "pyarrow"}


def _is_plain_table(train: Any) -> bool:
    """Return whether ``train`` is ``(X, y)`` with a two-dimensional numpy X of numbers, or a frame."""
    if not (isinstance(train, tuple) and len(train) == 2):
        return False
    x = train[0]
    return is_table(x) or (isinstance(x, np.ndarray) and x.ndim == 2 and np.issubdtype(x.dtype, np.floating))
