"""What a benchmark job is: a model, data as its user would have them, a loss and a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from advisor.facts.names import OptimizerName, ScheduleName

Split = Literal["calibration", "report"]
Loss = Callable[[nn.Module, Any], Tensor]

WARMUP_FRACTION = 0.05
"""Share of a run that warms up, in both pairs: the usual choice for short trainings."""
ADAMW_DECAY = 0.01
"""torch's default weight decay of AdamW."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An optimizer and a schedule with the settings of their landscapes."""

    optimizer: OptimizerName
    schedule: ScheduleName
    momentum: float = 0.0
    weight_decay: float = 0.0
    warmup_fraction: float = WARMUP_FRACTION

    def __str__(self) -> str:
        return f"{self.optimizer} {self.schedule}"


ADAMW = Pair("adamw", "cosine", weight_decay=ADAMW_DECAY)
SGD = Pair("sgd", "cosine", momentum=0.9)
PAIRS = (ADAMW, SGD)


@dataclass(frozen=True, slots=True)
class Material:
    """What a user would hand over.

    Attributes:
        model: makes a fresh module from torch's global generator.
        train: loader of the training batches; shuffled from torch's global generator.
        validation: batches that nothing trains on, in order.
        loss: a name, a function (module, batch) → mean loss, or None when the module returns its own.
        constant_loss: held-out loss of the best constant prediction; None when there is no such thing.
    """

    model: Callable[[], nn.Module]
    train: DataLoader[Any]
    validation: DataLoader[Any]
    loss: str | Loss | None
    constant_loss: float | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkJob:
    """One training job.

    Attributes:
        name: can be a file's.
        kind: of model and task, in words; every kind is in one split only.
        split: what its results may be used for.
        epochs: passes over the training batches.
        batch_size: samples per optimizer step.
        load: batch size → data and model.
        clip_norm: global gradient norm above which gradients are scaled down; None: no clipping.
    """

    name: str
    kind: str
    split: Split
    epochs: int
    batch_size: int
    load: Callable[[int], Material]
    clip_norm: float | None = None

    @property
    def material(self) -> Material:
        """Data and model, loaded once."""
        return _material(self)

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run."""
        return self.epochs * len(self.material.train)

    def model(self, seed: int) -> nn.Module:
        """Return a fresh module; torch's global generator is left as it was."""
        make = self.material.model
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return make()


@lru_cache(maxsize=2)
def _material(job: BenchmarkJob) -> Material:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return job.load(job.batch_size)


def loaders(
    train: Dataset[Any] | Sequence[Any],
    validation: Dataset[Any] | Sequence[Any],
    batch_size: int,
    collate: Callable[[list[Any]], Any] | None = None,
) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Return a shuffled loader that drops the last, smaller batch, and one in order that keeps it."""
    return (
        DataLoader(train, batch_size=batch_size, shuffle=True, drop_last=True, collate_fn=collate),  # type: ignore[arg-type]
        DataLoader(validation, batch_size=batch_size, collate_fn=collate),  # type: ignore[arg-type]
    )


def divided(tensors: Iterable[Tensor], held_out: int) -> tuple[TensorDataset, TensorDataset]:
    """Return all rows but the last ``held_out``, and those; the rows must come in random order."""
    parts = tuple(tensors)
    return TensorDataset(*(part[:-held_out] for part in parts)), TensorDataset(*(part[-held_out:] for part in parts))
