"""Samples that a data set draws anew each time it is asked for them, as augmentation does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from advisor.isolation import generators_kept, seed_generators
from advisor.training.nested_batches import map_tree, same_structure, tensors_of

LOOKED_AT = 8
"""Samples that are drawn twice to see whether they differ. Judgement: of eight that are flipped at random, all fall the
same way twice once in 256 times."""


@dataclass(frozen=True, slots=True)
class Redraw:
    """Where samples come from.

    Attributes:
        dataset: of the map style.
        collate: makes a batch of a list of its items.
        positions: in the data set, of every sample held.
    """

    dataset: Any
    collate: Callable[[list[Any]], Any]
    positions: tuple[int, ...]

    def batch(self, rows: Tensor, seed: int, step: int) -> Any:
        """Return a batch of samples as they fall in a step of a training with this seed, whatever else is trained."""
        places = [self.positions[row] for row in rows.tolist()]
        with _seeded(seed, step):
            several = getattr(self.dataset, "__getitems__", None)
            items = several(places) if callable(several) else [self.dataset[place] for place in places]
            return map_tree(Tensor.detach, self.collate(items), other=_as_tensor)


def redraw_of(dataset: Any, collate: Callable[[list[Any]], Any], positions: Sequence[int], tree: Any) -> Redraw | None:
    """Return where samples come from, if they come out differently each time; None where they do not.

    Args:
        dataset: of the map style.
        collate: makes a batch of a list of its items.
        positions: in the data set, of every sample held.
        tree: the samples held, which redrawn ones have to look like.
    """
    found = Redraw(dataset, collate, tuple(positions))
    rows = torch.arange(min(LOOKED_AT, len(found.positions)))
    first, second = (found.batch(rows, 0, step) for step in (0, 1))
    if not same_structure(tree, first):
        return None
    pairs = zip(tensors_of(first), tensors_of(second), strict=True)
    return None if all(torch.equal(_readable(a), _readable(b)) for a, b in pairs) else found


def _readable(tensor: Tensor) -> Tensor:
    return tensor.nan_to_num() if tensor.is_floating_point() else tensor


def _as_tensor(leaf: Any) -> Any:
    return torch.from_numpy(leaf) if isinstance(leaf, np.ndarray) else leaf


@contextmanager
def _seeded(seed: int, step: int) -> Iterator[None]:
    """Draw from generators of a known state, and put them back."""
    own = np.random.SeedSequence([seed % 2**63, step]).generate_state(1)[0].item()
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - transforms may draw from it
    with generators_kept():
        random.seed(own)
        np.random.seed(own)  # noqa: NPY002 - as above
        seed_generators(own)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002 - as above
