"""One run under a guard: what it said, what it cost, and how the losses went."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from advisor.errors import TrainingStoppedError
from advisor.guard.guard import Answer, Guard
from advisor.guard.problem import GuardedProblem
from benchmarks.guard.runs import Run, scramble, start

LEAST_GAIN = 0.1
"""Share of its first losses that a healthy run gains at least."""
NEAR_ITS_BEST = 0.25
"""Share of its gain that a healthy run has lost again at its end at most."""
AFTER_A_FAULT = 150
"""Steps that a run is followed after a fault, to see whether it comes back by itself."""


@dataclass(frozen=True)
class Watched:
    """What came of a run.

    Attributes:
        run: which.
        losses: of every step.
        problems: all that the guard said.
        stopped: the guard gave up.
        microseconds: of processor time that the guard took a step.
    """

    run: Run
    losses: NDArray[np.float64]
    problems: tuple[GuardedProblem, ...]
    stopped: bool
    microseconds: float

    @property
    def is_healthy(self) -> bool:
        """Whether the losses alone look healthy: finite, some gain, and an end near the best level."""
        if not np.isfinite(self.losses).all():
            return False
        parts = np.array([np.median(part) for part in np.array_split(self.losses, 20)])
        first, lowest, end = float(np.median(self.losses[:5])), float(parts.min()), float(parts[-1])
        return first - end > LEAST_GAIN * abs(first) and end - lowest < NEAR_ITS_BEST * (first - lowest)

    @property
    def onset(self) -> int | None:
        """Step from which on the losses of a broken run stay far above their level for good; None: they return.

        They are far above it when half the gain is lost, or half the first loss is added where nothing was gained yet.
        """
        at, losses = self.run.fault_at, self.losses
        first = float(np.median(losses[: min(5, at)])) if at else float(losses[0])
        before = float(np.median(losses[max(0, at - 50) : at])) if at else first
        limit = before + max(0.5 * (first - before), 0.05 * abs(first)) if at else first + 0.5 * abs(first)
        after = losses[at:]
        broken = np.flatnonzero(~np.isfinite(after))
        end = int(broken[0]) if len(broken) else len(after)
        smooth = np.array([np.median(after[max(0, place - 2) : place + 3]) for place in range(end)])
        if not len(broken) and np.median(after[-50:]) < limit:
            return None
        low = np.flatnonzero(smooth < limit)
        return at + (int(low[-1]) + 1 if len(low) else 0)

    @property
    def delay(self) -> int | None:
        """Steps from the onset to the first severe problem; None: the run was not lost, or nothing was said."""
        onset = self.onset
        said = [problem.step - 1 for problem in self.problems if problem.is_severe]
        return max(said[0] - onset, 0) if said and onset is not None else None


def watch(run: Run, on_problem: Answer = "warn", *, whole: bool = False) -> Watched:
    """Train under a guard.

    Args:
        run: what is trained.
        on_problem: the guard's answer.
        whole: train to the end; else a broken run ends ``AFTER_A_FAULT`` steps after its fault.
    """
    begun = start(run)
    said: list[GuardedProblem] = []
    guard = Guard(
        begun.model,
        begun.optimizer,
        begun.scheduler,
        on_problem=on_problem,
        total_steps=run.steps,
        keep_every=50,
        tell=said.append,
    )
    length = run.steps if whole or not run.fault else min(run.steps, run.fault_at + AFTER_A_FAULT)
    spent, losses, stopped = 0, [], False
    for step in range(length):
        if run.fault == "weights scrambled" and step == run.fault_at:
            scramble(begun.model)
        loss = begun.loss()
        losses.append(float(loss.detach()))
        if step == run.fault_at and run.fault in {"NaN once", "gradient x1e4"}:
            loss = loss * (math.nan if run.fault == "NaN once" else 1e4)
        begun.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(begun.model.parameters(), begun.clip_norm)
        begun.optimizer.step()
        begun.scheduler.step()
        before = time.process_time_ns()
        try:
            problem = guard.step(loss, gradient_norm=norm)
        except TrainingStoppedError:
            stopped = True
            break
        if problem is None:  # what is said once, with its rules, is no cost of every step
            spent += time.process_time_ns() - before
    return Watched(run, np.array(losses), tuple(said), stopped, spent / 1e3 / len(losses))
