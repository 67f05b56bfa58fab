"""Models of the regret benchmark, in plain torch, each described by a short text.

``kind[:sizes][+option…]``: ``linear``, ``mlp:64,64``, ``resnet:64,3`` (width, blocks), ``cnn:8,16`` (channels),
``transformer:32,2`` (width, layers), ``lstm:32``. Options: ``tanh``, ``batchnorm``, ``layernorm``, ``dropout=0.3``,
``init=3`` (all weights times 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.regret.datasets import Data


@dataclass(frozen=True, slots=True)
class Options:
    """What can be said after the sizes."""

    tanh: bool = False
    batchnorm: bool = False
    layernorm: bool = False
    dropout: float = 0.0
    init: float = 1.0


def build(text: str, data: Data) -> nn.Module:
    """Build a model for a data set with torch's own initialisation, from the global generator."""
    described, *stated = text.split("+")
    kind, _, numbers = described.partition(":")
    sizes = [int(number) for number in numbers.split(",") if number]
    options = _options(stated)
    makers = {"linear": _mlp, "mlp": _mlp, "resnet": _resnet, "cnn": _cnn}
    if kind in makers:
        model = makers[kind](sizes, data, options)
    else:
        model = {"transformer": Transformer, "lstm": Recurrent}[kind](sizes, data, options)
    if options.init != 1.0:
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim >= 2:
                    parameter.mul_(options.init)
    return model


def _options(stated: Sequence[str]) -> Options:
    given = {name: value for name, _, value in (one.partition("=") for one in stated)}
    if unknown := set(given) - set(Options.__slots__):
        raise TypeError(f"a model has no option {min(unknown)!r}")
    return Options(
        tanh="tanh" in given,
        batchnorm="batchnorm" in given,
        layernorm="layernorm" in given,
        dropout=float(given.get("dropout", 0.0)),
        init=float(given.get("init", 1.0)),
    )


def _after(width: int, options: Options) -> list[nn.Module]:
    norm = [nn.BatchNorm1d(width)] if options.batchnorm else [nn.LayerNorm(width)] if options.layernorm else []
    dropout = [nn.Dropout(options.dropout)] if options.dropout else []
    return [*norm, nn.Tanh() if options.tanh else nn.ReLU(), *dropout]


def _mlp(sizes: Sequence[int], data: Data, options: Options) -> nn.Module:
    layers: list[nn.Module] = [nn.Flatten()] if data.train_x.ndim > 2 else []
    width = int(data.train_x[0].size)
    for size in sizes:
        layers += [nn.Linear(width, size), *_after(size, options)]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, data.outputs))


class _Block(nn.Module):
    def __init__(self, width: int, options: Options) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.BatchNorm1d(width) if options.batchnorm else nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.ReLU(),
            nn.Dropout(options.dropout),
            nn.Linear(2 * width, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


def _resnet(sizes: Sequence[int], data: Data, options: Options) -> nn.Module:
    width, blocks = sizes
    return nn.Sequential(
        nn.Linear(data.train_x.shape[1], width),
        *(_Block(width, options) for _ in range(blocks)),
        nn.LayerNorm(width),
        nn.ReLU(),
        nn.Linear(width, data.outputs),
    )


def _cnn(sizes: Sequence[int], data: Data, options: Options) -> nn.Module:
    layers: list[nn.Module] = []
    channels, side = 1, int(data.train_x.shape[-1])
    for size in sizes:
        norm = [nn.BatchNorm2d(size)] if options.batchnorm else []
        layers += [nn.Conv2d(channels, size, 3, padding=1), *norm, nn.ReLU(), nn.AvgPool2d(2)]
        channels, side = size, side // 2
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(options.dropout), nn.Linear(channels * side**2, data.outputs)
    )


class Recurrent(nn.Module):
    """An LSTM whose last state predicts."""

    def __init__(self, sizes: Sequence[int], data: Data, _options: Options) -> None:
        super().__init__()
        width = sizes[0]
        self.embed = nn.Embedding(data.tokens, width) if data.tokens else nn.Identity()
        self.cell = nn.LSTM(width if data.tokens else data.train_x.shape[2], width, len(sizes), batch_first=True)
        self.head = nn.Linear(width, data.outputs)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.cell(self.embed(x))
        prediction: Tensor = self.head(states[:, -1])
        return prediction


class Transformer(nn.Module):
    """A pre-norm encoder whose last position predicts."""

    def __init__(self, sizes: Sequence[int], data: Data, options: Options) -> None:
        super().__init__()
        width, layers = sizes
        channels = None if data.tokens else data.train_x.shape[2]
        self.embed = nn.Linear(channels, width) if channels else nn.Embedding(data.tokens, width)
        self.position = nn.Parameter(0.02 * torch.randn(data.train_x.shape[1], width))
        layer = nn.TransformerEncoderLayer(
            width, 2, 2 * width, dropout=options.dropout, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, data.outputs)

    def forward(self, x: Tensor) -> Tensor:
        prediction: Tensor = self.head(self.norm(self.layers(self.embed(x) + self.position))[:, -1])
        return prediction
