"""Jobs whose inputs are embedded: many categories, a transformer over columns, and a student of a frozen teacher."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from benchmarks.jobs.constants import of_classes, of_values
from benchmarks.jobs.job import Material, divided, loaders
from benchmarks.jobs.sources import mnist

USERS, ITEMS = 800, 500


class Ratings(nn.Module):
    """Factors and biases of users and items, with a small net on the factors."""

    def __init__(self, factors: int = 12) -> None:
        super().__init__()
        self.user, self.item = nn.Embedding(USERS, factors), nn.Embedding(ITEMS, factors)
        self.user_bias, self.item_bias = nn.Embedding(USERS, 1), nn.Embedding(ITEMS, 1)
        for embedding in (self.user, self.item, self.user_bias, self.item_bias):
            nn.init.normal_(embedding.weight, std=0.05)
        self.deep = nn.Sequential(nn.Linear(2 * factors, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        left, right = self.user(user), self.item(item)
        near = (left * right).sum(dim=-1, keepdim=True) + self.user_bias(user) + self.item_bias(item)
        found: Tensor = near + self.deep(torch.cat([left, right], dim=-1))
        return found[:, 0]


def many_categories(batch_size: int) -> Material:
    """Ratings of 500 items by 800 users, some of both rare."""
    draws = torch.Generator().manual_seed(61)
    rows = 24_000
    user = (USERS * torch.rand(rows, generator=draws) ** 1.5).long()
    item = (ITEMS * torch.rand(rows, generator=draws) ** 2).long()
    tastes, traits = torch.randn(USERS, 4, generator=draws), torch.randn(ITEMS, 4, generator=draws)
    level = 0.6 * torch.randn(USERS, generator=draws)[user] + 0.8 * torch.randn(ITEMS, generator=draws)[item]
    rating = level + 0.5 * (tastes[user] * traits[item]).sum(dim=-1) + 0.6 * torch.randn(rows, generator=draws)
    seen, held = divided((user, item, rating), 2_000)
    train, validation = loaders(seen, held, batch_size)
    return Material(Ratings, train, validation, "mse", of_values(seen.tensors[2], held.tensors[2]))


class ColumnTransformer(nn.Module):
    """One token per column, categories embedded and numbers scaled, and a class token."""

    def __init__(self, sizes: tuple[int, ...], numbers: int, width: int = 24) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList([nn.Embedding(size, width) for size in sizes])
        self.scale, self.shift = (
            nn.Parameter(0.2 * torch.randn(numbers, width)),
            nn.Parameter(torch.zeros(numbers, width)),
        )
        self.token = nn.Parameter(0.2 * torch.randn(width))
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.1, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))

    def forward(self, categories: Tensor, numbers: Tensor) -> Tensor:
        columns = [embed(categories[:, place]) for place, embed in enumerate(self.embeddings)]
        scaled = numbers[..., None] * self.scale + self.shift
        tokens = torch.cat([self.token.expand(len(numbers), 1, -1), torch.stack(columns, dim=1), scaled], dim=1)
        found: Tensor = self.head(self.encoder(tokens)[:, 0])
        return found


def column_transformer(batch_size: int) -> Material:
    """A transformer over the columns of a table with three categories and five numbers; its target is skewed."""
    draws = torch.Generator().manual_seed(62)
    sizes, rows = (6, 12, 25), 2_600
    categories = torch.stack([torch.randint(0, size, (rows,), generator=draws) for size in sizes], dim=1)
    numbers = torch.randn(rows, 5, generator=draws)
    effects = [torch.randn(size, generator=draws)[categories[:, place]] for place, size in enumerate(sizes)]
    inner = effects[0] * numbers[:, 0] + effects[1] + torch.where(effects[2] > 0, numbers[:, 1], numbers[:, 2].abs())
    y = torch.exp(0.35 * inner + 0.2 * torch.randn(rows, generator=draws))[:, None]
    y = (y - y.mean()) / y.std()
    seen, held = divided((categories, numbers, y), 600)
    train, validation = loaders(seen, held, batch_size)
    return Material(
        lambda: ColumnTransformer(sizes, 5), train, validation, "mse", of_values(seen.tensors[2], held.tensors[2])
    )


def _teacher_net() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(196, 128), nn.ReLU(), nn.Linear(128, 10))


@lru_cache(maxsize=1)
def _teacher() -> dict[str, Tensor]:
    """Train the teacher on rows that the student never sees, with Adam 2e-3."""
    images, classes = mnist()
    model = _teacher_net()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(8):
        for rows in (3_000 + torch.randperm(2_000)[:1_984]).reshape(-1, 64):
            optimizer.zero_grad()
            F.cross_entropy(model(images[rows]), classes[rows]).backward()
            optimizer.step()
    return {name: value.clone() for name, value in model.state_dict().items()}


class Student(nn.Module):
    """A narrow convolution that carries its frozen teacher with it."""

    def __init__(self, teacher: dict[str, Tensor]) -> None:
        super().__init__()
        self.teacher = _teacher_net()
        self.teacher.load_state_dict(teacher)
        self.teacher.requires_grad_(requires_grad=False)
        self.student = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(392, 24),
            nn.ReLU(),
            nn.Linear(24, 10),
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            taught = self.teacher(images)
        return self.student(images), taught


def distillation_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the cross-entropy of the classes and of the teacher's soft answers, half each."""
    images, classes = batch
    said, taught = model(images)
    soft = F.cross_entropy(said / 2.0, torch.softmax(taught / 2.0, dim=-1))
    return 0.5 * F.cross_entropy(said, classes) + 0.5 * soft


def distillation(batch_size: int) -> Material:
    """A student that learns from a teacher as well as from labels."""
    images, classes = mnist()
    seen, held = divided((images[:2_800], classes[:2_800]), 400)
    train, validation = loaders(seen, held, batch_size)
    teacher = _teacher()
    constant = of_classes(seen.tensors[1], held.tensors[1], 10)
    return Material(lambda: Student(teacher), train, validation, distillation_loss, constant)
