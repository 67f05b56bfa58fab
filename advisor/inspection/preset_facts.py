"""The facts of a preset by arithmetic, so that rules alone need no torch."""

from __future__ import annotations

import math
from typing import Any

from advisor.errors import ModelError
from advisor.facts import ModelFacts
from advisor.inspection.presets import Preset

LECUN_GAIN = math.sqrt(1 / 2)
"""By definition, LeCun's √(1/fan_in) over He's √(2/fan_in): layers without ReLU behind them."""
BRANCH_SHARE = 0.1
"""Output layers and the ends of residual branches start at this share of LeCun's scale.

Judgement: small, so that a fresh net predicts almost a constant and residual blocks almost pass their input on.
"""
TORCH_DEFAULT_GAIN = math.sqrt(1 / 6)
"""Of recurrent layers whose input and state have one size: by definition, torch's ±1/√width over He's scale."""

_Layer = tuple[str, str, int]
_LISTED = 40
"""Leaf modules listed in the facts at most, as for modules of torch. Judgement: a table that can still be read."""


def facts_of(
    preset: Preset,
    inputs: int,
    outputs: int,
    *,
    steps: int = 16,
    vocabulary: int | None = None,
    channels: int = 1,
) -> ModelFacts:
    """Return what ``inspect(build_preset(...))`` would say, without torch.

    Args:
        preset: the model by name.
        inputs: features per row, or per step of a sequence.
        outputs: 1 for regression, the number of classes otherwise.
        steps: length of a sequence, for the transformer.
        vocabulary: different tokens, when sequences are token ids; None: sequences of vectors.
        channels: of an image.

    Raises:
        ModelError: a size below 1.
    """
    for name, size in (("inputs", inputs), ("outputs", outputs), ("steps", steps), ("channels", channels)):
        if size < 1:
            raise ModelError(f"{preset.name}: {name}={size} must be at least 1")
    match preset.kind:
        case "linear" | "logistic":
            return _convex(preset, inputs, outputs)
        case "mlp":
            return _mlp(preset, inputs, outputs)
        case "resnet-tabular":
            return _resnet(preset, inputs, outputs)
        case "cnn":
            return _cnn(preset, channels, outputs)
        case "transformer":
            return _transformer(preset, inputs, outputs, steps, vocabulary)
        case "lstm":
            return _lstm(preset, inputs, outputs, vocabulary)


def _facts(preset: Preset, layers: list[_Layer], **special: Any) -> ModelFacts:
    parameters = sum(count for _, _, count in layers)
    plain = {
        "name": preset.name,
        "convex": False,
        "parameters": parameters,
        "trainable_parameters": parameters,
        "frozen_share": 0.0,
        "normalization": "none",
        "residual": False,
        "attention": False,
        "recurrent": False,
        "convolutional": False,
        "embedding": False,
        "dropout": 0.0,
        "tied_weights": False,
        "adapter": "none",
        "layers": tuple(layers[:_LISTED]),
    }
    if len(layers) > _LISTED:
        plain["notes"] = (f"{_LISTED} of {len(layers)} leaf modules are listed.",)
    return ModelFacts.model_validate(plain | special)


def _linear(inputs: int, outputs: int) -> int:
    return (inputs + 1) * outputs


def _convex(preset: Preset, inputs: int, outputs: int) -> ModelFacts:
    return _facts(
        preset,
        [("(root)", "Linear", _linear(inputs, outputs))],
        family=preset.kind,
        convex=True,
        depth=0,
        width=0,
        inputs=inputs,
        outputs=outputs,
        activation="none",
        initialization="zero",
    )


def _mlp(preset: Preset, inputs: int, outputs: int) -> ModelFacts:
    layers: list[_Layer] = []
    before = inputs
    for width in preset.sizes:
        layers += [(str(len(layers)), "Linear", _linear(before, width)), (str(len(layers) + 1), "ReLU", 0)]
        before = width
    layers.append((str(len(layers)), "Linear", _linear(before, outputs)))
    return _facts(
        preset,
        layers,
        family="mlp",
        depth=len(preset.sizes),
        width=max(preset.sizes),
        inputs=inputs,
        outputs=outputs,
        activation="relu",
        initialization="he",
        init_gain=1.0,
        init_gain_min=1.0,
    )


