"""What a training log holds, whatever wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.errors import DataError
from advisor.results.findings import ColumnRole

Array = NDArray[np.float64]
Unit = Literal["step", "epoch", "row"]

FARTHEST = 1e300
"""Positions that no run has end here. Judgement: the difference of two of them is still a number."""


@dataclass(frozen=True, slots=True)
class Series:
    """One logged quantity.

    Attributes:
        name: the column or tag it was read from.
        at: where it was logged, in the history's unit, shape (points,), never falling.
        values: what was logged, shape (points,); NaN and infinity are what the run wrote, not gaps.
    """

    name: str
    at: Array
    values: Array

    def __len__(self) -> int:
        return len(self.values)

    @property
    def finite(self) -> Series:
        """The points with a finite value."""
        keep = np.isfinite(self.values)
        return Series(self.name, self.at[keep], self.values[keep])


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Which columns were read as what.

    Attributes:
        role: what they were read as.
        names: the columns; several are added up.
        alternatives: other columns of the log that could have been meant.
    """

    role: ColumnRole
    names: tuple[str, ...]
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RateGroup:
    """The learning rate of one parameter group.

    Attributes:
        name: its column.
        peak: highest rate, or the one after warm-up where the group starts higher.
        falls_first: it starts above that rate and falls to it while others rise, as the biases of YOLO do.
    """

    name: str
    peak: float
    falls_first: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """A training log; what was not logged is None, but a loss or a validation loss is always there.

    Attributes:
        source: file name or kind of object, for messages.
        unit: what positions count: optimizer steps, epochs, or rows of the log when neither was logged.
        loss: training loss.
        validation_loss: held-out loss.
        learning_rate: as set by the schedule; of several parameter groups, the one with the highest peak.
        gradient_norm: global norm, before clipping where the framework logs both.
        epochs: passes over the training data, when the log tells.
        others: every other column with numbers.
        choices: which columns were read as what.
        rate_groups: parameter groups whose rates were logged, when there are several.

    Raises:
        DataError: neither loss is there.
    """

    source: str
    unit: Unit
    loss: Series | None = None
    validation_loss: Series | None = None
    learning_rate: Series | None = None
    gradient_norm: Series | None = None
    epochs: float | None = None
    others: tuple[Series, ...] = ()
    choices: tuple[ColumnChoice, ...] = ()
    rate_groups: tuple[RateGroup, ...] = ()

    def __post_init__(self) -> None:
        if self.loss is None and self.validation_loss is None:
            raise DataError(f"{self.source}: a history needs a loss or a validation loss")

    @property
    def watched(self) -> Series:
        """The loss that shows how training went: the training loss, else the held-out one."""
        return next(part for part in (self.loss, self.validation_loss) if part is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the log."""
        parts = (self.loss, self.validation_loss, self.learning_rate, self.gradient_norm, *self.others)
        return tuple(part.name for part in parts if part is not None)

    @property
    def span(self) -> tuple[float, float]:
        """First and last position of the run."""
        parts = (self.loss, self.validation_loss, self.learning_rate, self.gradient_norm)
        logged = [part.at for part in parts if part is not None and len(part)]
        ends = min(float(at[0]) for at in logged), max(float(at[-1]) for at in logged)
        first, last = (min(max(end, -FARTHEST), FARTHEST) for end in ends)
        return first, last

    def shares(self, at: Array) -> Array:
        """Return where in the run positions lie, from 0 to 1."""
        first, last = self.span
        if not last > first:
            return np.zeros_like(at)
        with np.errstate(invalid="ignore"):  # positions that no run has, which may add up to infinity
            shares = (at / 2 - first / 2) / (last / 2 - first / 2)
        return np.clip(np.nan_to_num(shares), 0.0, 1.0)

    def position(self, share: float) -> float:
        """Return the position at a share of the run."""
        first, last = self.span
        return first + share * (last - first)
