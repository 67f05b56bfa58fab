"""Jobs whose output is a picture or a density of pictures: segmentation, autoencoders, diffusion."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn

from benchmarks.jobs.constants import of_bits, of_values
from benchmarks.jobs.job import Material, divided, loaders
from benchmarks.jobs.sources import digits, mnist


def _scenes(rows: int, side: int) -> tuple[Tensor, Tensor]:
    """Return noisy pictures (rows, 1, side, side) of one disc and one bar, and the mask of the disc."""
    draws = torch.Generator().manual_seed(3)
    across, down = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="xy")
    place = torch.randint(5, side - 5, (rows, 4, 1, 1), generator=draws)
    radius = 2.0 + 3.0 * torch.rand(rows, 1, 1, generator=draws)
    disc = ((across - place[:, 0]) ** 2 + (down - place[:, 1]) ** 2).sqrt() <= radius
    bar = ((across - place[:, 2]).abs() <= 1) & ((down - place[:, 3]).abs() <= 5)
    light = 0.4 + 0.6 * torch.rand(rows, 2, 1, 1, generator=draws)
    picture = torch.maximum(disc * light[:, 0], bar * light[:, 1])
    noise = 0.45 * torch.randn(rows, side, side, generator=draws)
    return (picture + noise)[:, None], disc[:, None].float()


def _double(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.GroupNorm(2, outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """Two levels with a skip connection."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.outer, self.inner = _double(1, width), _double(width, 2 * width)
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.last = _double(2 * width, width)
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, picture: Tensor) -> Tensor:
        outer = self.outer(picture)
        inner = self.up(self.inner(F.max_pool2d(outer, 2)))
        mask: Tensor = self.head(self.last(torch.cat([outer, inner], dim=1)))
        return mask


def overlap_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return binary cross-entropy plus the Dice loss."""
    picture, mask = batch
    logits = model(picture)
    share = torch.sigmoid(logits)
    both = (share * mask).sum(dim=(1, 2, 3))
    dice = 1 - (2 * both + 1) / (share.sum(dim=(1, 2, 3)) + mask.sum(dim=(1, 2, 3)) + 1)
    return F.binary_cross_entropy_with_logits(logits, mask) + dice.mean()


def segmentation(batch_size: int) -> Material:
    """A U-Net that finds discs beside bars in noise."""
    seen, held = divided(_scenes(640, 16), 160)
    train, validation = loaders(seen, held, batch_size)
    return Material(UNet, train, validation, overlap_loss)


def autoencoder(batch_size: int) -> Material:
    """A dense autoencoder with 12 numbers in the middle, mean squared error."""
    images = mnist()[0][:2_800].flatten(1)
    seen, held = divided((images, images), 400)
    train, validation = loaders(seen, held, batch_size)

    def model() -> nn.Module:
        return nn.Sequential(
            nn.Linear(196, 96),
            nn.ReLU(),
            nn.Linear(96, 12),
            nn.Linear(12, 96),
            nn.ReLU(),
            nn.Linear(96, 196),
            nn.Sigmoid(),
        )

    return Material(model, train, validation, "mse", of_values(seen.tensors[1], held.tensors[1]))


class VariationalAutoencoder(nn.Module):
    """Gaussian code of 8 numbers, Bernoulli pixels; returns its own loss."""

    def __init__(self, code: int = 8) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(196, 96), nn.ReLU(), nn.Linear(96, 2 * code))
        self.decoder = nn.Sequential(nn.Linear(code, 96), nn.ReLU(), nn.Linear(96, 196))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        mean, log_variance = self.encoder(images).chunk(2, dim=-1)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        pixels = F.binary_cross_entropy_with_logits(self.decoder(code), images, reduction="none").sum(dim=-1)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=-1)
        return {"loss": (pixels + divergence).mean()}


def variational_autoencoder(batch_size: int) -> Material:
    """The negative evidence lower bound in nats per picture."""
    images = mnist()[0][:2_800].flatten(1)
    seen, held = divided((images,), 400)
    train, validation = loaders(seen, held, batch_size)
    constant = 196 * of_bits(seen.tensors[0], held.tensors[0])
    return Material(VariationalAutoencoder, train, validation, None, constant)


class NoisePredictor(nn.Module):
    """Predicts the noise in a noisy digit from the digit and the noise level."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.level = nn.Sequential(nn.Linear(16, width), nn.SiLU())
        self.first, self.middle, self.last = nn.Linear(64, width), nn.Linear(width, width), nn.Linear(width, 64)

    def forward(self, noisy: Tensor, level: Tensor) -> Tensor:
        waves = level[:, None] * torch.exp(torch.linspace(0.0, 4.0, 8))
        inner = F.silu(self.first(noisy)) + self.level(torch.cat([waves.sin(), waves.cos()], dim=-1))
        found: Tensor = self.last(F.silu(self.middle(F.silu(inner))))
        return found


def noise_loss(model: nn.Module, batch: Any) -> Tensor:
    """Return the mean squared error of the predicted noise at random noise levels."""
    (images,) = batch
    level, noise = torch.rand(len(images)), torch.randn_like(images)
    kept = torch.cos(0.5 * torch.pi * level)[:, None]
    return F.mse_loss(model(kept * images + (1 - kept**2).sqrt() * noise, level), noise)


def diffusion(batch_size: int) -> Material:
    """A small diffusion model of 8 × 8 digits; a constant prediction of zero noise has loss 1."""
    images = 2 * digits()[0].flatten(1) - 1
    seen, held = divided((images,), 400)
    train, validation = loaders(seen, held, batch_size)
    return Material(NoisePredictor, train, validation, noise_loss, 1.0)
