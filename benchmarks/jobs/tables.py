"""Jobs on generated tables: many rows, many labels, few positives, crossed categories."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from benchmarks.jobs.constants import of_bits, of_classes, of_values
from benchmarks.jobs.job import Material, divided, loaders


def _mlp(inputs: int, outputs: int, width: int = 64) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )


def _surface(x: Tensor, draws: torch.Generator, outputs: int = 1) -> Tensor:
    """Return smooth random functions of the columns, of about unit variance, shape (rows, outputs)."""
    inner = torch.randn(x.shape[1], 24, generator=draws) / x.shape[1] ** 0.5
    outer = torch.randn(24, outputs, generator=draws) / 24**0.5
    return torch.sin(1.2 * x @ inner + torch.randn(24, generator=draws)) @ outer * 1.4


def many_rows(batch_size: int) -> Material:
    """A regression on 100,000 rows."""
    draws = torch.Generator().manual_seed(11)
    x = torch.randn(102_000, 16, generator=draws)
    y = _surface(x, draws) + 0.3 * torch.randn(len(x), 1, generator=draws)
    seen, held = divided((x, y), 2_000)
    train, validation = loaders(seen, held, batch_size)
    return Material(lambda: _mlp(16, 1), train, validation, "mse", of_values(seen.tensors[1], held.tensors[1]))


def bits_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the binary cross-entropy over all labels."""
    x, labels = batch
    return F.binary_cross_entropy_with_logits(model(x), labels)


def multi_label(batch_size: int) -> Material:
    """Twelve labels a row, several of which hold at once."""
    draws = torch.Generator().manual_seed(12)
    x = torch.randn(5_000, 24, generator=draws)
    noise = 0.5 * torch.randn(len(x), 12, generator=draws)
    labels = (_surface(x, draws, 12) + noise > torch.linspace(-0.5, 1.5, 12)).float()
    seen, held = divided((x, labels), 1_000)
    train, validation = loaders(seen, held, batch_size)
    return Material(lambda: _mlp(24, 12, 128), train, validation, bits_loss, of_bits(seen.tensors[1], held.tensors[1]))


def weighted_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the binary cross-entropy with positives counted twelve times."""
    x, positive = batch
    return F.binary_cross_entropy_with_logits(model(x), positive, pos_weight=torch.tensor(12.0))


def imbalanced(batch_size: int) -> Material:
    """Five positives in a hundred rows, weighted up."""
    draws = torch.Generator().manual_seed(13)
    x = torch.randn(8_000, 20, generator=draws)
    score = (_surface(x, draws) + 0.25 * torch.randn(len(x), 1, generator=draws)).flatten()
    positive = (score > score.quantile(0.95)).float()[:, None]
    seen, held = divided((x, positive), 2_000)
    train, validation = loaders(seen, held, batch_size)

    def model() -> nn.Module:
        return nn.Sequential(
            nn.Linear(20, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1)
        )

    return Material(model, train, validation, weighted_loss)


class WideAndDeep(nn.Module):
    """A linear model of crossed categories beside embeddings that go through a net."""

    def __init__(self, sizes: tuple[int, ...], numbers: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.wide = nn.Embedding(sizes[0] * sizes[1], 1)
        nn.init.zeros_(self.wide.weight)
        self.embeddings = nn.ModuleList([nn.Embedding(size, 6) for size in sizes])
        self.deep = _mlp(6 * len(sizes) + numbers, 1, 96)

    def forward(self, categories: Tensor, numbers: Tensor) -> Tensor:
        crossed = self.wide(categories[:, 0] * self.sizes[1] + categories[:, 1])
        embedded = [embed(categories[:, place]) for place, embed in enumerate(self.embeddings)]
        deep: Tensor = self.deep(torch.cat([*embedded, numbers], dim=-1))
        return deep + crossed


def clicks_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the binary cross-entropy of clicks."""
    return F.binary_cross_entropy_with_logits(model(batch["categories"], batch["numbers"]), batch["clicked"])


def wide_and_deep(batch_size: int) -> Material:
    """Clicks that depend on a crossed pair of categories, a third one and numbers; batches are dicts."""
    draws = torch.Generator().manual_seed(14)
    sizes, rows = (40, 30, 200), 15_000
    categories = torch.stack([torch.randint(0, size, (rows,), generator=draws) for size in sizes], dim=1)
    numbers = torch.randn(rows, 6, generator=draws)
    crossed = torch.randn(sizes[0], sizes[1], generator=draws)[categories[:, 0], categories[:, 1]]
    single = torch.randn(sizes[2], generator=draws)[categories[:, 2]]
    score = 0.8 * crossed + 1.2 * single + _surface(numbers, draws)[:, 0] - 0.5
    clicked = (torch.rand(rows, generator=draws) < torch.sigmoid(1.5 * score)).float()[:, None]
    entries = [{"categories": categories[row], "numbers": numbers[row], "clicked": clicked[row]} for row in range(rows)]
    train, validation = loaders(entries[:-2_000], entries[-2_000:], batch_size)
    constant = of_bits(clicked[:-2_000], clicked[-2_000:])
    return Material(lambda: WideAndDeep(sizes, 6), train, validation, clicks_loss, constant)


def label_noise(batch_size: int) -> Material:
    """Six classes of which three training labels in ten are wrong; the held-out labels are right."""
    draws = torch.Generator().manual_seed(15)
    x = torch.randn(4_000, 20, generator=draws)
    classes = _surface(x, draws, 6).argmax(dim=1)
    wrong = torch.rand(len(x), generator=draws) < 0.3
    wrong[-1_000:] = False
    given = torch.where(wrong, torch.randint(0, 6, (len(x),), generator=draws), classes)
    seen, held = divided((x, given), 1_000)
    train, validation = loaders(seen, held, batch_size)
    constant = of_classes(seen.tensors[1], held.tensors[1], 6)
    return Material(lambda: _mlp(20, 6, 128), train, validation, "cross_entropy", constant)


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def pinball(prediction: Tensor, y: Tensor) -> Tensor:
    """Return the mean quantile loss of predictions (rows, quantiles)."""
    error = y - prediction
    levels = torch.tensor(QUANTILES)
    return torch.maximum(levels * error, (levels - 1) * error).mean()


def quantile_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the quantile loss of a batch."""
    x, y = batch
    return pinball(model(x), y)


def quantile(batch_size: int) -> Material:
    """Five quantiles of a target whose spread depends on the inputs."""
    draws = torch.Generator().manual_seed(16)
    x = torch.randn(8_000, 10, generator=draws)
    spread = torch.exp(0.7 * x[:, :1])
    y = 2 * _surface(x, draws) + spread * torch.randn(len(x), 1, generator=draws)
    seen, held = divided((x, y), 2_000)
    train, validation = loaders(seen, held, batch_size)
    levels = seen.tensors[1].flatten().quantile(torch.tensor(QUANTILES))
    constant = float(pinball(levels.expand(2_000, -1), held.tensors[1]))
    return Material(lambda: _mlp(10, len(QUANTILES), 128), train, validation, quantile_loss, constant)
