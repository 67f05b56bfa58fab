"""How the best rate of a short trial carries over to the full run."""

from __future__ import annotations

import math
from dataclasses import dataclass

SPREAD = 0.6
"""Standard deviation of the step, in natural log, over the root of the log of how much longer the full run is. On the
recorded trials of calibration tasks it takes the excess that one of ten choices passes from 13 to 5 % at an eighth of
the run and from 6 to 5 % at a third; half of it and twice as much take less. ``python -m benchmarks.regret record``
recorded them."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The step from the best rate of a trial to that of the full run.

    Attributes:
        shift: its natural log.
        spread: standard deviation of that; 0 for a trial that is a full run.
    """

    shift: float = 0.0
    spread: float = 0.0

    def followed_by(self, other: Horizon) -> Horizon:
        """Return both steps as one, each uncertain by itself."""
        return Horizon(self.shift + other.shift, math.hypot(self.spread, other.spread))


def horizon(short_steps: int, full_steps: int, exponent: float) -> Horizon:
    """Return the step between two lengths.

    Longer runs want lower rates; how much lower is the rules' to say, and they know it roughly.

    Args:
        short_steps: optimizer steps of a trial.
        full_steps: optimizer steps of the full run.
        exponent: of the length, below zero.

    Returns:
        The power's log, within a factor of 10: rules are fitted on trials of an eighth of the run and more.
    """
    longer = math.log(full_steps / short_steps)
    limit = math.log(10.0)
    return Horizon(min(limit, max(-limit, exponent * longer)), SPREAD * math.sqrt(max(0.0, longer)))
