"""``inspect``: whatever the model is, its facts."""

from __future__ import annotations

import sys
from typing import Any

from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts
from advisor.inspection.presets import auto, preset


def inspect(
    model: Any, *, data: DataFacts | None = None, inputs: int | None = None, outputs: int | None = None
) -> ModelFacts:
    """Return what is known about a model before training.

    Args:
        model: a torch module, a scikit-learn estimator or pipeline, or a preset name such as ``mlp:128,64``.
        data: what is known about the data; sizes a preset.
        inputs: features per row, for presets and estimators; None: as in ``data``, else 16.
        outputs: outputs, for presets and estimators; None: as in ``data``, else 1.

    Raises:
        ModelError: not a model, an unknown preset, or a model without parameters.
    """
    if isinstance(model, str):
        return _inspect_preset(model, data, inputs, outputs)
    if "torch" in sys.modules:
        from advisor.inspection.torch_modules import inspect_module, is_module

        if is_module(model):
            return inspect_module(model, data)
    if hasattr(model, "get_params"):
        from advisor.inspection.sklearn_models import inspect_estimator

        return inspect_estimator(model, data=data, inputs=inputs, outputs=outputs)
    raise ModelError(
        f"a {type(model).__name__} is no model that advisor knows; "
        "give a torch module, a scikit-learn estimator or a preset name"
    )


def _inspect_preset(name: str, data: DataFacts | None, inputs: int | None, outputs: int | None) -> ModelFacts:
    from advisor.inspection.torch_modules import inspect_module
    from advisor.inspection.torch_presets import build_preset

    found = preset(auto(data) if name == "auto" and data else name)
    inputs = inputs or (data.encoded_features if data else None) or 16
    outputs = outputs or (data.target.classes if data else None) or 1
    module = build_preset(found, inputs=inputs, outputs=outputs, sample=_sample(found.kind, inputs))
    facts = inspect_module(module, data)
    family = found.kind if found.kind in {"linear", "logistic"} else facts.family
    return facts.model_copy(update={"name": found.name, "family": family})


def _sample(kind: str, inputs: int) -> Any:
    """Return a stand-in batch for presets that take their shape from one."""
    import torch

    if kind == "cnn":
        return torch.zeros(1, 1, 8, 8)
    return torch.zeros(1, 16, inputs) if kind in {"transformer", "lstm"} else None
