"""What a column of a log holds, by the names that frameworks give it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

Role = Literal["loss", "validation_loss", "learning_rate", "gradient_norm", "step", "epoch"]

TRAIN: Final = frozenset({"train", "training", "trainer", "trn", "tr", "learn"})
HELD_OUT: Final = frozenset(
    {"val", "valid", "validation", "eval", "evaluation", "test", "tst", "dev", "vali", "heldout", "vld", "cv", "te"}
)
LOSS: Final = frozenset({"loss", "losses", "nll", "cost", "objective"})
_GENERAL: Final = frozenset({"cost", "objective"})
"""Words for a loss that are used of other things as well: ``reader_cost`` is a time, ``objective/kl`` a divergence."""

_ERRORS: Final = frozenset(
    {
        *("rmse", "rms", "mse", "mae", "l2", "error", "err", "perplexity", "ppl"),
        *("xent", "crossentropy", "ce", "bce", "bpc", "bpb", "deviance"),
    }
)
"""Measures of error that stand in for a loss where a log has none; DeePMD logs the root of its loss."""

CROSS_ENTROPY: Final = frozenset({"xent", "crossentropy", "ce", "bce"})
"""Names of what most losses measure: a held-out one belongs beside a training loss of any name."""

DISCRIMINATOR: Final = frozenset({"d", "disc", "dis", "discriminator", "critic"})
GENERATOR: Final = frozenset({"g", "gen", "generator"})
_FILLER: Final = frozenset(
    {
        *(
            "step",
            "epoch",
            "mean",
            "avg",
            "average",
            "total",
            "running",
            "batch",
            "iter",
            "iterations",
            "smoothed",
            "vs",
        ),
        *(
            "metrics",
            "metric",
            "scalars",
            "scalar",
            "logs",
            "log",
            "stats",
            "sum",
            "full",
            "inner",
            "per",
            "minibatch",
            "mini",
        ),
        *(
            "overall",
            "set",
            "current",
            "final",
            "language",
            "word",
            "words",
            "token",
            "tokens",
            "sample",
            "mlog",
            "main",
            "binary",
        ),
    }
)
_NO_LOSS: Final = frozenset(
    {
        *("scale", "scaler", "scaling", "weight", "weights", "coef", "coeff", "ratio", "std", "var", "min", "max"),
        *("best", "accuracy", "acc", "time", "count", "grad", "gradient", "norm", "lowest", "delta", "change"),
        "num",
    }
)
"""Words that make something else of a column that also says "loss"."""

_COUNTED: Final = frozenset(
    {
        *("step", "steps", "iteration", "iterations", "iter", "iters", "it", "update", "updates", "nupdates"),
        *("batch", "batches", "timestep", "timesteps", "up"),
    }
)
_DONE: Final = frozenset({"done", "completed"})
"""Words behind what is counted: ``epochs_done``, as Blocks writes it."""

_OF_A_WHOLE: Final = re.compile(r"^(?P<count>[^/]+)/(?:max|total|num|n)_\w+$")
"""A count and the whole in one column, as ms-swift's ``global_step/max_steps``."""

_COUNTER: Final = frozenset({"global", "current", "total", "num", "n", "optimizer", "opt", "misc"})
"""Words beside what is counted: ``current_steps``, ``num_updates``, ``misc/total_timesteps``."""

_STEP: Final = frozenset({"i", "s", "time_iterations", "time_total_timesteps"})
_EPOCH: Final = frozenset({"epoch", "epochs", "current_epoch", "epch", "ep"})
WRAPPERS: Final = frozenset(
    {
        *("data", "metrics", "info", "progress", "state", "payload", "values", "counters", "result", "results"),
        *("scalars", "logs", "log", "metadata"),
    }
)
"""Names of groups that say nothing of what lies in them."""

_NO_RATE: Final = frozenset(
    {"scale", "mult", "multiplier", "decay", "factor", "max", "min", "ratio", "momentum", "scheduler", "patience"}
)
_RATE: Final = re.compile(r"lr[\ds]*")
_FULL_RATE: Final = frozenset({("learning", "rate"), ("learn", "rate"), ("learning", "rates")})
_SHORT_LOSS: Final = re.compile(r"^l_(?=[a-z])(?!r\b|rate)")
"""``l_pix`` and ``l_g_gan``, as BasicSR names its losses."""

