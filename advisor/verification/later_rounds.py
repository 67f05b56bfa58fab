"""Rounds after the first: longer trials around the decision, and what is left of a budget in seconds.

What is left goes to what makes the answer surer: further rates of the last length around the decision, until they are
closer than the best rate of this length and that of the full run; then longer trials around it, if they can be much
longer; then rates so close that losses no longer tell them apart; then further seeds of the rates that decide. Longer
trials come before these, because what is best early on is not what ends best, however many seeds say so. Where none of
these fits or says more, the rest of the budget is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from advisor.verification.belief import Belief
from advisor.verification.bracket import learned
from advisor.verification.decision import Decision
from advisor.verification.horizon import Horizon
from advisor.verification.observations import observed
from advisor.verification.point import Point
from advisor.verification.rounds import Allowance, Reference, Round, SearchResult, Train, by_rate, decided

SECOND_GAP = math.log(3.0)
"""Between the rates of a second, longer round: on landscapes of real jobs (``python -m benchmarks.jobs replay``)."""
FINE_GAP = math.log(1.3)
"""Between the lowest loss and its neighbours, from which no further rate is trained around it. Judgement: the losses of
such rates differ by less than a held-out sample can tell."""
LONGER_RATES = (3, 2)
"""Rates of a longer round that is not planned; the first that the budget pays for. Judgement: a best between two worse
ones takes three, and two still say on which side of the shorter trials' it lies."""
MOST_SEEDS = 5
"""Seeds of a rate at most. Judgement: those of the richest plan of trials."""


@dataclass(frozen=True, slots=True)
class LaterRounds:
    """Continues a search.

    Attributes:
        train: trains at rates of a short run.
        horizon: share of the full run → from the best rate of such a trial to that of the full run.
        reference: losses of models that learned nothing.
        seed: of the decision's draws.
        allowance: what the budget pays for.
    """

    train: Train
    horizon: Callable[[float], Horizon]
    reference: Reference
    seed: int
    allowance: Allowance

    def longer(
        self, found: SearchResult, belief: Belief, rates: int, share: float
    ) -> tuple[SearchResult, Belief] | None:
        """Train longer around the decision, and return what is found with what was believed before.

        Args:
            found: so far, with a decision.
            belief: before any trial.
            rates: how many.
            share: length, as a share of the full run.

        Returns:
            None when fewer than two were trained, or every one diverged.
        """
        if found.decision is None:
            return None
        step = self.horizon(share)
        # Trials that learned nothing rank rates by chance: longer ones start from the rules again.
        after = found.decision.belief if found.has_learned else belief
        center = after.log_rate - step.shift
        wanted = [center + SECOND_GAP * (at - (rates - 1) / 2) for at in range(rates)]
        trained = Round(share, by_rate(self.train(wanted, share, "longer trials around the best")), step)
        later = decided(trained, after, self.reference, self.seed)
        if later is None:
            return None
        bracketed, has_learned = found.bracketed, found.has_learned
        seen = observed(trained.points, self.reference.evaluation_samples, self.reference.to_beat)
        if seen is not None:
            inside = _lies_within(later, step, found.last) if len(seen.x) == 2 else 0 < seen.lowest < len(seen.x) - 1
            bracketed = bracketed and inside
            has_learned = has_learned or learned(seen, self.reference.to_beat)
        return SearchResult(later, (*found.rounds, trained), bracketed, has_learned), after

    def use_up(self, found: SearchResult, belief: Belief) -> SearchResult:
        """Use what is left of the budget when the planned rounds are done.

        Args:
            found: what they ended with.
            belief: where the best rate lies before the last of them.
        """
        while found.decision is not None:
            found = self._further_rates(found, belief, max(FINE_GAP, found.last.horizon.spread))
            lengths = [(rates, self.allowance.longer_spare(found.last.share, rates)) for rates in LONGER_RATES]
            paid_for = [(rates, share) for rates, share in lengths if share is not None]
            longer = self.longer(found, belief, *paid_for[0]) if paid_for else None
            if longer is None:
                break
            found, belief = longer
        return self._further_seeds(self._further_rates(found, belief, FINE_GAP), belief)

    def _further_rates(self, found: SearchResult, belief: Belief, gap: float) -> SearchResult:
        """Train rates of the last length around the decision while any are further apart than a gap, in natural log."""
        while found.decision is not None:
            rate = _next_rate(found.points, found.decision.log_rate, gap)
            if rate is None or not self.allowance.has_spare(found.last.share):
                break
            more = self.train([rate], found.last.share, "trials around the best")
            if not more:
                break
            last = replace(found.last, points=by_rate((*found.points, *more)))
            decision = decided(last, belief, self.reference, self.seed)
            seen = observed(last.points, self.reference.evaluation_samples, self.reference.to_beat)
            if decision is None or seen is None:
                break
            found = SearchResult(
                decision=decision,
                rounds=(*found.rounds[:-1], last),
                bracketed=0 < seen.lowest < len(seen.x) - 1,
                has_learned=found.has_learned or learned(seen, self.reference.to_beat),
            )
        return found

    def _further_seeds(self, found: SearchResult, belief: Belief) -> SearchResult:
        """Train the rates that decide under further seeds, in a round of their own."""
        before = found.rounds
        points = _deciding(found)
        while len(points) > 1 and len(points[0].losses) < MOST_SEEDS:
            points, samples = self.allowance.with_another_seed(points, found.last.share)
            last = replace(found.last, points=by_rate(points))
            decision = decided(last, belief, replace(self.reference, evaluation_samples=samples), self.seed)
            if decision is None:
                break
            found = replace(found, decision=decision, rounds=(*before, last))
        return found


