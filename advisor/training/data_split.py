"""What a training is judged on: samples that the user holds out, or another fifth of the data for every seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from advisor.errors import DataError
from advisor.training.samples import Samples

FOLDS = 5
"""Parts that are held out in turn. Judgement: a fifth, as cross-validation usually does."""
EVALUATION_SAMPLES = 4_096
"""Judged at most. Judgement: their mean has an error of under 2 % of the spread of a single loss."""
EVALUATION_BATCH = 1_024
"""Samples that are judged together at most. Judgement: enough to keep a processor busy."""


@dataclass(frozen=True, slots=True)
class DataSplit:
    """Training samples, and those that a trained model is judged on; which are which may depend on the seed.

    With folds, trials over several seeds judge a rate on several times as many samples as one split holds out, and over
    ``FOLDS`` seeds on all of them: cross-validation, for nothing more than the seeds cost.

    Attributes:
        pool: samples that trainings draw from; of folds, all there are.
        parts: the samples held out, by part: the folds, or the only part; of a fold, as many as models are judged on.
        rest: the rows of ``pool`` that train when a part is held out; empty: all rows, whatever the seed.
        held: the rows of ``pool`` that each part is made of; empty: the parts are samples of their own.
        is_last: the samples held out are the last ones in the order of time.
    """

    pool: Samples
    parts: tuple[Samples, ...]
    rest: tuple[Tensor, ...] = ()
    held: tuple[Tensor, ...] = ()
    is_last: bool = False

    def part(self, seed: int) -> int:
        """Return the position of the part that is held out under a seed."""
        return seed % len(self.parts)

    def evaluation(self, part: int, batch_size: int) -> list[tuple[Any, int]]:
        """Return the batches of a part, each with its size, as far as a model is judged on it."""
        return self.parts[part].evaluation(min(batch_size, EVALUATION_BATCH), EVALUATION_SAMPLES)

    def samples(self, seeds: Sequence[int]) -> int:
        """Return how many samples trainings with these seeds are judged on, each counted once."""
        return sum(min(self.parts[part].n, EVALUATION_SAMPLES) for part in {self.part(seed) for seed in seeds})

    @property
    def fewest(self) -> int:
        """The number of samples that train, whatever the seed."""
        return min(map(len, self.rest), default=self.pool.n)

    def rows(self, batch_size: int, seed: int) -> Iterator[Tensor]:
        """Yield, without end, the row numbers in ``pool`` of shuffled training batches."""
        return self.pool.rows(batch_size, seed, among=self.rest[self.part(seed)] if self.rest else None)

    def draw(self, batch_size: int, seed: int) -> Iterator[Any]:
        """Yield shuffled training batches without end."""
        if self.pool.tree is None:
            return self.pool.draw(batch_size, seed)
        rows = enumerate(self.rows(batch_size, seed))
        return (self.pool.training_batch(one, seed, step) for step, one in rows)

    def reduced(self, share: float) -> DataSplit:
        """Return the same split with a part of what trains, and all that is held out.

        The rows are taken evenly, so that sorted data keep their proportions; in the order of time, the latest.

        Args:
            share: of the samples that train; at least one is kept.

        Raises:
            DataError: ready batches, which have no rows.
        """
        if self.pool.tree is None:
            raise DataError("batches that cannot be joined have no samples that could be left out")
        rest = self.rest or (torch.arange(self.pool.n),)
        counts = [max(1, round(share * len(rows))) for rows in rest]
        if self.is_last:
            return replace(self, rest=tuple(rows[-count:] for rows, count in zip(rest, counts, strict=True)))
        places = [
            torch.linspace(0, len(rows) - 1, count).round().long() for rows, count in zip(rest, counts, strict=True)
        ]
        return replace(self, rest=tuple(rows[place] for rows, place in zip(rest, places, strict=True)))


def fixed_split(train: Samples, validation: Samples) -> DataSplit:
    """Judge every training on the same samples."""
    return DataSplit(train, (validation,))


def _require_enough(samples: Samples) -> None:
    if samples.n < FOLDS:
        raise DataError(
            f"{samples.n} samples are too few to hold some out; give more, or validation data if they are no table"
        )


def rotating_split(samples: Samples) -> DataSplit:
    """Hold out parts of the training samples.

    The parts are the same whatever seed the user gives, so that the advice does not hang on a draw. Classes, where
    the samples tell them, are spread evenly over the folds. Ready batches are split as wholes, once.

    Raises:
        DataError: too few samples, or a single batch.
    """
    _require_enough(samples)
    if samples.tree is None:
        return fixed_split(*samples.split_batches(1 / FOLDS))
    order = torch.randperm(samples.n, generator=torch.Generator().manual_seed(0))
    pair = samples.pair(samples.n)
    if pair is not None and pair[1].ndim == 1 and not pair[1].is_floating_point():
        order = order[torch.argsort(pair[1].cpu()[order], stable=True)]
    folds = [order[first::FOLDS] for first in range(FOLDS)]
    others = tuple(torch.cat(folds[:at] + folds[at + 1 :]).sort().values for at in range(FOLDS))
    held = tuple(fold[:EVALUATION_SAMPLES] for fold in folds)
    return DataSplit(samples, tuple(map(samples.taken, held)), others, held)


def ordered_split(samples: Samples, order: Sequence[int] | None = None) -> DataSplit:
    """Hold out the last fifth of samples that are in the order of time, whatever the seed.

    What comes later cannot be told from what is held out among it, as a random part would allow.

    Args:
        samples: those that trainings draw from and those held out.
        order: rows of the samples, the earliest first; None: as they stand. Ready batches are always taken as they
            stand, as wholes.

    Raises:
        DataError: too few samples, or a single batch.
    """
    _require_enough(samples)
    if samples.tree is None:
        return replace(fixed_split(*samples.split_batches(1 / FOLDS, last=True)), is_last=True)
    rows = torch.arange(samples.n) if order is None else torch.as_tensor(order, dtype=torch.int64)
    cut = samples.n - max(1, samples.n // FOLDS)
    late = rows[cut:]
    held = late[torch.linspace(0, len(late) - 1, min(len(late), EVALUATION_SAMPLES)).round().long()]
    return DataSplit(samples, (samples.taken(held),), (rows[:cut].sort().values,), (held,), is_last=True)