_CROSS_ENTROPY: Final = re.compile(r"(?<![a-z])cross[\W_]*entropy", re.IGNORECASE)
_DOTTED_RATE: Final = re.compile(r"\bl\.\s?r\b", re.IGNORECASE)
"""``L.r.``, as Marian writes it."""
_ABBREVIATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "trl": ("train", "loss"),
    "tel": ("test", "loss"),
    "tloss": ("train", "loss"),
    "vloss": ("val", "loss"),
}
"""Whole names in one word, as llm.c and short loops write them."""

_POSSESSIVE: Final = re.compile(r"(?:_\d+)?'s(?= )")
"""Whose metric it is, as LightGBM writes it with the number of the data set."""

_OPPONENT: Final = re.compile(r"^(?:[GD]|gen|disc|generator|discriminator)_")
_BOUNDS: Final = re.compile(r"__(?:MIN|MAX)$")
"""Endings of the columns that a chart export of wandb puts beside each value."""


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Split a column name into lower-case words.

    >>> words_of("train/loss_epoch"), words_of("trainLoss"), words_of("lr-AdamW/pg1")
    (('train', 'loss', 'epoch'), ('train', 'loss'), ('lr', 'adam', 'w', 'pg1'))
    >>> words_of("valloss"), words_of("errD"), words_of("l_pix"), words_of("cross-entropy"), words_of("trl")
    (('val', 'loss'), ('err', 'd'), ('loss', 'pix'), ('crossentropy',), ('train', 'loss'))
    >>> words_of("val_cross-entropy"), words_of("valid_0's l2")
    (('val', 'crossentropy'), ('valid', 'l2'))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=loss\b)", " ", _POSSESSIVE.sub(" ", name))
    spaced = _SHORT_LOSS.sub("loss_", spaced)
    spaced = _DOTTED_RATE.sub("lr", _CROSS_ENTROPY.sub("crossentropy", spaced))
    words = tuple(word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word)
    return tuple(part for word in words for part in _ABBREVIATIONS.get(word, (word,)))


@lru_cache(maxsize=4096)
def role_of(name: str) -> Role | None:
    """Return what a column holds, by the names that Lightning, Keras, Hugging Face and plain loops give it.

    >>> role_of("loss"), role_of("train/loss_step"), role_of("eval_loss"), role_of("lr-SGD/pg1")
    ('loss', 'loss', 'validation_loss', 'learning_rate')
    >>> role_of("train_grad_norm"), role_of("grad_2.0_norm_total"), role_of("box_loss"), role_of("global_step")
    ('gradient_norm', 'gradient_norm', None, 'step')
    >>> role_of("run 3 - train/loss"), role_of("run 3 - train/loss__MIN"), role_of("Learning Rate"), role_of("base_lr")
    ('loss', None, 'learning_rate', 'learning_rate')
    >>> role_of("current_steps"), role_of("data/global_step"), role_of("#"), role_of("learn_rate")
    ('step', 'step', 'step', 'learning_rate')
    >>> role_of("epochs_done"), role_of("global_step/max_steps"), role_of("metadata/step_num")
    ('epoch', 'step', 'step')
    """
    if _BOUNDS.search(name):
        return None
    if name.strip() == "#":
        return "step"
    whole = _OF_A_WHOLE.match(name)
    words = _own_words(whole["count"] if whole else name)
    known = set(words)
    core = [word for word in words if word not in TRAIN]
    place = _role_of_place(core[1:] if "/" in name and core and core[0] in WRAPPERS else core)
    if place is not None:
        return place
    if (known & {"grad", "gradient"} and "norm" in known) or "_".join(core) in {"total_norm", "gnorm", "g_norm"}:
        return "gradient_norm"
    if _is_rate(words):
        return "learning_rate"
    filler = _FILLER if known & LOSS - _GENERAL else _FILLER - {"batch"}  # "batch_cost" is a time
    if not known & LOSS or known - LOSS - TRAIN - HELD_OUT - filler:
        return None
    return "validation_loss" if known & HELD_OUT else "loss"


