"""Values that are missing or infinite, found at first sight of the data and named by row and column.

A model may well be made for them: one that masks what is missing, or takes an additive mask of infinities. So samples
of a user's own model are refused only when loss or gradient of a fresh copy is not finite on the row in question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from advisor.errors import AdvisorError, DataError
from advisor.training.losses import Loss
from advisor.training.samples import Samples

SMALL_BATCH = 8
"""Samples that a fresh model is tried on. Judgement: enough for a loss over pairs or a batch norm."""


@dataclass(frozen=True, slots=True)
class NotFinite:
    """The first value that is not finite.

    Attributes:
        place: of it, in words.
        kind: what it is.
        count: values of the same tensor that are not finite.
        batch: a few samples that hold it.
    """

    place: str
    kind: str
    count: int
    batch: Any


def check_finite(
    samples: Samples, name: str, loss: Loss | None = None, make: Callable[[], nn.Module] | None = None
) -> None:
    """Refuse samples that hold a value which is not finite and of no use to the training.

    Args:
        samples: to train on or to judge by.
        name: of the argument they came with.
        loss: of the user's own model; None: no value that is not finite is of use.
        make: makes a fresh copy of that model.

    Raises:
        DataError: naming the first such value, and what to do.
    """
    for found in _not_finite(samples):
        if loss is not None and make is not None and _is_finite_on(loss, make(), found.batch):
            continue
        more = f" (and {found.count - 1} more such values)" if found.count > 1 else ""
        raise DataError(
            f"{name}: {found.kind} in {found.place}{more}, which makes the loss NaN; fill such values, drop their "
            "rows, mask them in the model and its loss, or give a data frame, whose columns are imputed and scaled"
        )


def _not_finite(samples: Samples) -> Iterator[NotFinite]:
    """Yield the first value that is not finite of every tensor of samples."""
    whole = samples.tree is not None
    for number, tree in enumerate([samples.tree] if whole else samples.batches):
        for path, leaf in _leaves(tree):
            wrong = ~torch.isfinite(leaf) if leaf.is_floating_point() else None
            if wrong is None or not bool(wrong.any()):
                continue
            where = wrong.nonzero()[0].tolist()
            around = (where[0] + torch.arange(min(SMALL_BATCH, samples.n))) % samples.n
            yield NotFinite(
                place=("" if whole else f"batch {number}, ") + _place(path, where),
                kind="NaN" if bool(torch.isnan(leaf[tuple(where)])) else "an infinite value",
                count=int(wrong.sum()),
                batch=samples.select(around) if whole else tree,
            )


def _place(path: tuple[str, ...], where: list[int]) -> str:
    """Return a place in words; rows and columns are counted from 0."""
    row, *columns = where
    parts = [f"{'.'.join(path)}" if path else "the array", f"row {row}"]
    if len(columns) == 1:
        parts.append(f"column {columns[0]}")
    elif columns:
        parts.append(f"position {tuple(columns)}")
    return ", ".join(parts) + " (counted from 0)"


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Tensor]]:
    """Yield the tensors of a tree with samples, each with its path; a pair is called x and y."""
    if isinstance(tree, Tensor):
        if tree.ndim:
            yield path, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(tree, list | tuple):
        names = ("x", "y") if len(tree) == 2 and not path else tuple(map(str, range(len(tree))))
        for key, value in zip(getattr(tree, "_fields", names), tree, strict=True):
            yield from _leaves(value, (*path, key))


def _is_finite_on(loss: Loss, model: nn.Module, batch: Any) -> bool:
    """Return whether loss and gradient of a model are finite; True when it cannot be run, which is said elsewhere."""
    model.train()
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    try:
        value = loss(model, batch).reshape(())
        gradients = torch.autograd.grad(value, trainable, allow_unused=True)
    except (AdvisorError, RuntimeError, ValueError, TypeError, IndexError, KeyError):
        return True
    return all(bool(torch.isfinite(one).all()) for one in (value, *gradients) if one is not None)
