"""What one optimizer step of a job computes, counted on a single batch, and what it costs alone and in an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry

from advisor.isolation import generators_kept
from advisor.isolation.dispatch import DispatchMode
from advisor.training.batched.layers import has_ensemble_form
from advisor.training.job import Job

SECONDS_PER_OPERATION = 1.5e-11
"""What an operation of a matrix product takes on one thread of the machine that the factors below were set on:
``python -m benchmarks.trials``, benchmarks/results/trials.json. Budgets are counted in operations, so that the same
seed gives the same answer; measured seconds are turned into operations by it, and back."""
GRADIENT_FLOPS = 6.0
"""Forward and backward of one sample, per parameter of a dense layer and position. By definition: a multiplication and
an addition, once forward and twice backward."""
LOOP = 1.2e7
"""A step of the loop and the optimizer's own share, whatever is trained. Judgement: this and the factors below were set
by hand on processor times of ten small nets, most of which they meet within a factor of two."""
DISPATCH = 6.7e5
"""An operation's way through Python and autograd, whatever its size. Judgement: as ``LOOP``."""
LAYERS_LOOP = 1.5e7
"""A step of ensemble layers, which have no autograd to go through. Judgement: as ``LOOP``."""
ELEMENT = 40.0
"""An element that an operation writes. Judgement: as ``LOOP``."""
MEMBER = 3e5
"""A member of an ensemble, whatever its size. Judgement: as ``LOOP``."""
UPDATE = 270.0
"""A parameter's update in an ensemble, which waits for memory. Judgement: as ``LOOP``."""


@dataclass(frozen=True, slots=True)
class StepCost:
    """Operations' worth of time of one optimizer step; an operation is what a matrix product does in about 15 ps.

    Attributes:
        alone: of a model by itself; the full run takes this for each of its steps.
        together: of a batched step, whatever the number of members.
        each: of every member in it.
    """

    alone: float
    together: float
    each: float

    def of(self, members: int) -> float:
        """Return the cost of a step of this many members."""
        return self.together + members * self.each


@dataclass(frozen=True, slots=True)
class StepOperations:
    """What a step computes.

    Attributes:
        products: floating-point operations of matrix products, convolutions and attention.
        calls: of operations, forward and backward.
        elements: that they write.
        parameters: of the model.
        ensemble_layers: members of the model train as ensemble layers, without autograd.
    """

    products: float
    calls: float
    elements: float
    parameters: int
    ensemble_layers: bool = False

    def cost(self, *, batched: bool) -> StepCost:
        """Return what the step costs.

        The factors were set by processor times of ten small nets with AdamW on one thread, most of which they meet
        within a factor of two. What many recurrent nets share of a step is counted several times too low: their twins
        loop over time in Python, which a count on the fused kernel does not see.

        Args:
            batched: trials train together; otherwise one after another.
        """
        memory = ELEMENT * self.elements
        dispatch = LOOP + DISPATCH * self.calls
        alone = dispatch + self.products + memory
        if not batched:
            return StepCost(alone, 0.0, alone)
        each = MEMBER + UPDATE * self.parameters + self.products
        if self.ensemble_layers:
            return StepCost(alone, LAYERS_LOOP, each)
        return StepCost(alone, dispatch, each + memory)


class _Counter(DispatchMode):
    """Counts operations, the elements they write, and the floating-point operations of those that torch can tell.

    ``FlopCounterMode`` counts these by module, with hooks that refuse a loss which differentiates by its inputs, such
    as that of a differential equation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.elements = 0
        self.products = 0.0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        self.calls += 1
        count = flop_registry.get(func._overloadpacket)  # noqa: SLF001 - the key of torch's own table
        if count is not None:
            self.products += float(count(*args, **(kwargs or {}), out_val=made))
        parts = made if isinstance(made, tuple | list) else (made,)
        self.elements += sum(part.numel() for part in parts if isinstance(part, Tensor))
        return made


def step_operations(job: Job) -> StepOperations:
    """Count what a step computes, on one batch of a fresh model; random generators stay as they were."""
    with generators_kept():
        model = job.make_model(0)
        size = sum(parameter.numel() for parameter in model.parameters())
        micro = max(1, job.batch_size // job.accumulation)
        batch = next(job.train.draw(micro, 0))
        counter = _Counter()
        with counter:
            job.loss_on(model, batch).backward()
    dense = GRADIENT_FLOPS * size * micro * _positions(model, job)
    return StepOperations(
        products=job.accumulation * max(dense, counter.products),
        calls=float(job.accumulation * counter.calls),
        elements=float(job.accumulation * counter.elements),
        parameters=size,
        ensemble_layers=has_ensemble_form(model, job),
    )


def _positions(model: torch.nn.Module, job: Job) -> float:
    """Return the steps of a sequence where a recurrent net hides its products from the counter; 1 elsewhere."""
    pair = job.train.pair(1)
    if pair is None or not any(isinstance(part, torch.nn.RNNBase) for part in model.modules()):
        return 1.0
    return float(pair[0].shape[1]) if pair[0].ndim >= 2 else 1.0