def _role_of_place(core: Sequence[str]) -> Literal["step", "epoch"] | None:
    core = [word for word in core if word not in _DONE]
    joined, counted = "_".join(core), [word for word in core if word not in _COUNTER]
    if joined in _STEP or (len(counted) == 1 and counted[0] in _COUNTED):
        return "step"
    return "epoch" if joined in _EPOCH else None


@lru_cache(maxsize=4096)
def bare_role(name: str) -> Literal["loss", "validation_loss"] | None:
    """Return whose value a column is that names nothing but the data it was measured on.

    >>> bare_role("train"), bare_role("val"), bare_role("learn"), bare_role("val_acc")
    ('loss', 'validation_loss', 'loss', None)
    """
    known = set(_own_words(name))
    if not known or known - TRAIN - HELD_OUT - {"metrics", "metric", "mean", "avg"}:
        return None
    return "validation_loss" if known & HELD_OUT else "loss" if known & TRAIN else None


def is_held_out_cross_entropy(name: str) -> bool:
    """Return whether a column is a cross-entropy on held-out data, as ``metrics/eval/LanguageCrossEntropy``."""
    return error_role(name) == "validation_loss" and bool(CROSS_ENTROPY & set(_own_words(name)))


def is_adversarial(name: str) -> bool:
    """Return whether a column is the loss of a generator or a discriminator, such as ``loss_D`` or ``errG``."""
    known = set(_own_words(name))
    if _OPPONENT.match(name) and not known & _NO_LOSS and not _is_rate(list(_own_words(name))):
        return True
    return bool(known & (LOSS | {"err", "error"}) and known & (GENERATOR | DISCRIMINATOR))


def loss_part(name: str) -> tuple[Literal["loss", "validation_loss"], str] | None:
    """Return whose loss a column is a part of, and what distinguishes it; None for no loss.

    >>> loss_part("train/box_loss"), loss_part("val_loss/dataloader_idx_1"), loss_part("loss"), loss_part("loss_scale")
    (('loss', 'box'), ('validation_loss', 'dataloader_idx_1'), ('loss', ''), None)
    """
    words = _own_words(name)
    known = set(words)
    if _BOUNDS.search(name) or not known & LOSS - _GENERAL or known & _NO_LOSS:
        return None
    part = "_".join(word for word in words if word not in LOSS | TRAIN | HELD_OUT | _FILLER)
    return ("validation_loss" if known & HELD_OUT else "loss"), part


def error_role(name: str) -> Literal["loss", "validation_loss"] | None:
    """Return whose error a column is, for logs without any loss.

    >>> error_role("rmse_trn"), error_role("rmse_val"), error_role("rmse_e_trn"), error_role("mean_error_rate")
    ('loss', 'validation_loss', None, None)
    """
    known = set(_own_words(name))
    if _BOUNDS.search(name) or not known & _ERRORS or known - _ERRORS - TRAIN - HELD_OUT - _FILLER:
        return None
    return "validation_loss" if known & HELD_OUT else "loss"


def run_of(name: str) -> str:
    """Return the run that a chart export of wandb puts before the name of a column; empty for none.

    >>> run_of("calm-wave-4 - train/loss"), run_of("train/loss")
    ('calm-wave-4', '')
    """
    return name.rpartition(" - ")[0]


def listed(names: Sequence[str], limit: int = 12) -> str:
    """Return names for a message."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(repr(name) for name in names[:limit]) + more if names else "none"


def _own_words(name: str) -> tuple[str, ...]:
    """Return the words of a name without the run that a chart export of wandb puts before it."""
    return words_of(name.rpartition(" - ")[2])


def _is_rate(core: Sequence[str]) -> bool:
    if set(core) & _NO_RATE:
        return False
    return any(_RATE.fullmatch(word) for word in core) or bool(_FULL_RATE & set(pairwise(core)))