def _deciding(found: SearchResult) -> Sequence[Point]:
    """Return the lowest trial, that nearest to the decision, and the outermost within ``SECOND_GAP`` of the lowest."""
    ended = [point for point in found.points if point.mean is not None and not point.stopped]
    if found.decision is None or len(ended) < 2:
        return ()
    decision = found.decision.log_rate
    lowest = min(ended, key=lambda point: math.inf if point.mean is None else point.mean)
    near = [point for point in ended if abs(point.log_rate - lowest.log_rate) < 1.01 * SECOND_GAP]
    nearest = min(ended, key=lambda point: abs(point.log_rate - decision))
    return by_rate(list({point.log_rate: point for point in (near[0], lowest, nearest, near[-1])}.values()))


def _next_rate(points: Sequence[Point], decided: float, gap: float) -> float | None:
    """Return the log rate that says most of the best one.

    Beyond the lowest loss where that is at an edge; else what was decided, where nothing near it was tried; else midway
    in the wider of the gaps on both sides of the lowest loss. None: these are as narrow as ``gap``.
    """
    finite = [(point.mean, point.log_rate) for point in points if point.mean is not None and not point.stopped]
    if not finite:
        return None
    lowest = min(finite)[1]
    below = max((point.log_rate for point in points if point.log_rate < lowest), default=None)
    above = min((point.log_rate for point in points if point.log_rate > lowest), default=None)
    if below is None or above is None:
        return lowest - SECOND_GAP if below is None else lowest + SECOND_GAP
    if min(abs(point.log_rate - decided) for point in points) > gap:
        return decided
    middle = (lowest + below) / 2 if lowest - below > above - lowest else (lowest + above) / 2
    return middle if abs(middle - lowest) > gap / 2 else None


def _lies_within(decision: Decision, step: Horizon, first: Round) -> bool:
    """Return whether a decision lies between the neighbours of the lowest loss of shorter trials."""
    rates = [point.log_rate + first.horizon.shift for point in first.points]
    losses = [math.inf if point.mean is None or point.stopped else point.mean for point in first.points]
    lowest = losses.index(min(losses))
    if lowest in {0, len(rates) - 1}:
        return False
    return rates[lowest - 1] < decision.log_rate + step.shift < rates[lowest + 1]
