"""Jobs on pictures that end in classes: convolution, residual nets, a vision transformer, fine-tuning."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import Tensor, nn
from torch.utils.data import Dataset

from benchmarks.jobs.constants import of_classes
from benchmarks.jobs.job import Material, divided, loaders
from benchmarks.jobs.sources import mnist

HELD_OUT = 400


class Shifted(Dataset[tuple[Tensor, Tensor]]):
    """Images moved by up to two pixels and dimmed at random, every time anew."""

    def __init__(self, images: Tensor, classes: Tensor) -> None:
        self.images, self.classes = images, classes

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        down, right = torch.randint(-2, 3, (2,)).tolist()
        moved = torch.roll(self.images[row], (down, right), dims=(-2, -1))
        return moved * (0.6 + 0.4 * torch.rand(())), self.classes[row]


def _norm_net(classes: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, classes),
    )


def augmented(batch_size: int) -> Material:
    """A batch-normalised convolution on randomly moved digits."""
    images, classes = mnist()
    images, classes = images[:1_900], classes[:1_900]
    seen, held = divided((images, classes), HELD_OUT)
    train, validation = loaders(Shifted(*seen.tensors), held, batch_size)
    constant = of_classes(seen.tensors[1], held.tensors[1], 10)
    return Material(lambda: _norm_net(10), train, validation, "cross_entropy", constant)


class Residual(nn.Module):
    """Two normalised convolutions beside a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)])

    def forward(self, x: Tensor) -> Tensor:
        inner = F.relu(self.norms[0](self.first(x)))
        return F.relu(x + self.norms[1](self.second(inner)))


def residual(batch_size: int) -> Material:
    """A small ResNet whose smallest images are 7 × 7."""
    images, classes = mnist()
    seen, held = divided((images[2_400:4_000], classes[2_400:4_000]), HELD_OUT)
    train, validation = loaders(seen, held, batch_size)

    def model() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(1, 10, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(10),
            nn.ReLU(),
            Residual(10),
            Residual(10),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(10, 10),
        )

    return Material(model, train, validation, "cross_entropy", of_classes(seen.tensors[1], held.tensors[1], 10))


def plain_convolution(batch_size: int) -> Material:
    """Convolutions without any norm, with dropout before the head."""
    images, classes = mnist()
    seen, held = divided((images[:2_000], classes[:2_000]), HELD_OUT)
    train, validation = loaders(seen, held, batch_size)

    def model() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(1, 8, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.25),
            nn.Linear(144, 48),
            nn.ReLU(),
            nn.Linear(48, 10),
        )

    return Material(model, train, validation, "cross_entropy", of_classes(seen.tensors[1], held.tensors[1], 10))


class VisionTransformer(nn.Module):
    """Patches of 7 × 2 pixels, a class token and pre-norm layers."""

    def __init__(self, width: int = 32, layers: int = 2) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, width, (7, 2), stride=(7, 2))
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(0.02 * torch.randn(1, 15, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        token = self.token.expand(len(images), -1, -1)
        found: Tensor = self.head(self.norm(self.encoder(torch.cat([token, patches], dim=1) + self.position)[:, 0]))
        return found


def vision_transformer(batch_size: int) -> Material:
    """A vision transformer from scratch."""
    images, classes = mnist()
    seen, held = divided((images[:1_700], classes[:1_700]), HELD_OUT)
    train, validation = loaders(seen, held, batch_size)
    return Material(
        VisionTransformer, train, validation, "cross_entropy", of_classes(seen.tensors[1], held.tensors[1], 10)
    )


@lru_cache(maxsize=1)
def _pretrained_body() -> dict[str, Tensor]:
    """Train the normalised net on the digits 0 to 4 with Adam 1e-3 and return its weights without the head."""
    images, classes = mnist()
    rows = classes < 5
    images, classes = images[rows], classes[rows]
    model = _norm_net(5)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(4):
        for chosen in torch.randperm(len(images))[: len(images) // 64 * 64].reshape(-1, 64):
            optimizer.zero_grad()
            F.cross_entropy(model(images[chosen]), classes[chosen]).backward()
            optimizer.step()
    return {name: value.clone() for name, value in model.state_dict().items() if not name.startswith("9.")}


def fine_tuning(batch_size: int) -> Material:
    """The digits 5 to 9 with a fresh head on a body that knows 0 to 4; all weights train."""
    images, classes = mnist()
    rows = classes >= 5
    images, classes = images[rows], classes[rows] - 5
    seen, held = divided((images[:880], classes[:880]), HELD_OUT)
    train, validation = loaders(seen, held, batch_size)
    body = _pretrained_body()

    def model() -> nn.Module:
        made = _norm_net(5)
        made.load_state_dict(body, strict=False)
        return made

    return Material(model, train, validation, "cross_entropy", of_classes(seen.tensors[1], held.tensors[1], 5))