def _resnet(preset: Preset, inputs: int, outputs: int) -> ModelFacts:
    width, blocks = preset.sizes
    layers: list[_Layer] = [("embed", "Linear", _linear(inputs, width))]
    for block in range(blocks):
        layers += [
            (f"blocks.{block}.norm", "LayerNorm", 2 * width),
            (f"blocks.{block}.rise", "Linear", _linear(width, 2 * width)),
            (f"blocks.{block}.activation", "ReLU", 0),
            (f"blocks.{block}.fall", "Linear", _linear(2 * width, width)),
        ]
    layers += [("norm", "LayerNorm", 2 * width), ("activation", "ReLU", 0), ("head", "Linear", _linear(width, outputs))]
    return _facts(
        preset,
        layers,
        family="tabular_resnet",
        depth=1 + 2 * blocks,
        width=2 * width,
        hidden_size=width,
        inputs=inputs,
        outputs=outputs,
        activation="relu",
        normalization="layer",
        norm_position="pre",
        residual=True,
        initialization="other",
        init_gain=1.0,
        init_gain_min=BRANCH_SHARE * LECUN_GAIN,
    )


def _cnn(preset: Preset, channels: int, outputs: int) -> ModelFacts:
    (width,) = preset.sizes
    layers: list[_Layer] = [
        ("0", "Conv2d", _linear(9 * channels, width)),
        ("1", "BatchNorm2d", 2 * width),
        ("2", "ReLU", 0),
        ("3", "MaxPool2d", 0),
        ("4", "Conv2d", _linear(9 * width, 2 * width)),
        ("5", "BatchNorm2d", 4 * width),
        ("6", "ReLU", 0),
        ("7", "AdaptiveAvgPool2d", 0),
        ("8", "Flatten", 0),
        ("9", "Linear", _linear(2 * width, outputs)),
    ]
    return _facts(
        preset,
        layers,
        family="cnn",
        depth=2,
        width=2 * width,
        inputs=channels,
        outputs=outputs,
        activation="relu",
        normalization="batch",
        convolutional=True,
        initialization="he",
        init_gain=1.0,
        init_gain_min=1.0,
    )


def _embedding(inputs: int, width: int, vocabulary: int | None) -> _Layer:
    if vocabulary is None:
        return "embed", "Linear", _linear(inputs, width)
    return "embed", "Embedding", vocabulary * width


def _transformer(preset: Preset, inputs: int, outputs: int, steps: int, vocabulary: int | None) -> ModelFacts:
    width, blocks = preset.sizes
    layers: list[_Layer] = [("(root)", "SequenceModel", steps * width), _embedding(inputs, width, vocabulary)]
    for block in range(blocks):
        path = f"body.layers.{block}"
        layers += [
            (f"{path}.self_attn", "MultiheadAttention", 4 * _linear(width, width)),
            (f"{path}.linear1", "Linear", _linear(width, 4 * width)),
            (f"{path}.dropout", "Dropout", 0),
            (f"{path}.linear2", "Linear", _linear(4 * width, width)),
            (f"{path}.norm1", "LayerNorm", 2 * width),
            (f"{path}.norm2", "LayerNorm", 2 * width),
            (f"{path}.dropout1", "Dropout", 0),
            (f"{path}.dropout2", "Dropout", 0),
        ]
    layers.append(("head", "Linear", _linear(width, outputs)))
    return _facts(
        preset,
        layers,
        family="transformer",
        depth=blocks,
        width=4 * width,
        hidden_size=width,
        heads=preset.heads,
        inputs=inputs if vocabulary is None else None,
        outputs=outputs,
        activation="relu",
        normalization="layer",
        norm_position="pre",
        residual=True,
        attention=True,
        embedding=vocabulary is not None,
        qk_norm=False,
        initialization="other",
        init_gain=1.0,
        init_gain_min=BRANCH_SHARE * LECUN_GAIN,
    )


def _lstm(preset: Preset, inputs: int, outputs: int, vocabulary: int | None) -> ModelFacts:
    (width,) = preset.sizes
    layers = [
        _embedding(inputs, width, vocabulary),
        ("body", "LSTM", 8 * width * (width + 1)),
        ("head", "Linear", _linear(width, outputs)),
    ]
    return _facts(
        preset,
        layers,
        family="rnn",
        depth=1 if vocabulary is not None else 2,
        width=width,
        hidden_size=width,
        inputs=inputs if vocabulary is None else None,
        outputs=outputs,
        activation="tanh",
        recurrent=True,
        embedding=vocabulary is not None,
        initialization="other" if vocabulary is None else "default",
        init_gain=LECUN_GAIN if vocabulary is None else TORCH_DEFAULT_GAIN,
        init_gain_min=TORCH_DEFAULT_GAIN,
    )
