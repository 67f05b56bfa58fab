"""``Guard``: watches a training loop, says what goes wrong when it begins, and stops or lowers the rate if asked to."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, Literal, get_args

from advisor.diagnosis.run_context import gather_run_context
from advisor.errors import PlanError, TrainingStoppedError, did_you_mean
from advisor.facts import Plan
from advisor.guard.good_states import GoodStates
from advisor.guard.lowering import lower, rates_of
from advisor.guard.monitor import Monitor, Sighting
from advisor.guard.problem import GuardedProblem, problem_of
from advisor.results import Advice

Answer = Literal["warn", "stop", "lower"]
KEEP_EVERY: Final = 100
"""Steps between two copies of the weights. Judgement: a copy costs about a step, so a hundredth of the time."""
MOST_LOWERINGS: Final = 3
"""Judgement: a run that still breaks at a hundredth of its rate has another cause."""

_log = logging.getLogger("advisor.guard")


class Guard:
    """Watches loss, gradient norm and learning rate of a run, in constant memory and microseconds a step.

    Call ``step`` after every optimizer step and ``held_out`` after every evaluation. A problem is said once, when it
    begins, with its reason and what the rules change.

    Args:
        model: the module that trains; needed to go back to a good state.
        optimizer: its optimizer of torch; None: the rate is given to ``step``, or not known.
        scheduler: its scheduler of torch, whose rest is lowered too.
        on_problem: ``warn`` logs it; ``stop`` also raises ``TrainingStoppedError`` when the run is lost (NaN,
            divergence); ``lower`` then goes back to the last good weights and goes on at the rate of the rule.
        advice: the advice that the run follows, which knows data, model and plan.
        total_steps: optimizer steps of the whole run; None: the advice's. Without it no plateau is told.
        constant_loss: loss of the best constant prediction; None: the advice's.
        keep_every: steps between two copies of the weights, for ``lower``.
        tell: called with every problem; None: logged as a warning of ``advisor.guard``.
        **settings: what the run trains with, such as ``clip_norm=1.0``; see ``diagnose``.

    Raises:
        PlanError: an unknown answer or setting, or ``lower`` without model and optimizer.
    """

    def __init__(
        self,
        model: Any = None,
        optimizer: Any = None,
        scheduler: Any = None,
        *,
        on_problem: Answer = "warn",
        advice: Advice | None = None,
        total_steps: int | None = None,
        constant_loss: float | None = None,
        keep_every: int = KEEP_EVERY,
        tell: Callable[[GuardedProblem], None] | None = None,
        **settings: Any,
    ) -> None:
        if on_problem not in get_args(Answer):
            known = ", ".join(get_args(Answer))
            raise PlanError(f"on_problem={on_problem!r}: give {known}{did_you_mean(on_problem, get_args(Answer))}")
        if on_problem == "lower" and (model is None or optimizer is None):
            raise PlanError('on_problem="lower": give the model and its optimizer, whose last good state is kept')
        self.on_problem = on_problem
        self.problems: list[GuardedProblem] = []
        self.steps = 0
        self._optimizer, self._scheduler, self._tell = optimizer, scheduler, tell
        self._keep_every = keep_every
        self._lowerings = 0
        self._states = GoodStates(model, optimizer) if on_problem == "lower" else None
        plan = _plan_of(optimizer) if optimizer is not None and advice is None else None
        self._context = gather_run_context(advice, None, None, plan, settings)
        steps = total_steps or (advice.recommendation.total_steps if advice else None)
        constant = constant_loss if constant_loss is not None else (advice.verdict.constant_loss if advice else None)
        self._monitor = Monitor(total_steps=steps, constant_loss=constant)
        if self._states is not None:
            self._states.keep(0)

    def step(
        self, loss: Any, *, gradient_norm: Any = None, learning_rate: float | None = None
    ) -> GuardedProblem | None:
        """Look at the numbers of an optimizer step that was just taken.

        Args:
            loss: of the step, a number or a scalar tensor.
            gradient_norm: before clipping, likewise.
            learning_rate: None: the highest of the optimizer's groups.

        Returns:
            The problem that has just begun; None nearly always.

        Raises:
            TrainingStoppedError: the run is lost, and it is to be stopped or was lowered often enough.
        """
        self.steps += 1
        rate = learning_rate
        if rate is None and self._optimizer is not None:
            rate = max(group["lr"] for group in self._optimizer.param_groups)
        norm = None if gradient_norm is None else _number(gradient_norm)
        sighting = self._monitor.observe(self.steps, _number(loss), rate=rate, gradient_norm=norm)
        if sighting is not None:
            return self._answer(sighting)
        if self._states is not None and self.steps % self._keep_every == 0 and self._monitor.is_calm:
            self._states.keep(self.steps)
        return None

    def held_out(self, loss: Any) -> GuardedProblem | None:
        """Look at a held-out loss that was just measured; see ``step``."""
        sighting = self._monitor.observe_held_out(self.steps, _number(loss))
        return None if sighting is None else self._answer(sighting)

    def _answer(self, sighting: Sighting) -> GuardedProblem:
        problem = problem_of(sighting, self._monitor, self._context)
        self.problems.append(problem)
        (self._tell or _warn)(problem)
        if not problem.is_severe or self.on_problem == "warn":
            return problem
        if self.on_problem == "stop":
            raise TrainingStoppedError(f"{problem} Start again with these changes, or set on_problem='lower'.")
        self._lower(problem)
        return problem

    def _lower(self, problem: GuardedProblem) -> None:
        factor = problem.rate_factor
        if factor is None:
            raise TrainingStoppedError(f"{problem} No rule says by how much to lower the rate; check data and loss.")
        if self._lowerings == MOST_LOWERINGS:
            raise TrainingStoppedError(
                f"{problem} The rate was lowered {MOST_LOWERINGS} times already; look for bad batches, or a loss or "
                "layer that breaks at any rate."
            )
        self._lowerings += 1
        rates = rates_of(self._optimizer)
        back = self._states.go_back(problem.since) if self._states is not None else None
        lower(self._optimizer, self._scheduler, factor, rates)
        self._monitor.begin_anew()
        _log.warning("Back to the weights of step %s, at %.2g of the rate.", f"{back or 0:,}", factor)


def _plan_of(optimizer: Any) -> Plan | None:
    """Return what an optimizer of torch says about the plan; None for another one."""
    from advisor.recipe.torch_groups import is_optimizer, plan_of  # noqa: PLC0415 - imports torch

    if not is_optimizer(optimizer):
        return None
    try:
        return plan_of(optimizer)
    except PlanError:  # a class that advisor does not know
        return None


def _number(value: Any) -> float:
    """Return a number, or the one in a scalar tensor."""
    return float(value.item() if hasattr(value, "item") else value)


def _warn(problem: GuardedProblem) -> None:
    _log.warning("%s", problem)
