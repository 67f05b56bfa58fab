"""Presets as torch modules, initialised by a seed without touching the global random state."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from advisor.errors import ModelError
from advisor.inspection.presets import Preset, preset


def build_preset(
    name: str | Preset, *, inputs: int, outputs: int, sample: Tensor | None = None, seed: int = 0
) -> nn.Module:
    """Build a preset.

    ReLU nets start with He's fan-in rule, output layers at a tenth of it, linear models at zero (a convex problem needs
    no symmetry breaking, and zero is the constant predictor).

    Args:
        name: the preset.
        inputs: features per row; for sequences and images read off ``sample``.
        outputs: 1 for regression; the number of classes otherwise, two logits for two classes.
        sample: a batch of inputs, for cnn (N, C, H, W), transformer and lstm (N, T) token ids or (N, T, F).
        seed: of the initial weights.

    Returns:
        A module that maps a batch to shape (N, outputs).

    Raises:
        ModelError: the sample does not fit the preset.
    """
    found = preset(name) if isinstance(name, str) else name
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = _make(found, inputs, outputs, sample)
    return module


def _make(found: Preset, inputs: int, outputs: int, sample: Tensor | None) -> nn.Module:
    match found.kind:
        case "linear" | "logistic":
            layer = nn.Linear(inputs, outputs)
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
            return layer
        case "mlp":
            return _mlp(inputs, found.sizes, outputs)
        case "resnet-tabular":
            return TabularResNet(inputs, *found.sizes, outputs)
        case "cnn":
            if sample is None or sample.ndim != 4:
                raise ModelError(f"cnn wants images of shape (N, C, H, W), not {_shape(sample)}; reshape the samples")
            return _cnn(sample.shape[1], found.sizes[0], outputs)
        case _:
            if sample is None or not (sample.ndim == 3 or (sample.ndim == 2 and not sample.is_floating_point())):
                raise ModelError(
                    f"{found.kind} wants token ids (N, T) or vectors (N, T, F), not {_shape(sample)}; reshape the samples"
                )
            return SequenceModel(found, sample, outputs)


def _shape(sample: Tensor | None) -> str:
    return "a table" if sample is None else f"{tuple(sample.shape)} of {str(sample.dtype).removeprefix('torch.')}"


def _mlp(inputs: int, widths: tuple[int, ...], outputs: int) -> nn.Module:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [_he(nn.Linear(inputs, width)), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, _output(nn.Linear(inputs, outputs)))


def _he(layer: Any) -> Any:
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _output(layer: nn.Linear) -> nn.Linear:
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    with torch.no_grad():
        layer.weight.mul_(0.1)
    nn.init.zeros_(layer.bias)
    return layer


class ResidualBlock(nn.Module):
    """``x + W₂ relu(W₁ norm(x))``, with W₂ starting at a tenth so that a fresh block is nearly the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.rise = _he(nn.Linear(width, 2 * width))
        self.activation = nn.ReLU()
        self.fall = _output(nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width) to (N, width)."""
        return x + self.fall(self.activation(self.rise(self.norm(x))))  # type: ignore[no-any-return]


class TabularResNet(nn.Module):
    """Residual blocks on a table (Gorishniy et al. 2021, with layer norm so that any batch size works)."""

    def __init__(self, inputs: int, width: int, blocks: int, outputs: int) -> None:
        super().__init__()
        self.embed = _he(nn.Linear(inputs, width))
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.activation = nn.ReLU()
        self.head = _output(nn.Linear(width, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs) to (N, outputs)."""
        return self.head(self.activation(self.norm(self.blocks(self.embed(x)))))  # type: ignore[no-any-return]


def _cnn(channels: int, width: int, outputs: int) -> nn.Module:
    stages: list[nn.Module] = []
    for size in (width, 2 * width):
        stages += [_he(nn.Conv2d(channels, size, 3, padding=1, bias=True)), nn.BatchNorm2d(size), nn.ReLU()]
        channels = size
        if size == width:
            stages.append(nn.MaxPool2d(2, ceil_mode=True))
    return nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), _output(nn.Linear(channels, outputs)))


class SequenceModel(nn.Module):
    """Tokens or vectors through an encoder or LSTM, averaged over time, to outputs."""

    def __init__(self, found: Preset, sample: Tensor, outputs: int) -> None:
        super().__init__()
        width = found.sizes[0]
        self.steps = sample.shape[1]
        self.embed: nn.Module = (
            nn.Linear(sample.shape[2], width) if sample.ndim == 3 else nn.Embedding(int(sample.max()) + 1, width)
        )
        self.recurrent = found.kind == "lstm"
        if self.recurrent:
            self.body: nn.Module = nn.LSTM(width, width, batch_first=True)
        else:
            self.position = nn.Parameter(0.02 * torch.randn(self.steps, width))
            layer = nn.TransformerEncoderLayer(
                width, max(1, width // 16), 4 * width, dropout=0.0, batch_first=True, norm_first=True
            )
            self.body = nn.TransformerEncoder(
                layer, found.sizes[1] if len(found.sizes) > 1 else 2, enable_nested_tensor=False
            )
        self.head = _output(nn.Linear(width, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, T) or (N, T, F) to (N, outputs)."""
        hidden = self.embed(x)
        hidden = self.body(hidden)[0] if self.recurrent else self.body(hidden + self.position[: hidden.shape[1]])
        return self.head(hidden.mean(dim=1))  # type: ignore[no-any-return]
