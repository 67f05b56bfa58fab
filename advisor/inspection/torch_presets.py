"""Presets as torch modules, initialised by a seed without touching the global random state.

Every module maps a batch to shape (N, outputs): one output for regression, one logit per class otherwise, two for two
classes, so that ``cross_entropy`` fits every classification and ``mse`` wants targets of shape (N, 1).
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn

from advisor.errors import ModelError
from advisor.inspection.preset_facts import BRANCH_SHARE
from advisor.inspection.presets import Preset, preset
from advisor.inspection.torch_twins import weight_generator


def build_preset(
    name: str | Preset,
    *,
    inputs: int,
    outputs: int,
    sample: Tensor | None = None,
    seed: int = 0,
    vocabulary: int | None = None,
) -> nn.Module:
    """Build a preset.

    ReLU nets start with He's fan-in rule; output layers and the ends of residual branches at a tenth of LeCun's, so
    that a fresh model is near the constant predictor; linear models at zero (a convex problem needs no symmetry
    breaking, and zero is the constant predictor).

    Args:
        name: the preset.
        inputs: features per row; for sequences and images read off ``sample``.
        outputs: 1 for regression; the number of classes otherwise, two logits for two classes.
        sample: a batch of inputs, for cnn (N, C, H, W), transformer and lstm (N, T) token ids or (N, T, F).
        seed: of the initial weights.
        vocabulary: different tokens of token ids; None: the largest id in ``sample`` plus one.

    Returns:
        A module that maps a batch to shape (N, outputs).

    Raises:
        ModelError: the sample does not fit the preset, or a size is below 1.
    """
    found = preset(name) if isinstance(name, str) else name
    for label, size in (("inputs", inputs), ("outputs", outputs)):
        if size < 1:
            raise ModelError(f"{found.name}: {label}={size} must be at least 1")
    with torch.random.fork_rng(devices=[]):  # constructors draw weights; ours come from the generator below
        module = _make(found, inputs, outputs, sample, vocabulary)
    initialise(module, weight_generator(seed))
    return module


def _make(found: Preset, inputs: int, outputs: int, sample: Tensor | None, vocabulary: int | None) -> nn.Module:
    match found.kind:
        case "linear" | "logistic":
            return nn.Linear(inputs, outputs)
        case "mlp":
            return _mlp(inputs, found.sizes, outputs)
        case "resnet-tabular":
            width, blocks = found.sizes
            return TabularResNet(inputs, width, blocks, outputs)
        case "cnn":
            if sample is None or sample.ndim != 4:
                raise ModelError(
                    f"cnn wants images of shape (N, C, H, W), not {_shape(sample)}; {_as_image(sample, inputs)}"
                )
            return _cnn(sample.shape[1], found.sizes[0], outputs)
        case _:
            if sample is None or not (sample.ndim == 3 or (sample.ndim == 2 and not sample.is_floating_point())):
                raise ModelError(
                    f"{found.kind} wants whole-number token ids (N, T) or vectors (N, T, F), not {_shape(sample)}; "
                    "a series of single numbers becomes vectors with x.unsqueeze(-1)"
                )
            return SequenceModel(found, sample, outputs, vocabulary)


def _shape(sample: Tensor | None) -> str:
    return "a table" if sample is None else f"{tuple(sample.shape)} of {str(sample.dtype).removeprefix('torch.')}"


def _as_image(sample: Tensor | None, inputs: int) -> str:
    """Say how flat samples become images, where they can be squares."""
    features = sample.shape[1] if sample is not None and sample.ndim == 2 else inputs
    side = math.isqrt(features)
    if sample is not None and sample.ndim == 3:
        return "add the channel with x.unsqueeze(1)"
    if side > 1 and side * side == features:
        return f"if the {features} features are pixels, x.reshape(-1, 1, {side}, {side}) makes images of them"
    return "reshape the samples, or choose mlp for a table"


def initialise(module: nn.Module, generator: Generator) -> None:
    """Draw all weights of a preset anew, layer by layer in order of definition."""
    if isinstance(module, nn.Linear):  # a linear model on its own
        nn.init.zeros_(module.weight)
        nn.init.zeros_(module.bias)
        return
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Linear | nn.Conv2d | nn.Embedding | nn.LSTM)]
    ends = {layers[-1], *(layer for path, layer in module.named_modules() if path.endswith((".fall", "linear2")))}
    straight = module.embed if isinstance(module, SequenceModel) else None
    for layer in module.modules():
        match layer:
            case nn.MultiheadAttention():
                nn.init.xavier_uniform_(layer.in_proj_weight, generator=generator)
                nn.init.zeros_(layer.in_proj_bias)
            case nn.Embedding():
                # small tokens leave room for positions (GPT-2); without positions they may be large
                spread = 0.02 if isinstance(module, SequenceModel) and not module.recurrent else 1.0
                nn.init.normal_(layer.weight, std=spread, generator=generator)
            case nn.LSTM():
                for weight in layer.parameters():
                    bound = layer.hidden_size**-0.5
                    nn.init.uniform_(weight, -bound, bound, generator=generator)
            case nn.Linear() | nn.Conv2d():
                bent = layer not in ends and layer is not straight and type(layer) in {nn.Linear, nn.Conv2d}
                _draw(layer, generator, is_bent=bent, share=BRANCH_SHARE if layer in ends else 1.0)
    if isinstance(module, SequenceModel) and not module.recurrent:
        nn.init.normal_(module.position, std=0.02, generator=generator)


def _draw(layer: nn.Linear | nn.Conv2d, generator: Generator, *, is_bent: bool, share: float) -> None:
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu" if is_bent else "linear", generator=generator)
    with torch.no_grad():
        layer.weight.mul_(share)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _mlp(inputs: int, widths: tuple[int, ...], outputs: int) -> nn.Module:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class ResidualBlock(nn.Module):
    """``x + W₂ relu(W₁ norm(x))``, with W₂ starting at a tenth so that a fresh block is nearly the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.rise = nn.Linear(width, 2 * width)
        self.activation = nn.ReLU()
        self.fall = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width) to (N, width)."""
        return x + self.fall(self.activation(self.rise(self.norm(x))))


class TabularResNet(nn.Module):
    """Residual blocks on a table (Gorishniy et al. 2021, with layer norm so that any batch size works)."""

    def __init__(self, inputs: int, width: int, blocks: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Linear(inputs, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.activation = nn.ReLU()
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs) to (N, outputs)."""
        return self.head(self.activation(self.norm(self.blocks(self.embed(x)))))


def _cnn(channels: int, width: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(2 * width, outputs),
    )


class SequenceModel(nn.Module):
    """Tokens or vectors through an encoder or LSTM, averaged over time, to outputs."""

    def __init__(self, found: Preset, sample: Tensor, outputs: int, vocabulary: int | None) -> None:
        super().__init__()
        width = found.sizes[0]
        self.recurrent = found.kind == "lstm"
        self.embed: nn.Module
        if sample.ndim == 3:
            self.embed = nn.Linear(sample.shape[2], width)
        else:
            self.embed = nn.Embedding(max(vocabulary or 1, int(sample.max()) + 1), width)
        if self.recurrent:
            self.body: nn.Module = nn.LSTM(width, width, batch_first=True)
        else:
            self.position = nn.Parameter(torch.zeros(sample.shape[1], width))
            layer = nn.TransformerEncoderLayer(
                width, found.heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True
            )
            self.body = nn.TransformerEncoder(layer, found.sizes[1], enable_nested_tensor=False)
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, T) or (N, T, F) to (N, outputs)."""
        hidden = self.embed(x)
        hidden = self.body(hidden)[0] if self.recurrent else self.body(hidden + self.position[: hidden.shape[1]])
        return self.head(hidden.mean(dim=1))
