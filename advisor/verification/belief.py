"""Where the best rate of the full run lies, as far as rules and short trials say: a precision-weighted mean.

=======  ==========================================================================================
p, s     natural log of the rules' rate, and its standard deviation: a Student t with ν degrees
v_r      vertex of the trials of round r, moved to the full run
σ_r      how far the best rate of such trials lies from that of the full run (horizon)
m        the mean: Σ w_i x_i ÷ Σ w_i over p and every v_r, with 1 ÷ σ_r² as the weight of a vertex
w_p      (ν + 1) ÷ (ν + ((p − m) ÷ s)²) ÷ s²: rules that the trials contradict by far lose their say
=======  ==========================================================================================

A vertex at an eighth of the run lies high where the trials have hardly learned, and moves down with the length: on
landscapes of 30 kinds of jobs its mean with the rules' rate is nearer to the best than either, and a second round
around that mean finds what a round around the vertex leaves out (``python -m benchmarks.jobs replay``).

Source:
    Lange, Little and Taylor 1989 (the weights of a Student t).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from advisor.results import Recommendation
from advisor.verification.horizon import Horizon

FREEDOM = 4.0
"""Degrees of freedom of the rules' Student t in log rate. Judgement: where they err by far, the trials decide."""
QUANTILE = 2.132
"""By definition the 95 % quantile of that distribution: rules state intervals of 90 %."""
MIN_SPREAD = 0.2
"""Standard deviation of the rules in log rate that no stated interval undercuts. Judgement: no rule knows a rate closer
than a fifth."""
SHORT_DOUBT = 1.5
"""By which short trials widen the rules' Student t: its interval is stated for kinds of jobs that are known, and trials
are made for those that are not. 1 and 2 do much the same (``python -m benchmarks.jobs replay``)."""
ROUNDS = 20
"""Times that the mean and the rules' weight are computed from each other. Judgement: they stand still after five."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Natural log of the full run's best rate.

    Attributes:
        rules: natural log of the rules' rate.
        spread: standard deviation of the rules' Student t.
        vertices: of rounds of trials, as the full run's, each with its standard deviation.
    """

    rules: float
    spread: float
    vertices: tuple[tuple[float, float], ...] = field(default=())

    def with_trials(self, log_rate: float, horizon: Horizon) -> Belief:
        """Return what it is once trials whose horizon has a spread put the best at a rate of theirs."""
        return replace(self, vertices=(*self.vertices, (log_rate + horizon.shift, horizon.spread)))

    @property
    def log_rate(self) -> float:
        """The mean, m."""
        return self._moments()[0]

    @property
    def deviation(self) -> float:
        """Standard deviation of the mean; of the rules alone, their own."""
        return self._moments()[1]

    def _moments(self) -> tuple[float, float]:
        seen = [(log_rate, spread**-2) for log_rate, spread in self.vertices]
        if not seen:
            return self.rules, self.spread
        weight, total = sum(one for _, one in seen), sum(log_rate * one for log_rate, one in seen)
        mean, own = total / weight, 0.0
        for _ in range(ROUNDS):
            distance = (self.rules - mean) / self.spread
            own = (FREEDOM + 1.0) / (FREEDOM + distance**2) / self.spread**2
            mean = (own * self.rules + total) / (own + weight)
        return mean, 1.0 / math.sqrt(own + weight)


def belief_of(recommendation: Recommendation, *, short: bool) -> Belief:
    """Return what the rules alone say.

    Args:
        recommendation: its interval holds nine cases of ten.
        short: trials that are parts of the run follow.
    """
    spread = max(math.log(recommendation.interval.ratio) / (2.0 * QUANTILE), MIN_SPREAD)
    return Belief(math.log(recommendation.learning_rate), spread * (SHORT_DOUBT if short else 1.0))
