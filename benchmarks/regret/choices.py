"""What choosing comes to, and the two protocols of those who choose: a learning rate, or a whole recipe."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from benchmarks.regret.tasks import Pair, Task


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen learning rate and what choosing took.

    Attributes:
        rate: None: no answer.
        samples: samples whose gradient was computed.
        seconds: of wall time.
        interval: 90 % interval, when the contestant states one.
        verdict: on the answer, when the contestant gives one.
    """

    rate: float | None
    samples: int = 0
    seconds: float = 0.0
    interval: tuple[float, float] | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A whole recipe, chosen and trained in full.

    Attributes:
        losses: held-out, one per seed; None: diverged.
        said: optimizer and schedule.
        rate: peak learning rate, where there is one.
        samples: gradient samples of choosing, the training itself left out.
        seconds: of choosing.
    """

    losses: tuple[float | None, ...]
    said: str
    rate: float | None = None
    samples: int = 0
    seconds: float = 0.0


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keep progress bars, hints and warnings of other packages out of the table."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


class Chooser(Protocol):
    """Chooses a learning rate for a given optimizer and schedule."""

    @property
    def name(self) -> str:
        """Name in the tables."""
        ...

    def choose(self, task: Task, pair: Pair, *, seed: int) -> Choice:
        """Return the rate for a task."""
        ...


class RecipeChooser(Protocol):
    """Trains a task with an optimizer, schedule and rate of its own; batch and epochs are given."""

    @property
    def name(self) -> str:
        """Name in the tables."""
        ...

    def attempt(self, task: Task) -> Attempt:
        """Choose and train."""
        ...
