"""A preset, an estimator or a module, as facts and a way to make fresh ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts, Plan
from advisor.facts.names import Loss, Task
from advisor.inspection import auto, inspect, preset
from advisor.inspection.sklearn_models import plan_hints, torch_twin
from advisor.preparation.prepared import LinearModel

TABLE_LOSS: dict[Task, Loss] = {"regression": "mse", "binary": "cross_entropy", "multiclass": "cross_entropy"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """What goes in and comes out of a model.

    Attributes:
        inputs: numbers per sample.
        outputs: 1 for regression, else classes.
        sample: a few samples, for models of images and sequences; None for tables.
    """

    inputs: int
    outputs: int
    sample: Any = None


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model that can be made anew.

    Attributes:
        facts: of the model.
        model: a module, or a function that makes one.
        name: for reports.
        hints: what the model's own settings say about the plan.
    """

    facts: ModelFacts
    model: Any
    name: str
    hints: Plan


def is_preset(model: Any) -> bool:
    """Return whether a model is given by name."""
    return isinstance(model, str)


def is_estimator(model: Any) -> bool:
    """Return whether a model is a scikit-learn estimator."""
    return hasattr(model, "get_params")


def prepare_preset(name: str, data: DataFacts, sizes: Sizes) -> PreparedModel:
    """Prepare a model by name; ``auto`` picks one for the data."""
    wanted = auto(data) if name == "auto" else name
    kind = preset(wanted)

    def make() -> Any:
        import torch  # noqa: PLC0415 - not needed until a model is trained

        from advisor.inspection.torch_presets import build_preset  # noqa: PLC0415 - imports torch

        return build_preset(
            kind.name,
            inputs=sizes.inputs,
            outputs=sizes.outputs,
            sample=sizes.sample,
            seed=torch.initial_seed() % 2**31,
            vocabulary=data.vocabulary,
        )

    if sizes.sample is None:
        facts = inspect(wanted, data=data, inputs=sizes.inputs, outputs=sizes.outputs)
        return PreparedModel(facts, make, wanted, Plan())
    facts, class_name = inspect_module(make, data)
    return PreparedModel(facts, make, class_name, Plan())


def prepare_estimator(estimator: Any, data: DataFacts, sizes: Sizes) -> PreparedModel:
    """Prepare the torch twin of a scikit-learn estimator."""
    facts = inspect(estimator, data=data, inputs=sizes.inputs, outputs=sizes.outputs)

    def make() -> Any:
        return torch_twin(estimator, inputs=sizes.inputs, outputs=sizes.outputs)

    return PreparedModel(facts, make, type(estimator).__name__, plan_hints(estimator))


def linear_model(data: DataFacts, model: ModelFacts, sizes: Sizes) -> LinearModel | None:
    """Return the linear model of the same rows; None where it is no comparison."""
    if model.convex or data.task not in TABLE_LOSS:
        return None
    linear = prepare_preset("linear" if data.task == "regression" else "logistic", data, sizes)
    return LinearModel(linear.name, linear.facts, linear.model)


def _refuse_foreign(model: Any) -> None:
    """Refuse what looks like a model and is none that can be copied and trained, with the line to write instead.

    Raises:
        ModelError: it is one of these.
    """
    kinds = {(kind.__module__.split(".")[0], kind.__name__) for kind in type(model).__mro__}
    if ("keras", "Model") in kinds:
        raise ModelError(
            f"{type(model).__name__} is a Keras model; write advisor.keras.advise(model, (x, y)) after model.compile"
        )
    if ("fastai", "Learner") in kinds:
        raise ModelError("a fastai Learner; write advisor.fastai.advise(learn, epochs=...)")
    if ("torch", "ScriptModule") in kinds or ("torch", "RecursiveScriptModule") in kinds:
        raise ModelError("a TorchScript module cannot be made anew; give the module that torch.jit.script was given")


def _called(model: Any) -> Any:
    """Return what a function or a class makes.

    Raises:
        ModelError: it wants arguments.
    """
    try:
        return model()
    except TypeError as error:
        name = getattr(model, "__name__", type(model).__name__)
        what = "is a class that needs arguments" if isinstance(model, type) else "needs arguments"
        raise ModelError(f"{name} {what}; give an instance, {name}(...), or lambda: {name}(...) ({error})") from error


def inspect_module(model: Any, data: DataFacts) -> tuple[ModelFacts, str]:
    """Return the facts and the class name of a module, or of what a function makes.

    Raises:
        ModelError: neither a module nor a function that makes one.
    """
    _refuse_foreign(model)
    if callable(model) and not hasattr(model, "parameters"):
        model = _called(model)
    if not hasattr(model, "parameters"):
        raise ModelError(
            f"model: a {type(model).__name__} cannot be trained; give a torch module, a function that makes one, "
            "a scikit-learn estimator or a preset name"
        )
    return inspect(model, data=data), type(model).__name__
