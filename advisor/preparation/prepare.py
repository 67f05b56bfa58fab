"""Tables go one way, samples the other, whatever the model is."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from advisor.errors import DataError
from advisor.facts import Plan
from advisor.preparation.prepared import Prepared
from advisor.preparation.samples import prepare_samples
from advisor.profiling import is_frame
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.profiling import ReadingOptions
    from advisor.training.samples import Samples


def prepare(
    model: Any,
    train: Any,
    loss: str | Callable[..., Any] | None,
    *,
    plan: Plan,
    target: str | None,
    validation: Any,
    reading: ReadingOptions | Mapping[str, Any] | None = None,
    memory: str | None,
    seed: int,
    progress: Progress,
    computable: bool = True,
) -> Prepared:
    """Read the data, look at the model, and keep both ready for training.

    A path, a frame, or a frame with its target ``(frame, y)`` is a table: it is encoded (imputed, standardised,
    one-hot). Everything else, ``(X, y)`` of arrays or tensors too, is samples, which reach the model exactly as they
    are. Which of the two it is does not depend on the model.

    Args:
        model: a module, a function that makes one, an estimator or a preset.
        train: the data.
        loss: its name, a function of (model, batch), or None.
        plan: what the user fixes.
        target: column of a table to predict; None: it is guessed.
        validation: held-out data in the user's own form.
        reading: how a table is to be read.
        memory: limit while reading.
        seed: of everything drawn.
        progress: called with what is being done.
        computable: the loss of a batch may be computed to see which it is; not where the model is too large for trials.

    Raises:
        InputError: data, model, loss or plan cannot be used.
    """
    if is_table(train):
        from advisor.preparation.tables import prepare_table  # noqa: PLC0415 - loads the readers of tables

        return prepare_table(
            *(model, train, loss),
            plan=plan,
            target=target,
            validation=validation,
            reading=reading,
            memory=memory,
            seed=seed,
            progress=progress,
        )
    if target is not None:
        raise DataError(f"target={target!r} names a column, but the data are not a table; leave it out")
    return prepare_samples(model, train, loss, plan=plan, validation=validation, seed=seed, computable=computable)


def samples_in(train: Any, validation: Any, *, seed: int) -> tuple[Samples | None, Samples | None]:
    """Return the samples this process holds for training and held out; (None, None) for a table."""
    from advisor.training.sources import samples_of  # noqa: PLC0415 - imports torch, which a table does not need

    if is_table(train):
        return None, None
    return samples_of(train, seed=seed), None if validation is None else samples_of(validation, seed=seed)


def is_table(train: Any) -> bool:
    """Return whether ``train`` is read by profiling: a path, a frame, or a frame with its target."""
    if isinstance(train, tuple) and len(train) == 2:
        return is_frame(train[0])
    return isinstance(train, str | os.PathLike) or is_frame(train)
