"""When a check has to end: at the end of a budget in seconds, or when the user interrupts it.

Whatever trains or measures looks at the job's deadline before each step, so that a check ends within a step of it. What
was trained to its end by then is kept, and the advice says what it lacks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from advisor.results import RemarkCode

Clock = Callable[[], float]
"""Returns seconds; only differences count."""


class OutOfTimeError(Exception):
    """The deadline has passed; caught before it reaches the user."""


class OutOfMemoryStop(Exception):  # noqa: N818 - it ends a check, and is caught before it reaches the user
    """Memory ran out and nothing is left to make smaller."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time on a clock.

    Attributes:
        at: seconds; infinite: never.
        clock: of the wall.
    """

    at: float = math.inf
    clock: Clock = time.perf_counter

    @property
    def left(self) -> float:
        """Seconds that are left; below zero when it has passed."""
        return math.inf if math.isinf(self.at) else self.at - self.clock()

    def check(self) -> None:
        """Raise when it has passed.

        Raises:
            OutOfTimeError: it has.
        """
        if self.left <= 0:
            raise OutOfTimeError


STOPS = (OutOfTimeError, OutOfMemoryStop, KeyboardInterrupt)
"""What ends a check before it is done, without being an error."""


def reason_of(stop: BaseException) -> RemarkCode:
    """Return what a stop is called in a verdict."""
    if isinstance(stop, OutOfMemoryStop):
        return "out_of_memory"
    return "out_of_time" if isinstance(stop, OutOfTimeError) else "interrupted"
