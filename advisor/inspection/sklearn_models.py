"""scikit-learn estimators: their facts, what they say about the plan, and a torch twin to train.

Nothing here imports scikit-learn: an estimator is known by the names of its classes and read by its settings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts, Plan
from advisor.facts.names import Activation

if TYPE_CHECKING:
    from torch import nn

LINEAR = ("SGDRegressor", "LinearRegression", "Ridge")
LOGISTIC = ("SGDClassifier", "LogisticRegression")
MLP = ("MLPClassifier", "MLPRegressor")
SUPPORTED = (*sorted(LINEAR), *sorted(LOGISTIC), *sorted(MLP), "Pipeline (its last step)")
_ACTIVATIONS: dict[str, Activation] = {"relu": "relu", "tanh": "tanh", "logistic": "sigmoid", "identity": "none"}
_OPTIMIZERS = {info.sklearn_solver: name for name, info in OPTIMIZER_INFO.items() if info.sklearn_solver}
_SGD_RATES = frozenset({"constant", "invscaling", "adaptive"})


def is_estimator(model: object) -> bool:
    """Return whether an object is of a scikit-learn class, or of one derived from it."""
    return any(kind.__module__.split(".")[0] == "sklearn" for kind in type(model).__mro__)


def last_step(estimator: Any) -> Any:
    """Return the estimator itself, or the last step of a pipeline.

    Raises:
        ModelError: not one of the supported estimators.
    """
    while hasattr(estimator, "steps"):
        estimator = estimator.steps[-1][1]
    if kind_of(estimator) is None:
        raise ModelError(f"{type(estimator).__name__} is not supported; give one of {', '.join(SUPPORTED)}")
    return estimator


def kind_of(estimator: Any) -> str | None:
    """Return which supported estimator an object is, by its class or a parent of it; None when it is none."""
    names = [kind.__name__ for kind in type(estimator).__mro__]
    return next((name for name in names if name in {*LINEAR, *LOGISTIC, *MLP}), None)


def scales(estimator: Any) -> bool:
    """Return whether a pipeline standardises its features before the last step."""
    steps = [type(step).__name__ for _, step in getattr(estimator, "steps", [])]
    return any(name.endswith(("Scaler", "QuantileTransformer", "PowerTransformer")) for name in steps[:-1])


def inspect_estimator(
    estimator: Any, *, data: DataFacts | None = None, inputs: int | None = None, outputs: int | None = None
) -> ModelFacts:
    """Return the facts of an estimator; they describe its torch twin, which starts anew whether it was fitted or not.

    Sizes come from the caller, else from the data, else from the fitted estimator; parameters are unknown without them.

    Raises:
        ModelError: not one of the supported estimators.
    """
    final = last_step(estimator)
    name = kind_of(final)
    inputs = inputs or (data.encoded_features if data else None) or getattr(final, "n_features_in_", None)
    outputs = outputs or (data.target.classes if data else None) or len(getattr(final, "classes_", ())) or 1
    widths = _widths(final) if name in MLP else ()
    parameters = sum((a + 1) * b for a, b in pairwise((inputs, *widths, outputs))) if inputs else None
    rows = data.rows if data else None
    common = ModelFacts(
        name=type(final).__name__,
        parameters=parameters,
        trainable_parameters=parameters,
        frozen_share=0.0,
        inputs=inputs,
        outputs=outputs,
        normalization="none",
        residual=False,
        attention=False,
        recurrent=False,
        convolutional=False,
        embedding=False,
        dropout=0.0,
        tied_weights=False,
        adapter="none",
        depth=len(widths),
        width=max(widths, default=0),
        l2=l2_penalty(final, rows),
        notes=_notes(estimator, final),
    )
    if not widths:
        classifies = name in LOGISTIC or name == "MLPClassifier"
        special: dict[str, Any] = {
            "family": "logistic" if classifies else "linear",
            "convex": True,
            "activation": "none",
            "initialization": "zero" if name not in MLP else "xavier",
        }
        return common.model_copy(update=special)
    special = {
        "family": "mlp",
        "convex": False,
        "activation": _ACTIVATIONS[final.activation],
        **_gains(final, inputs, outputs),
    }
    return common.model_copy(update=special)


def plan_hints(estimator: Any, *, rows: int | None = None) -> Plan:
    """Return what an estimator's own settings say about the plan.

    Passes, batch size, optimizer and its moments are taken over. A learning rate counts as a reference only when it is
    not scikit-learn's default, because a default says nothing about the data.

    Args:
        estimator: an estimator or pipeline.
        rows: training rows; turns the batch size ``auto`` into a number.

    Raises:
        ModelError: not one of the supported estimators.
    """
    final = last_step(estimator)
    name = kind_of(final)
    stated: dict[str, Any] = {}
    optimizer = _OPTIMIZERS.get(final.solver) if name in MLP else None
    if optimizer is not None:
        batch = _batch(final, rows)
        stated = {"epochs": float(final.max_iter), "batch_size": batch, "optimizer": optimizer}
        stated["early_stopping"] = bool(final.early_stopping)
        stated["schedule"] = "constant"  # the only one of ours that it can follow
        if optimizer == "sgd":
            stated |= {"momentum": float(final.momentum), "nesterov": bool(final.nesterovs_momentum)}
        else:
            stated |= {"beta1": float(final.beta_1), "beta2": float(final.beta_2), "epsilon": float(final.epsilon)}
        if final.learning_rate_init != 0.001:
            stated |= {"reference_learning_rate": float(final.learning_rate_init), "reference_batch_size": batch}
    elif name in MLP:  # lbfgs has neither batches nor a learning rate
        stated = {"epochs": float(final.max_iter)}
    elif name in {"SGDClassifier", "SGDRegressor"}:
        stated = {"epochs": float(final.max_iter), "batch_size": 1, "optimizer": "sgd", "momentum": 0.0}
        stated["schedule"] = "constant"
        stated["early_stopping"] = bool(final.early_stopping)
        if final.learning_rate in _SGD_RATES and final.eta0 not in {0.0, 0.01}:
            stated |= {"reference_learning_rate": float(final.eta0), "reference_batch_size": 1}
    return Plan(**{key: value for key, value in stated.items() if value is not None})


def l2_penalty(final: Any, rows: int | None) -> float | None:
    """Return λ of the estimator's penalty, in the form ``torch's mean loss + λ/2 · ‖w‖²``.

    None without the rows it needs. Squared errors count double, because torch's ``mse_loss`` has no factor 1/2.
    """
    name = kind_of(final)
    per_row = {"LogisticRegression", "Ridge"}
    if name in per_row and not rows:
        return None
    match name:
        case "LogisticRegression":
            ridge_share = {"l2": 1.0, "l1": 0.0, None: 0.0}.get(final.penalty, 1.0 - float(final.l1_ratio or 0.0))
            is_free = not math.isfinite(final.C) or final.C <= 0
            return 0.0 if is_free else ridge_share / (float(final.C) * (rows or 1))
        case "Ridge":
            return 2.0 * float(final.alpha) / (rows or 1)
        case "SGDClassifier" | "SGDRegressor":
            shares = {"l2": 1.0, "elasticnet": 1.0 - float(final.l1_ratio or 0.0)}
            doubled = 2.0 if name == "SGDRegressor" else 1.0
            return doubled * shares.get(final.penalty, 0.0) * float(final.alpha)
        case "MLPClassifier" | "MLPRegressor":
            batch = _batch(final, rows)
            return None if batch is None else (2.0 if name == "MLPRegressor" else 1.0) * float(final.alpha) / batch
        case _:
            return 0.0


def torch_twin(estimator: Any, *, inputs: int, outputs: int, seed: int = 0) -> nn.Module:
    """Build the torch module that an estimator trains.

    Networks are initialised as scikit-learn does, linear models at zero. Two classes get two logits, where scikit-learn
    keeps one, so that ``cross_entropy`` fits every classification.

    Raises:
        ModelError: not one of the supported estimators.
    """
    from advisor.inspection.torch_presets import build_preset  # noqa: PLC0415 - imports torch
    from advisor.inspection.torch_twins import glorot_mlp  # noqa: PLC0415 - imports torch

    final = last_step(estimator)
    if kind_of(final) in MLP:
        return glorot_mlp(inputs, _widths(final), outputs, activation=final.activation, seed=seed)
    return build_preset("linear", inputs=inputs, outputs=outputs, seed=seed)


@dataclass(frozen=True, slots=True)
class Network:
    """The hidden layers of an ``MLPClassifier`` or ``MLPRegressor``."""

    widths: tuple[int, ...]
    activation: Literal["relu", "tanh", "logistic", "identity"]


def network_of(estimator: Any) -> Network | None:
    """Return the hidden layers of an estimator; None for a linear one.

    Raises:
        ModelError: not one of the supported estimators.
    """
    final = last_step(estimator)
    return Network(_widths(final), final.activation) if kind_of(final) in MLP else None


def _widths(final: Any) -> tuple[int, ...]:
    sizes = final.hidden_layer_sizes
    return tuple(int(size) for size in sizes) if hasattr(sizes, "__iter__") else (int(sizes),)


def _batch(final: Any, rows: int | None) -> int | None:
    if final.batch_size == "auto":
        return min(200, rows) if rows else None
    return min(int(final.batch_size), rows) if rows else int(final.batch_size)


def _gains(final: Any, inputs: int | None, outputs: int) -> dict[str, Any]:
    """Return the scale of Glorot's uniform weights against He's rule, hidden layers only."""
    if inputs is None:
        return {"initialization": "other" if final.activation == "logistic" else "xavier"}
    shrink = 1 / 3 if final.activation == "logistic" else 1.0
    layers = list(pairwise((inputs, *_widths(final), outputs)))[:-1]
    gains = [math.sqrt(shrink * before / (before + after)) for before, after in layers]
    name = "other" if final.activation == "logistic" else "xavier"
    return {"initialization": name, "init_gain": max(gains), "init_gain_min": min(gains)}


def _notes(estimator: Any, final: Any) -> tuple[str, ...]:
    notes = []
    if hasattr(estimator, "steps"):
        scaled = "standardises" if scales(estimator) else "does not standardise"
        notes.append(f"The pipeline {scaled} the features before {type(final).__name__}.")
    loss = getattr(final, "loss", None) if kind_of(final) in {"SGDClassifier", "SGDRegressor"} else None
    if isinstance(loss, str) and loss not in {"log_loss", "squared_error"}:
        twin = "cross-entropy" if kind_of(final) == "SGDClassifier" else "the mean squared error"
        notes.append(f"{type(final).__name__} minimises {loss}; the torch twin minimises {twin}.")
    if getattr(final, "solver", None) == "lbfgs" and kind_of(final) in MLP:
        notes.append("The solver lbfgs has no learning rate; the torch twin is trained with the recommended optimizer.")
    return tuple(notes)
