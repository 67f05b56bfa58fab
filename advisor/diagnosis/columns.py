"""Which column of a log is the loss, whatever its framework calls it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from advisor.diagnosis.history import Series
from advisor.errors import DataError, did_you_mean

Role = Literal["loss", "validation_loss", "learning_rate", "gradient_norm", "step", "epoch"]

_TRAIN: Final = frozenset({"train", "training", "trainer", "trn"})
_HELD_OUT: Final = frozenset({"val", "valid", "validation", "eval", "evaluation", "test", "dev", "heldout"})
_LOSS: Final = frozenset({"loss", "nll", "cost", "objective"})
_FILLER: Final = frozenset(
    {"step", "epoch", "mean", "avg", "average", "total", "running", "batch", "iter", "iterations", "smoothed", "vs"}
)
_STEP: Final = frozenset({"step", "steps", "global_step", "iteration", "iterations", "iter", "it"})
_EPOCH: Final = frozenset({"epoch", "epochs"})


def words_of(name: str) -> tuple[str, ...]:
    """Split a column name into lower-case words.

    >>> words_of("train/loss_epoch"), words_of("trainLoss"), words_of("lr-AdamW/pg1")
    (('train', 'loss', 'epoch'), ('train', 'loss'), ('lr', 'adam', 'w', 'pg1'))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word)


def role_of(name: str) -> Role | None:
    """Return what a column holds, by the names that Lightning, Keras, Hugging Face and plain loops give it.

    >>> role_of("loss"), role_of("train/loss_step"), role_of("eval_loss"), role_of("lr-SGD/pg1")
    ('loss', 'loss', 'validation_loss', 'learning_rate')
    >>> role_of("train_grad_norm"), role_of("grad_2.0_norm_total"), role_of("box_loss"), role_of("global_step")
    ('gradient_norm', 'gradient_norm', None, 'step')
    """
    words = words_of(name)
    known = set(words)
    core = [word for word in words if word not in _TRAIN]
    joined = "_".join(core)
    if joined in _STEP:
        return "step"
    if joined in _EPOCH:
        return "epoch"
    if (known & {"grad", "gradient"} and "norm" in known) or joined == "total_norm":
        return "gradient_norm"
    if core[:1] == ["lr"] or core[:2] == ["learning", "rate"]:
        return "learning_rate"
    if not known & _LOSS or known - _LOSS - _TRAIN - _HELD_OUT - _FILLER:
        return None
    return "validation_loss" if known & _HELD_OUT else "loss"


def pick(series: Sequence[Series], role: Role, wanted: str | None, source: str) -> Series | None:
    """Return the series of a role: the one asked for by name, else the recognised one with the most points.

    Raises:
        DataError: the name asked for is not in the log; the message names what is.
    """
    if wanted is not None:
        for item in series:
            if item.name == wanted:
                return item
        names = [item.name for item in series]
        raise DataError(
            f"{source}: there is no column {wanted!r}{did_you_mean(wanted, names)} (columns found: {listed(names)})"
        )
    found = [item for item in series if len(item) and role_of(item.name) == role]
    # Lightning logs one gradient norm per weight besides their total, and losses per step besides their epoch means.
    return max(found, key=lambda item: ("total" in words_of(item.name), len(item)), default=None)


def listed(names: Sequence[str], limit: int = 12) -> str:
    """Return names for a message."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + more if names else "none"
