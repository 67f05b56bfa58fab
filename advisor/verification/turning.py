"""Where held-out losses turn: with fewer passes a run would have ended lower, and rates can be compared there.

=========  ==========================================================================================
l_s(t)     held-out loss under seed s after t steps, at the looks on the way and at the end T
m(t)       mean of l_s(t) over the seeds
t*         where m is lowest
d_sk       l_sk(T) − l_sk(t*), of held-out sample (or batch) k of seed s
=========  ==========================================================================================

The loss turns at t* where it rises from there under every seed, and ends higher by more than ``WORTH`` and than
``ERRORS`` standard errors of the mean of d_sk, which is over the same samples. Where a few samples make the whole rise,
their error says so.

That is what may be said of a run whose length is fixed. Where the length is open, one has to be chosen for every rate,
and stopping too early costs less than overfitting: a rise by ``WORTH`` and by ``OPEN_ERRORS`` standard errors is
enough, whichever seeds make it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from advisor.results import Trial, Verdict, remark
from advisor.training.job import Job
from advisor.verification.challengers import nearest_to
from advisor.verification.point import Point, Turn

WORTH = 0.02
"""Rise of the held-out loss to the end of a run, as a share of the lowest, from which stopping earlier is worth it.
Judgement: less is seldom noticed."""
ERRORS = 3.0
"""Standard errors of the rise. Judgement: the lowest of ten looks is lower than it should be by one or two of them."""
OPEN_ERRORS = 1.0
"""The same where the length is open. On 24 tables the loss on other rows then ends 5, 14 and 29 % (median, three of
four, nine of ten) above the lowest that was seen, at the end of the whole schedule 12, 32 and 38 %; 3 standard errors
under every seed made it 8, 18 and 38 % (``python -m benchmarks.open_length``).
"""
LATEST = 0.85
"""Share of the run after which a turn is none. Judgement: stopping there saves next to nothing."""
SIGNED_UNIT = 0.1
"""Share of the fall of the losses that takes the place of a lowest loss near zero, or below. Judgement: as in
``observations``."""
LEAST_UNITS = 8
"""Samples or batches over all seeds from which on their spread says something. Judgement: its own relative error is
then about a quarter."""


def held_out_curve(point: Point) -> tuple[tuple[float, float], ...]:
    """Return the held-out loss of a rate on its way, mean over seeds, with the share of the run; empty: not known.

    The last is that of the end, where all seeds came there.
    """
    end = point.turn.end if point.turn is not None else point.mean
    if not point.steps or not point.looks or end is None or point.stopped:
        return ()
    steps = [tuple(look.step for look in own) for own in point.looks]
    if not steps[0] or any(one != steps[0] for one in steps):
        return ()
    on_the_way = [
        (looks[0].step / point.steps, sum(one.loss for one in looks) / len(looks))
        for looks in zip(*point.looks, strict=True)
    ]
    return (*on_the_way, (1.0, end))


def turn_of(point: Point, *, open_length: bool = False) -> Turn | None:
    """Return where the held-out loss of a rate turns; None where it does not, or nothing tells."""
    curve = held_out_curve(point)
    if not curve or point.turn is not None:
        return point.turn
    losses = [loss for _, loss in curve]
    place = int(np.argmin(losses))
    if not all(map(math.isfinite, losses)) or place == len(losses) - 1 or curve[place][0] > LATEST:
        return None
    lowest, end = losses[place], losses[-1]
    size = max(abs(lowest), SIGNED_UNIT * (max(losses) - lowest))
    rises = [
        np.subtract(at_end, looks[place].losses)
        for at_end, looks in zip(point.held_out, point.looks, strict=True)
        if len(at_end) == len(looks[place].losses)
    ]
    if len(rises) < len(point.looks) or sum(map(len, rises)) < LEAST_UNITS or any(len(one) < 2 for one in rises):
        return None
    error = math.sqrt(sum(float(np.var(one, ddof=1)) / len(one) for one in rises)) / len(rises)
    rise = end - lowest
    if not open_length and min(float(one.mean()) for one in rises) <= 0:
        return None
    if rise <= max(WORTH * size, (OPEN_ERRORS if open_length else ERRORS) * error):
        return None
    return Turn(point.looks[0][place].step, lowest, end)


def at_its_turn(point: Point) -> Point:
    """Return the trials at a rate of open length as if each had stopped where the held-out loss turns, if it does."""
    turn = turn_of(point, open_length=True)
    if turn is None or point.turn is not None:
        return point
    there = [next(look for look in looks if look.step == turn.step) for looks in point.looks]
    losses, held_out = tuple(look.loss for look in there), tuple(tuple(look.losses) for look in there)
    return replace(point, losses=losses, held_out=held_out, turn=turn)


def with_turn(verdict: Verdict, job: Job, *, epochs: float | None, open_length: bool) -> Verdict:
    """Return a verdict that says where the held-out loss of the advised rate turns; the same where it does not.

    Args:
        verdict: on the rate.
        job: what was trained.
        epochs: passes over the data of the whole run; None: those of a trial's own training samples are told.
        open_length: rates were compared where their losses turn.
    """
    trial = nearest_to(verdict.learning_rate, verdict.trials)
    if trial is None or trial.turn_steps is None:
        return verdict
    lowest, end = loss_at_turn(trial), trial.held_out_curve[-1][1]
    passes = trial.turn_steps * job.batch_size / job.data_split.fewest
    if epochs is not None:
        passes = epochs * trial.turn_steps / job.total_steps
    values = {
        "passes": passes,
        "steps": trial.turn_steps,
        "full": job.total_steps,
        "rise": (end - lowest) / max(abs(lowest), 1e-30),
    }
    if verdict.steps < verdict.full_steps:
        said = remark("run_is_shortened" if open_length else "short_trials_turn", trial=verdict.steps, **values)
    else:
        said = remark("stops_where_loss_turns" if open_length else "held_out_loss_turns", **values)
    return verdict.model_copy(update={"notes": (said, *verdict.notes)})


def loss_at_turn(trial: Trial) -> float:
    """Return the lowest held-out loss on the way of a trial."""
    return min(loss for _, loss in trial.held_out_curve)
