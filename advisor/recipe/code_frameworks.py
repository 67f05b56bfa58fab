"""The same recipe for Lightning, Hugging Face Trainer, Keras and scikit-learn."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.optimizers import OPTIMIZER_INFO, OptimizerInfo
from advisor.errors import PlanError
from advisor.recipe.code_parts import (
    OptimizerCode,
    constants_code,
    last_step,
    multiplier_code,
    optimizer_code,
    scheduler_code,
)
from advisor.recipe.optimizers import settings_of
from advisor.recipe.sklearn_params import network_params
from advisor.recipe.templates import literal, program
from advisor.recipe.training_arguments import training_arguments
from advisor.results import Recommendation


def lightning(recommendation: Recommendation) -> str:
    """Return a Lightning script.

    Raises:
        PlanError: Muon, which needs two optimizers.
    """
    parts = lightning_parts(recommendation)
    return program("lightning", **parts, batch=_batch(recommendation), clip_norm=recommendation.clip_norm)


def lightning_parts(recommendation: Recommendation) -> dict[str, Any]:
    """Return optimizer, schedule and constants as a module of Lightning is written with.

    Raises:
        PlanError: Muon, which needs two optimizers.
    """
    return {
        "optimizer": _single(recommendation, "Lightning's automatic optimization"),
        "schedule": scheduler_code(recommendation),
        "constants": constants_code(recommendation),
        "last_step": last_step(recommendation),
    }


def huggingface(recommendation: Recommendation) -> str:
    """Return a script for the Trainer of transformers.

    Raises:
        PlanError: Muon, which needs two optimizers.
    """
    batch = _batch(recommendation)
    return program("huggingface", **huggingface_parts(recommendation, batch_size=batch), batch=batch)


def huggingface_parts(recommendation: Recommendation, *, batch_size: int) -> dict[str, Any]:
    """Return the arguments of the Trainer, and optimizer and schedule where it has none by these names.

    Raises:
        PlanError: Muon, which needs two optimizers.
    """
    arguments = training_arguments(recommendation, batch_size=batch_size)
    return {
        "optimizer": _single(recommendation, "the Trainer"),
        "schedule": scheduler_code(recommendation),
        "own_schedule": not arguments.complete,
        "constants": constants_code(recommendation),
        "arguments": [(name, literal(value)) for name, value in arguments.values],
    }


def keras(recommendation: Recommendation) -> str:
    """Return a Keras 3 script.

    Raises:
        PlanError: Keras has no such optimizer.
    """
    batch = _batch(recommendation)
    return program("keras", **keras_parts(recommendation), batch=batch, rows=4 * batch)


def keras_parts(recommendation: Recommendation) -> dict[str, Any]:
    """Return optimizer and schedule for Keras 3, where weight decay is decoupled for every optimizer.

    Raises:
        PlanError: Keras has no such optimizer.
    """
    info = OPTIMIZER_INFO[recommendation.optimizer]
    if info.keras_class is None:
        raise PlanError(f"Keras has no {info.title}; choose another with optimizer=, or take the torch program")
    settings = "".join(f"    {setting},\n" for setting in keras_settings(recommendation, info))
    return {
        "constants": constants_code(recommendation, own_schedule=True),
        "last_step": last_step(recommendation),
        "function": multiplier_code(recommendation),
        "optimizer": f"{info.keras_class}(\n{settings})",
        "excludes": bool(recommendation.weight_decay),
    }


def sklearn(recommendation: Recommendation) -> str:
    """Return a scikit-learn script.

    Raises:
        PlanError: scikit-learn's networks have no such optimizer or schedule.
    """
    estimator = "MLPRegressor"
    parameters = {"hidden_layer_sizes": (32, 32), **network_params(recommendation, estimator)}
    return program("sklearn", estimator=estimator, parameters=parameters, rows=4 * _batch(recommendation))


def keras_settings(recommendation: Recommendation, info: OptimizerInfo) -> list[str]:
    """Return the arguments of an optimizer of Keras, the peak as ``LEARNING_RATE``."""
    usual = {"beta1": "beta_1", "beta2": "beta_2", "momentum": "momentum", "epsilon": "epsilon"}
    settings = settings_of(recommendation)
    parts = ["LEARNING_RATE"]
    for name, keyword in (usual | dict(info.keras_keywords)).items():
        if name in info.settings:
            parts.append(f"{keyword}={getattr(settings, name):g}")
    if "nesterov" in info.settings:
        parts.append(f"nesterov={settings.nesterov}")
    if recommendation.weight_decay:
        parts.append(f"weight_decay={recommendation.weight_decay:.6g}")
    if recommendation.clip_norm is not None:
        parts.append(f"global_clipnorm={recommendation.clip_norm:g}")
    return parts


def _single(recommendation: Recommendation, what: str) -> OptimizerCode:
    code = optimizer_code(recommendation)
    if code.beside is not None:
        raise PlanError(f"Muon needs AdamW beside it and {what} steps one optimizer; take the torch program")
    return code


def _batch(recommendation: Recommendation) -> int:
    return min(recommendation.batch_size or 32, 256)
