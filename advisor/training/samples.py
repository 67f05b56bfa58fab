"""Training data held as samples that can be drawn in seeded batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor

from advisor.errors import DataError
from advisor.results import Remark
from advisor.training.nested_batches import (
    Listing,
    join,
    listing_of,
    map_tree,
    rows_of,
    same_structure,
    tensors_of,
)
from advisor.training.redraw import Redraw


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples held in memory.

    Attributes:
        tree: tensors with one row per sample; None when batches cannot be joined.
        batches: ready batches, used only when ``tree`` is None.
        n: number of samples.
        batch_size: the loader's own; None when the data did not come in batches.
        total: samples in the source, of which ``n`` are held; None when it was cut short and does not say.
        notes: what the user should know about how they were drawn.
        listing: how ready batches list samples one by one; None: they are stacked.
        redraw: draws them anew, where they come out differently each time; ``tree`` holds each as it once came.
        rows_each: rows of a ready batch that a sample makes: 2 where chosen and rejected answers stand in two halves,
            less than 1 where several samples are packed into a row.
    """

    tree: Any
    batches: tuple[Any, ...]
    n: int
    batch_size: int | None = None
    total: int | None = None
    notes: tuple[Remark, ...] = ()
    listing: Listing | None = None
    redraw: Redraw | None = None
    rows_each: float = 1.0

    def rows_in(self, batch: Any) -> int:
        """Return the samples of one of the batches."""
        rows = rows_of(batch, self.listing)
        return rows if self.rows_each == 1.0 else max(1, round(rows / self.rows_each))

    def select(self, rows: Tensor) -> Any:
        """Return the batch made of these rows; ``rows`` may have any shape, which leads the result's shape."""
        return map_tree(lambda tensor: tensor[rows], self.tree)

    def training_batch(self, rows: Tensor, seed: int, step: int) -> Any:
        """Return the batch of these rows, shape (samples,), as a training with this seed sees it in a step."""
        return self.select(rows) if self.redraw is None else self.redraw.batch(rows, seed, step)

    def taken(self, rows: Tensor) -> Samples:
        """Return the samples of these rows."""
        return Samples(self.select(rows), (), len(rows), self.batch_size)

    def rows(self, batch_size: int, seed: int, *, among: Tensor | None = None) -> Iterator[Tensor]:
        """Yield, without end, the row numbers of shuffled batches; the last, smaller batch of a pass is dropped.

        Args:
            batch_size: rows in each, fewer where there are not that many.
            seed: of the shuffling.
            among: the rows to draw from; None: all.
        """
        order = torch.Generator().manual_seed(seed)
        count = self.n if among is None else len(among)
        size = min(batch_size, count)
        while True:
            shuffled = torch.randperm(count, generator=order)
            shuffled = shuffled if among is None else among[shuffled]
            for start in range(0, count - size + 1, size):
                yield shuffled[start : start + size]

    def draw(self, batch_size: int, seed: int) -> Iterator[Any]:
        """Yield shuffled batches without end."""
        if self.tree is not None:
            for step, rows in enumerate(self.rows(batch_size, seed)):
                yield self.training_batch(rows, seed, step)
        order = torch.Generator().manual_seed(seed)
        while True:
            for index in torch.randperm(len(self.batches), generator=order).tolist():
                yield self.batches[index]

    def first(self, count: int) -> Any:
        """Return the first batch in order."""
        return self.select(torch.arange(min(count, self.n))) if self.tree is not None else self.batches[0]

    def evaluation(self, batch_size: int, limit: int) -> list[tuple[Any, int]]:
        """Return batches of the first ``limit`` samples in order, in the memory of the samples, each with its size."""
        if self.tree is None:
            sized = [(batch, self.rows_in(batch)) for batch in self.batches]
            return sized[: max(1, limit // max(1, sized[0][1]))]
        stop = min(self.n, limit)
        bounds = [(start, min(start + batch_size, stop)) for start in range(0, stop, batch_size)]
        return [(map_tree(itemgetter(slice(*bound)), self.tree), bound[1] - bound[0]) for bound in bounds]

    def pair(self, limit: int) -> tuple[Tensor, Tensor] | None:
        """Return up to ``limit`` samples as (x, y) when the data are such pairs."""
        tree = self.tree if self.tree is not None else self.batches[0]
        if isinstance(tree, tuple | list) and len(tree) == 2 and all(isinstance(part, Tensor) for part in tree):
            return tree[0][:limit], tree[1][:limit]
        return None

    def limited(self, count: int) -> Samples:
        """Return at most the first ``count`` samples; ready batches are kept as wholes."""
        if self.n <= count:
            return self
        if self.tree is not None:
            return replace(self, tree=self.first(count), n=count)
        keep = max(1, len(self.batches) * count // self.n)
        batches = self.batches[:keep]
        return replace(self, batches=batches, n=sum(map(self.rows_in, batches)))

    def split_batches(self, share: float, *, last: bool = False) -> tuple[Samples, Samples]:
        """Split ready batches into (rest, held out), as wholes; the first are held out, or the last."""
        cut = max(1, round(share * len(self.batches)))
        rest, held = self.batches[cut:], self.batches[:cut]
        if last:
            rest, held = self.batches[:-cut], self.batches[-cut:]
        if not rest:
            raise DataError("train: a single batch cannot be split; give validation data as well")
        size, each = self.batch_size, self.rows_each
        return samples_of_batches(list(rest), size, each), samples_of_batches(list(held), size, each)


def joined(parts: Sequence[Samples]) -> Samples:
    """Return the samples of several sources of the same kind as one.

    Raises:
        DataError: some come in batches that fit together and some do not.
    """
    first = parts[0]
    totals = [part.total for part in parts]
    total = None if None in totals else sum(one or 0 for one in totals)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    rows = sum(part.n for part in parts)
    if all(part.tree is None for part in parts):
        batches = tuple(batch for part in parts for batch in part.batches)
        return Samples(None, batches, rows, first.batch_size, total, notes, first.listing, rows_each=first.rows_each)
    trees = [part.tree for part in parts]
    if any(tree is None or not same_structure(first.tree, tree) for tree in trees):
        raise DataError("train: the ranks hold samples of different structure; give all of them the same kind")
    return Samples(join(trees, torch.cat), (), rows, first.batch_size, total, notes)


def samples_of_batches(batches: list[Any], batch_size: int | None, rows_each: float = 1.0) -> Samples:
    """Return batches as samples, joined where they fit together and their rows are samples.

    Args:
        batches: in order.
        batch_size: the loader's own; None: it has none.
        rows_each: see ``Samples``; unless it is 1, rows of a batch belong together.

    Raises:
        DataError: there is not a single batch, or a single sample.
    """
    if not batches:
        raise DataError("train: there is not a single batch in the data")
    listing = listing_of(batches[0], batch_size)
    rows = sum(rows_of(batch, listing) for batch in batches)
    size = batch_size or rows_of(batches[0], listing)
    if rows_each != 1.0 and listing is None:
        found = Samples(None, tuple(batches), rows, size, rows_each=rows_each)
        return replace(found, n=sum(map(found.rows_in, batches)))
    if listing is not None:
        return Samples(None, tuple(batches), rows, size, listing=listing)
    if all(same_structure(batches[0], batch) for batch in batches[1:]) and any(True for _ in tensors_of(batches[0])):
        tree = join(batches, torch.cat)
        if len({len(tensor) for tensor in tensors_of(tree)}) == 1:
            return enough(Samples(tree, (), rows, size))
    return Samples(None, tuple(batches), rows, size)


def enough(samples: Samples) -> Samples:
    """Return samples that are enough to train on.

    Raises:
        DataError: they are not.
    """
    if samples.n < 2:
        raise DataError(f"train: {samples.n} samples are too few to train on; give at least 2")
    return samples
