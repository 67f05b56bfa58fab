"""Jobs that learn a distance: triplets and a contrastive loss over the whole batch."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn
from torch.utils.data import Dataset

from benchmarks.jobs.job import Material, divided, loaders
from benchmarks.jobs.sources import digits, mnist


def triplet_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the triplet margin loss of (anchor, positive, negative)."""
    anchor, positive, negative = (F.normalize(model(part), dim=-1) for part in batch)
    return F.triplet_margin_loss(anchor, positive, negative, margin=1.0)


def triplet(batch_size: int) -> Material:
    """Embeddings of noisy 8 × 8 digits from seeded triplets."""
    images, classes = digits()
    draws = torch.Generator().manual_seed(21)
    images = images + 0.4 * torch.randn(images.shape, generator=draws)

    def triplets(first: int, last: int) -> list[Tensor]:
        """Return anchors, positives and negatives among these rows, two of each per row."""
        rows = torch.arange(first, last).repeat(2)
        order = first + torch.randperm(last - first, generator=draws)
        positive, negative = rows.clone(), rows.clone()
        for place, row in enumerate(rows.tolist()):
            same = order[classes[order] == classes[row]]
            other = order[classes[order] != classes[row]]
            positive[place] = same[int(torch.randint(len(same), (1,), generator=draws))]
            negative[place] = other[int(torch.randint(len(other), (1,), generator=draws))]
        return [images[one] for one in (rows, positive, negative)]

    parts = [torch.cat(pair) for pair in zip(triplets(0, 600), triplets(1_500, 1_700), strict=True)]
    seen, held = divided(parts, 2 * 200)
    train, validation = loaders(seen, held, batch_size)

    def model() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(192, 32)
        )

    return Material(model, train, validation, triplet_loss, 1.0)


class TwoViews(Dataset[tuple[Tensor, Tensor]]):
    """Two views of a picture: shifted, noisy and partly erased.

    Args:
        images: shape (rows, 1, side, side).
        fixed: the same views every time, for validation.
    """

    def __init__(self, images: Tensor, *, fixed: bool = False) -> None:
        self.images, self.fixed = images, fixed

    def __len__(self) -> int:
        return len(self.images)

    def _view(self, image: Tensor, draws: torch.Generator | None) -> Tensor:
        place = torch.randint(-2, 12, (4,), generator=draws).tolist()
        view = torch.roll(image, (place[0] % 5 - 2, place[1] % 5 - 2), dims=(-2, -1))
        view = view + 0.15 * torch.randn(view.shape, generator=draws)
        view[:, max(0, place[2]) : place[2] + 4, max(0, place[3]) : place[3] + 4] = 0.0
        return view

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        draws = torch.Generator().manual_seed(row) if self.fixed else None
        return self._view(self.images[row], draws), self._view(self.images[row], draws)


def contrastive_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy: each view has to find the other among the batch."""
    left, right = batch
    codes = F.normalize(model(torch.cat([left, right])), dim=-1)
    alike = codes @ codes.T / 0.2
    alike = alike.masked_fill(torch.eye(len(codes), dtype=torch.bool), -1e9)
    return F.cross_entropy(alike, torch.arange(len(codes)).roll(len(left)))


def contrastive(batch_size: int) -> Material:
    """Self-supervised features; the loss depends on the batch size, in validation too."""
    images = mnist()[0]
    train, validation = loaders(TwoViews(images[:1_280]), TwoViews(images[1_280:1_536], fixed=True), batch_size)

    def model() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(1, 12, 3, stride=2, padding=1),
            nn.BatchNorm2d(12),
            nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(384, 64),
            nn.ReLU(),
            nn.Linear(64, 32),
        )

    return Material(model, train, validation, contrastive_loss)
