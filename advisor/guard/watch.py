"""A log that is being written, watched as it grows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from advisor.diagnosis.history import History, Series
from advisor.diagnosis.reading import read_history
from advisor.diagnosis.run_context import gather_run_context
from advisor.errors import DataError
from advisor.guard.monitor import Monitor, Sighting
from advisor.guard.problem import GuardedProblem, problem_of
from advisor.results import Advice


class LogWatch:
    """Reads a log again and again, and looks at the points that are new.

    Attributes:
        problems: everything seen so far.
        has_grown: the last look found new points.
        points: of the loss, so far.
        knows_length: whether the length of the run is known, without which no standstill is told.
    """

    def __init__(self, log: Path, advice: Advice | None = None, *, total_steps: int | None = None) -> None:
        self.problems: list[GuardedProblem] = []
        self.has_grown = False
        self.points = 0
        self._log = log
        self._seen = -np.inf
        self._context = gather_run_context(advice, None, None, None, {})
        steps = total_steps or (advice.recommendation.total_steps if advice else None)
        self.knows_length = steps is not None
        self._monitor = Monitor(total_steps=steps, constant_loss=advice.verdict.constant_loss if advice else None)

    def look(self) -> list[GuardedProblem]:
        """Read what is new, and return the problems that have begun.

        Raises:
            DataError: the log cannot be read, and it is not only that it has too few points yet.
        """
        try:
            history = read_history(self._log)
        except DataError as error:
            if self._log.exists() and "points" in str(error):
                self.has_grown = False
                return []
            raise
        found = [problem_of(one, self._monitor, self._context) for one in self._new(history)]
        self.problems += found
        return found

    def _new(self, history: History) -> Iterator[Sighting]:
        watched = history.watched
        last = float(watched.at[-1])
        self.has_grown = last > self._seen
        self.points = len(watched)
        events = [(float(at), 0, value) for at, value in zip(watched.at, watched.values, strict=True)]
        held_out = history.validation_loss
        if held_out is not None and held_out is not watched:
            events += [(float(at), 1, value) for at, value in zip(held_out.at, held_out.values, strict=True)]
        for at, kind, value in sorted(events, key=lambda event: event[:2]):
            if not self._seen < at:
                continue
            step = round(at)
            if kind:
                sighting = self._monitor.observe_held_out(step, float(value))
            else:
                rate, norm = (_value_at(series, at) for series in (history.learning_rate, history.gradient_norm))
                sighting = self._monitor.observe(step, float(value), rate=rate, gradient_norm=norm)
            if sighting is not None:
                yield sighting
        self._seen = max(self._seen, last)


def _value_at(series: Series | None, at: float) -> float | None:
    """Return the last value logged up to a position."""
    if series is None or not len(series):
        return None
    place = int(np.searchsorted(series.at, at, side="right")) - 1
    return float(series.values[place]) if place >= 0 else None
