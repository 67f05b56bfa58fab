"""``inspect``: whatever the model is, its facts."""

from __future__ import annotations

import sys
from typing import Any

from advisor.border import checks_input
from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts
from advisor.inspection.preset_facts import facts_of
from advisor.inspection.presets import Preset, auto, preset
from advisor.inspection.sklearn_models import inspect_estimator, is_estimator

DEFAULT_INPUTS = 16
"""Columns of a table that is not known. Judgement: a middling table; the facts say that sizes are those for it."""
DEFAULT_STEPS = 16
"""Length of a sequence that is not known. Judgement: short, so that attention and memory are not overrated."""


@checks_input
def inspect(
    model: Any, *, data: DataFacts | None = None, inputs: int | None = None, outputs: int | None = None
) -> ModelFacts:
    """Return what is known about a model before training.

    torch and scikit-learn are imported by whoever made the model; a preset needs neither.

    Args:
        model: a torch module, a scikit-learn estimator or pipeline, or a preset name such as ``mlp:128,64``.
        data: what is known about the data; sizes a preset.
        inputs: features per row; None: as in ``data``, else 16 for presets and as found for modules.
        outputs: outputs; None: as in ``data``, else 1 for presets and as found for modules.

    Raises:
        ModelError: not a model, an unknown preset, or a model without parameters.
    """
    for name, size in (("inputs", inputs), ("outputs", outputs)):
        if size is not None and size < 1:
            raise ModelError(f"{name}={size} must be at least 1")
    if isinstance(model, str | Preset):
        return _inspect_preset(model, data, inputs, outputs)
    if isinstance(model, type):
        raise ModelError(f"{model.__name__} is a class; give an instance, {model.__name__}(...)")
    if "torch" in sys.modules:
        from advisor.inspection.torch_modules import inspect_module, is_module  # noqa: PLC0415 - imports torch

        if is_module(model):
            return inspect_module(model, data, inputs=inputs, outputs=outputs)
    if is_estimator(model):
        return inspect_estimator(model, data=data, inputs=inputs, outputs=outputs)
    raise ModelError(
        f"a {type(model).__name__} cannot be inspected; give a torch module, a scikit-learn estimator or a preset name"
    )


def _inspect_preset(name: str | Preset, data: DataFacts | None, inputs: int | None, outputs: int | None) -> ModelFacts:
    if isinstance(name, str):
        is_auto = name.strip().lower() == "auto" and data is not None
        found = preset(auto(data) if is_auto and data is not None else name)
    else:
        found = name
    stated = inputs or (data.encoded_features if data else None)
    classes = data.target.classes if data else None
    facts = facts_of(
        found,
        stated or DEFAULT_INPUTS,
        outputs or classes or 1,
        steps=(data.sequence_length if data else None) or DEFAULT_STEPS,
        vocabulary=data.vocabulary if data else None,
    )
    if stated is None and found.kind != "cnn" and facts.inputs is not None:
        note = f"The number of inputs is not known; sizes are those for {DEFAULT_INPUTS}."
        return facts.model_copy(update={"notes": (*facts.notes, note)})
    return facts
