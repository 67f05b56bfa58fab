"""A recommendation as parameters of a scikit-learn estimator: what it can do, and a reason where it cannot."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import PlanError
from advisor.inspection.sklearn_models import MLP, kind_of, last_step
from advisor.recipe.optimizers import settings_of
from advisor.results import Recommendation

_SOLVED = {
    "LogisticRegression": "SGDClassifier(loss='log_loss')",
    "LinearRegression": "SGDRegressor()",
    "Ridge": "SGDRegressor(penalty='l2')",
}
"""Estimators without a learning rate, and what trains the same model with one."""


def estimator_params(recommendation: Recommendation, estimator: Any) -> dict[str, Any]:
    """Return the parameters that make an estimator train as recommended, as ``set_params`` takes them.

    Args:
        recommendation: made for this estimator, so that it asks for nothing it lacks.
        estimator: ``MLPClassifier``, ``MLPRegressor``, ``SGDClassifier``, ``SGDRegressor``, or a pipeline that ends in
            one.

    Raises:
        ModelError: another estimator.
        PlanError: it has no learning rate, minimises another loss than was checked, or cannot follow the optimizer or
            schedule; the message holds the line to write instead.
    """
    final = last_step(estimator)
    kind = str(kind_of(final))
    if kind in _SOLVED:
        raise PlanError(f"{kind} is solved without a learning rate; to train it by steps, write {_SOLVED[kind]}")
    if getattr(final, "solver", None) == "lbfgs":
        raise PlanError(f"{kind}(solver='lbfgs') has no learning rate; write {kind}(solver='adam')")
    params = network_params(recommendation, kind) if kind in MLP else _of_sgd(recommendation, final, kind)
    prefix = _prefix(estimator)
    return {prefix + name: value for name, value in params.items()}


def set_params(recommendation: Recommendation, estimator: Any) -> Any:
    """Set what was recommended on an estimator, and return it; see ``estimator_params``."""
    return estimator.set_params(**estimator_params(recommendation, estimator))


def network_params(recommendation: Recommendation, kind: str) -> dict[str, Any]:
    """Return the parameters of ``MLPClassifier`` or ``MLPRegressor``, which is ``kind``.

    Raises:
        PlanError: it has no such optimizer or schedule.
    """
    _require_constant(recommendation, kind)
    info = OPTIMIZER_INFO[recommendation.optimizer]
    if info.sklearn_solver is None:
        raise PlanError(
            f"{kind} has no {info.title}; write advisor.advise({kind}(solver='adam'), data), or optimizer='adam'"
        )
    settings = settings_of(recommendation)
    params: dict[str, Any] = {
        "solver": info.sklearn_solver,
        "learning_rate_init": recommendation.learning_rate,
    }
    if recommendation.optimizer == "sgd":
        params |= {
            "learning_rate": "constant",
            "momentum": settings.momentum,
            "nesterovs_momentum": settings.nesterov,
        }
    else:
        params |= {"beta_1": settings.beta1, "beta_2": settings.beta2, "epsilon": settings.epsilon}
    return params | _run_of(recommendation) | _batch_of(recommendation)


def _of_sgd(recommendation: Recommendation, final: Any, kind: str) -> dict[str, Any]:
    _require_constant(recommendation, kind)
    checked = "log_loss" if kind == "SGDClassifier" else "squared_error"
    if final.loss != checked:
        raise PlanError(
            f"{kind}(loss={final.loss!r}) was checked with {checked}, and the rate of one does not carry over to the "
            f"other; write {kind}(loss={checked!r})"
        )
    if recommendation.optimizer != "sgd":
        raise PlanError(f"{kind} has SGD only; write advisor.advise({kind}(...), data), or optimizer='sgd'")
    return {"learning_rate": "constant", "eta0": recommendation.learning_rate, **_run_of(recommendation)}


def _require_constant(recommendation: Recommendation, kind: str) -> None:
    if recommendation.schedule != "constant":
        raise PlanError(
            f"{kind} cannot follow a {recommendation.schedule} schedule; write advisor.advise({kind}(...), data), "
            "which keeps to what it can, or schedule='constant'"
        )


def _run_of(recommendation: Recommendation) -> dict[str, Any]:
    epochs = recommendation.stop_epochs or recommendation.epochs
    return {} if epochs is None else {"max_iter": max(1, round(epochs))}


def _batch_of(recommendation: Recommendation) -> dict[str, Any]:
    return {} if recommendation.batch_size is None else {"batch_size": recommendation.batch_size}


def _prefix(estimator: Any) -> str:
    """Return what stands before the names of the last step's parameters."""
    prefix = ""
    while hasattr(estimator, "steps"):
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    return prefix
