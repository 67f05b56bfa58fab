"""A narrower copy that stands for a model whose own trials would take too long, and how its best rate carries over."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import ModelError, PlanError
from advisor.facts import ModelFacts
from advisor.inspection import inspect
from advisor.results import Recommendation, Remark, remark

if TYPE_CHECKING:
    from advisor.preparation import Prepared
    from advisor.verification.horizon import Horizon

NARROWER = 4
"""Width of the model over that of its copy. Judgement: a step of a net of matrices then takes a sixteenth, and the rate
moves by no more than rules and muP agree on within a factor of two."""
STEP = 8
"""Widths are multiples of it, and of the number of heads. Judgement: group normalisation divides them by 8 or less."""
ADAPTIVE_EXPONENT = -0.75
"""Of the width, for one rate of all weights under an adaptive optimizer. Judgement: midway between -1, which muP gives
the hidden matrices (arXiv:2203.03466, table 3), and -0.5, which the rules were fitted to
(rules/model/adam-wide-net.yaml); vectors and embeddings want 0. Under SGD muP leaves the hidden rate as it is."""
EXPONENT_SPREAD = 0.25
"""Standard deviation of the exponent, adaptive or not. Judgement: the distance from midway to either of the two."""


@dataclass(frozen=True, slots=True)
class NarrowerCopy:
    """The copy that is trained in place of the model.

    Attributes:
        prepared: the job, with the copy for its model.
        width: of the copy.
        full_width: of the model.
        transfer: from the best rate of the copy to that of the model.
        work: parameters of the copy, as a share of the model's.
    """

    prepared: Prepared
    width: int
    full_width: int
    transfer: Horizon
    work: float

    def told(self) -> Remark:
        """Return what a verdict says of it."""
        return remark(
            "trials_of_a_narrower_copy",
            width=self.width,
            full=self.full_width,
            factor=math.exp(self.transfer.shift),
            spread=math.exp(self.transfer.spread),
        )


def narrower_copy(prepared: Prepared, recommendation: Recommendation) -> NarrowerCopy:
    """Return the job with a copy of a quarter of the model's width.

    Args:
        prepared: the job, with the function of a width that makes the copy.
        recommendation: of the model; its optimizer says how the rate carries over.

    Raises:
        ModelError: the model's width is not known, or the function makes nothing narrower.
        PlanError: the proxy is no function of a width.
    """
    factory, model = prepared.proxy, prepared.facts.model
    full = _width(model)
    if not callable(factory):
        raise PlanError(
            f"proxy={factory!r}: give a function of a width that makes the model, lambda width: Net(width), or a share "
            "of the data, such as 0.1"
        )
    if full is None:
        raise ModelError(
            "proxy: the width of the model could not be seen; say it with facts={'model.hidden_size': ...}"
        )
    step = math.lcm(STEP, model.heads or 1)
    wanted = max(step, full // NARROWER // step * step)

    def make() -> Any:
        return factory(wanted)

    try:
        copy = inspect(make(), data=prepared.facts.data)
    except TypeError as error:
        raise PlanError(f"proxy: the function cannot be called with a width, {wanted} ({error})") from error
    width = _width(copy) or wanted
    if width >= full:
        raise ModelError(f"proxy: for a width of {wanted} it makes a model {width} wide, and the model is {full} wide")
    return NarrowerCopy(
        prepared=replace(prepared, model=make, linear=None, proxy=None),
        width=width,
        full_width=full,
        transfer=width_transfer(width, full, recommendation),
        work=(copy.parameters or 1) / max(1, model.parameters or 1),
    )


def width_transfer(width: int, full: int, recommendation: Recommendation) -> Horizon:
    """Return the step from the best rate of a width to that of a larger one.

    Args:
        width: of the copy.
        full: of the model.
        recommendation: whose optimizer it is.
    """
    from advisor.verification.horizon import Horizon

    wider = math.log(full / width)
    exponent = ADAPTIVE_EXPONENT if OPTIMIZER_INFO[recommendation.optimizer].adaptive else 0.0
    return Horizon(exponent * wider, EXPONENT_SPREAD * wider)


def _width(model: ModelFacts) -> int | None:
    return model.hidden_size or model.width
