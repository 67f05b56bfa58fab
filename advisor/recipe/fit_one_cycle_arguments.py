"""A recommendation as arguments of fastai's ``Learner.fit_one_cycle``."""

from __future__ import annotations

from typing import Any

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedule_shapes import ONE_CYCLE_FINAL, ONE_CYCLE_RISE, ONE_CYCLE_START
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.errors import PlanError
from advisor.recipe.optimizers import settings_of
from advisor.results import Recommendation


def fit_one_cycle_arguments(recommendation: Recommendation) -> dict[str, Any]:
    """Return keyword arguments of ``fit_one_cycle``; fastai is imported only where gradients are clipped.

    The optimizer stays the Learner's own; its momentum is held where fastai would move it. The length is there when it
    is known in whole passes.

    Raises:
        PlanError: another schedule, or an optimizer without momentum or first average to hold.
    """
    info = OPTIMIZER_INFO[recommendation.optimizer]
    if recommendation.schedule != "one_cycle":
        raise PlanError(
            f"fit_one_cycle draws one cycle, not {SCHEDULE_INFO[recommendation.schedule].title}; write "
            "advisor.fastai.apply(learn, advice) and learn.fit(epochs), or ask again with schedule='one_cycle'"
        )
    held = "beta1" if "beta1" in info.settings else "momentum"
    if held not in info.settings:
        raise PlanError(f"fit_one_cycle moves a momentum, which {info.title} has not; ask again with optimizer='adamw'")
    momentum = getattr(settings_of(recommendation), held)
    final = ONE_CYCLE_FINAL if recommendation.final_fraction is None else recommendation.final_fraction
    rates = [recommendation.learning_rate * group.rate_factor for group in recommendation.groups]
    arguments: dict[str, Any] = {
        "lr_max": rates if len(rates) > 1 else recommendation.learning_rate,
        "pct_start": ONE_CYCLE_RISE,
        "div": 1.0 / ONE_CYCLE_START,
        "div_final": 1.0 / final if final > 0 else float("inf"),
        "wd": recommendation.weight_decay,
        "moms": (momentum, momentum, momentum),
    }
    if recommendation.epochs is not None and float(recommendation.epochs).is_integer():
        arguments = {"n_epoch": int(recommendation.epochs), **arguments}
    if recommendation.clip_norm is not None:
        from fastai.callback.training import GradientClip  # noqa: PLC0415 - an optional framework

        arguments["cbs"] = [GradientClip(recommendation.clip_norm)]
    return arguments
