"""What facts usually are: values that a user could give as an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from advisor.facts.derived import Value, steps_per_epoch
from advisor.facts.sheet import Facts

_RATES: Final = (1e-4, 1e-3, 1e-2, 1e-1)  # judgement: as in ``USUAL``
_PARAMETERS: Final = (1e3, 1e5, 1e7, 1e8, 1e9, 1e10, 1e11)  # judgement: likewise
_NOISE: Final = (0.01, 0.1, 0.3, 0.6)  # judgement: likewise

USUAL: Final[Mapping[str, tuple[float, ...]]] = {
    "data.rows": (100, 1000, 10_000, 100_000, 1_000_000),
    "data.features": (4, 30, 300),
    "data.encoded_features": (4, 30, 300, 3000),
    "data.sequence_length": (16, 128, 1024),
    "data.vocabulary": (100, 10_000, 100_000),
    "data.target.classes": (2, 3, 10, 100, 1000),
    "data.noise.unexplained": _NOISE,
    "data.noise.label_flips": _NOISE,
    "data.noise.level": _NOISE,
    "model.depth": (1, 2, 4, 12, 50),
    "model.width": (16, 64, 256, 1024, 4096),
    "model.hidden_size": (64, 256, 768, 4096),
    "model.parameters": _PARAMETERS,
    "model.trainable_parameters": _PARAMETERS,
    "model.active_parameters": _PARAMETERS,
    "model.frozen_share": (0.0, 0.5, 0.9, 0.99),
    "model.dropout": (0.0, 0.1, 0.3, 0.5),
    "model.l2": (0.0, 1e-4, 1e-2, 1.0),
    "model.label_smoothing": (0.0, 0.1),
    "model.init_gain": (0.3, 1.0, 2.0, 4.0),
    "model.pretrained_learning_rate": (1e-4, 3e-4, 1e-3),
    "model.adapter_rank": (4, 8, 16, 64),
    "model.experts": (1, 8, 64, 256),
    "plan.epochs": (1, 3, 10, 30, 100, 300),
    "plan.batch_size": (8, 32, 128, 512, 4096),
    "plan.steps": (100, 1000, 10_000, 100_000),
    "plan.accumulation": (1, 2, 4, 8),
    "plan.devices": (1, 2, 8, 64),
    "plan.tokens": (1e7, 1e9, 1e11, 1e13),
    "plan.batch_tokens": (1e4, 5e5, 4e6),
    "plan.momentum": (0.0, 0.5, 0.9, 0.95, 0.99),
    "plan.weight_decay": (0.0, 1e-4, 1e-2, 0.1),
    "plan.clip_norm": (0.1, 1.0, 5.0),
    "plan.layerwise_decay": (0.65, 0.8, 0.9, 1.0),
    "plan.reference_learning_rate": _RATES,
    "plan.reference_batch_size": (8, 32, 128, 512, 4096),
    "probe.min_loss_lr": _RATES,
    "probe.steepest_lr": _RATES,
    "probe.drop_start_lr": _RATES,
    "probe.valley_lr": _RATES,
    "probe.max_stable_lr": _RATES,
    "probe.range_test_lr": _RATES,
}
"""Values from end to end of what is usual; a value beyond the ends is no answer anybody gives. Judgement: the ranges of
the published recipes, rounded outwards."""

_NO_TASK: Final[Mapping[str, tuple[str, ...]]] = {
    "tabular": ("language_modelling", "translation", "segmentation", "detection", "preference", "generation"),
    "image": ("language_modelling", "translation", "preference", "forecasting"),
    "audio": ("segmentation", "detection", "preference"),
    "graph": ("language_modelling", "translation", "segmentation", "detection", "preference"),
    "text": ("segmentation", "detection", "forecasting"),
}
"""Modality → tasks that nobody has with it."""

_SMALL_MODELS: Final = frozenset({"linear", "logistic", "mlp", "tabular_resnet"})
_LARGEST_SMALL_MODEL: Final = 1e7
"""Parameters of a plain net at most. Judgement: of the largest one in the published recipes, rounded outwards."""


def is_usual(path: str, value: Value, facts: Facts) -> bool:
    """Return whether a value lies within what is usual for its fact on a job.

    >>> is_usual("data.task", "segmentation", Facts(data={"modality": "tabular"}))
    False

    Where rows and batch are known, a run is as long as the passes over the rows that are usual:

    >>> is_usual("plan.steps", 100_000, Facts(data={"rows": 344}, plan={"batch_size": 32}))
    False
    """
    if path == "data.task":
        return value not in _NO_TASK.get(facts.data.modality or "", ())
    usual = USUAL.get(path)
    if usual is None or isinstance(value, bool | str | None):
        return True
    if path == "plan.steps" and (per_epoch := steps_per_epoch(facts)) and not _is_usual_length(value / per_epoch):
        return False
    largest = _LARGEST_SMALL_MODEL if usual is _PARAMETERS and facts.model.family in _SMALL_MODELS else max(usual)
    return min(usual) <= value <= largest


def _is_usual_length(epochs: float) -> bool:
    return min(USUAL["plan.epochs"]) <= epochs <= max(USUAL["plan.epochs"])
