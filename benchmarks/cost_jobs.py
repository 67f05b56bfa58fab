"""Jobs that ``benchmarks.costs`` asks about: nets of several sizes on drawn data, and one whose steps take long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class CostJob:
    """A training to ask about.

    Attributes:
        make: returns model, training data and loss.
        batch_size: samples per step.
        epochs: of the full run whose memory is measured.
        timed: epochs of the full run that a budget in seconds is tried on; None: it is not tried.
        weighed: its memory is measured.
    """

    make: Callable[[], tuple[nn.Module, Any, Any]]
    batch_size: int
    epochs: int
    timed: int | None = None
    weighed: bool = True


def _images(count: int, size: int) -> tuple[Tensor, Tensor]:
    order = torch.Generator().manual_seed(1)
    labels = torch.randint(10, (count,), generator=order)
    x = torch.randn(count, 3, size, size, generator=order)
    return x + 0.3 * labels.view(-1, 1, 1, 1).float() / 10, labels


def _rows(count: int, features: int) -> tuple[Tensor, Tensor]:
    order = torch.Generator().manual_seed(1)
    x = torch.randn(count, features, generator=order)
    return x, (x[:, :8].sin().sum(1, keepdim=True) + 0.3 * torch.randn(count, 1, generator=order))


def _mlp(inputs: int, width: int, depth: int, outputs: int = 1) -> nn.Module:
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def conv_net() -> tuple[nn.Module, Any, Any]:
    layers: list[nn.Module] = []
    for before, after in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 16, 10)), _images(1_000, 32), "cross_entropy"


def mlp(width: int, depth: int) -> tuple[nn.Module, Any, Any]:
    return _mlp(100, width, depth), _rows(4_000, 100), "mse"


class LanguageModel(nn.Module):
    """A causal transformer that returns its loss.

    Args:
        width, depth: of its blocks.
        vocabulary: tokens.
        length: of a text.
        rank: of low-rank adapters beside frozen blocks; 0: all of it trains.
    """

    def __init__(self, width: int, depth: int, vocabulary: int, length: int, rank: int = 0) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Parameter(0.02 * torch.randn(length, width))
        block = nn.TransformerEncoderLayer(width, 4, 4 * width, 0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, depth, enable_nested_tensor=False)
        self.adapters = nn.ModuleList()
        if rank:
            for parameter in self.parameters():
                parameter.requires_grad_(False)
            for _ in range(depth):
                up = nn.Linear(rank, width, bias=False)
                nn.init.zeros_(up.weight)
                self.adapters.append(nn.Sequential(nn.Linear(width, rank, bias=False), up))
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        before, after = tokens[:, :-1], tokens[:, 1:]
        hidden = self.tokens(before) + self.places[: before.shape[1]]
        mask = nn.Transformer.generate_square_subsequent_mask(before.shape[1], device=tokens.device)
        for place, block in enumerate(self.blocks.layers):
            hidden = block(hidden, src_mask=mask, is_causal=True)
            if len(self.adapters):
                hidden = hidden + self.adapters[place](hidden)
        return F.cross_entropy(self.head(hidden).flatten(0, 1), after.flatten())


def _texts(count: int, length: int, vocabulary: int) -> Tensor:
    order = torch.Generator().manual_seed(1)
    steps = torch.randint(1, 4, (count, length), generator=order)
    return (steps.cumsum(1) + torch.randint(vocabulary, (count, 1), generator=order)) % vocabulary


def language_model() -> tuple[nn.Module, Any, Any]:
    return LanguageModel(128, 3, 128, 128), (_texts(300, 129, 128),), lambda model, batch: model(batch[0])


def adapters() -> tuple[nn.Module, Any, Any]:
    model = LanguageModel(768, 8, 256, 64, rank=8)
    return model, (_texts(60, 65, 256),), lambda model, batch: model(batch[0])


def wide_net() -> tuple[nn.Module, Any, Any]:
    return _mlp(3 * 16 * 16, 2_100, 3, 10), _flat_images(), "cross_entropy"


def _flat_images() -> tuple[Tensor, Tensor]:
    x, y = _images(640, 16)
    return x.flatten(1), y


class Slow(nn.Module):
    """A model whose steps take ten seconds, as those of a large model do."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(x, Tensor):  # whoever only traces the graph computes nothing
            time.sleep(10.0)
        return self.layer(x)


def slow_steps() -> tuple[nn.Module, Any, Any]:
    return Slow(), _rows(512, 8), "mse"


JOBS = {
    "small convolutional net": CostJob(conv_net, 64, 4),
    "MLP of 1M": CostJob(lambda: mlp(680, 3), 128, 2, timed=20),
    "MLP of 10M": CostJob(lambda: mlp(2_200, 3), 128, 2, timed=20),
    "language model of 0.6M": CostJob(language_model, 8, 2, timed=20),
    "adapters on a base of 57M": CostJob(adapters, 4, 2),
    "net of 37 MB": CostJob(wide_net, 32, 2),
    "steps of 10 s": CostJob(slow_steps, 32, 10, timed=10, weighed=False),
}
