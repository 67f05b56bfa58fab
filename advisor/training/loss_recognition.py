"""A function that computes what a named loss does counts as that loss in the facts, however it is handed over.

``lambda model, batch: F.l1_loss(model(batch[0])[:, 0], batch[1])`` and ``"mae"`` are one training, and by its name a
loss tells rules what is predicted. Two losses are one where values and gradients agree; a penalty on weights shows in
the gradient, however small it is beside the value.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

from advisor.facts.names import Loss
from advisor.isolation import generators_kept, seed_generators
from advisor.training.frozen import SharedParameters
from advisor.training.losses import loss_of
from advisor.training.modules import copied, is_lazy, unwrap
from advisor.training.samples import Samples

NAMES: Final[tuple[Loss, ...]] = ("mse", "mae", "cross_entropy", "binary_cross_entropy")
"""Losses that are recognised. By judgement not ``huber``, which is half of ``mse`` where all errors are small."""
BATCHES: Final = ((24, True), (7, False))
"""Samples that both are computed on, and whether in training mode. Judgement: of two sizes, so that a sum or a fixed
divisor does not pass."""
AGREEMENT: Final = 1e-5
"""Relative difference of values and gradients up to which two losses are one. Judgement: some rounding errors of
float32."""
SLOW: Final = 0.5
"""Seconds of a batch from which no other is computed. Judgement: what takes longer is told by more than its loss, and
budgets in seconds are short beside it."""
LARGEST: Final = 30_000_000
"""Parameters of a model from which no copy is made to find out. Judgement: a copy of 120 MB."""


def recognized(loss: str | Callable[..., Any], model: Any, samples: Samples, seed: int) -> Loss | None:
    """Return the name of the loss that a function of (model, batch) computes; None where no name fits.

    Args:
        loss: a function; a name is its own already.
        model: a module, or a function that makes one.
        samples: that it is trained on; no name fits where they are no pairs (x, y), or come in batches of one size.
        seed: of the weights.
    """
    if isinstance(loss, str) or samples.tree is None or samples.pair(1) is None:
        return None
    try:
        module = _small_copy(model, seed)
        if module is None:
            return None
        batches = [(samples.first(size), trains) for size, trains in BATCHES]
        began = time.perf_counter()
        given = [_computed(loss, module, *batches[0], seed)]
        if time.perf_counter() - began > SLOW:
            return None
        given += [_computed(loss, module, *batch, seed) for batch in batches[1:]]
    except Exception:  # noqa: BLE001 - any Python may stand in a loss, and what it raises is raised when it trains
        return None
    for name in NAMES:
        named = loss_of(name)
        try:
            values = [_computed(named, module, *batch, seed) for batch in batches]
        except Exception:  # noqa: BLE001, S112 - predictions and targets that do not fit this loss
            continue
        if all(map(_is_same, given, values)):
            return name
    return None


def _small_copy(model: Any, seed: int) -> nn.Module | None:
    """Return a copy of the model; None where that takes much, or it waits for a first batch."""
    with generators_kept():
        seed_generators(seed)
        made = model if hasattr(model, "parameters") else unwrap(model())
    if is_lazy(made) or sum(parameter.numel() for parameter in made.parameters()) > LARGEST:
        return None
    return copied(made, SharedParameters([], type(made).__name__))


def _computed(loss: Callable[..., Any], module: nn.Module, batch: Any, trains: bool, seed: int) -> tuple[float, Tensor]:
    """Return value and gradient for a batch, in training mode or not; running statistics stay as they were."""
    before = [buffer.clone() for buffer in module.buffers()]
    try:
        return _value_and_gradient(loss, module.train(trains), batch, seed)
    finally:
        for buffer, own in zip(module.buffers(), before, strict=True):
            buffer.copy_(own)


def _value_and_gradient(loss: Callable[..., Any], module: nn.Module, batch: Any, seed: int) -> tuple[float, Tensor]:
    """Return the loss of a batch, and its gradient by all that trains, shape (parameters,)."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    with generators_kept(), torch.enable_grad():
        seed_generators(seed)
        value = loss(module, batch)
        found = torch.autograd.grad(value, trained, allow_unused=True)
    parts = zip(found, trained, strict=True)
    flat = [(torch.zeros_like(one) if part is None else part).flatten().double() for part, one in parts]
    return float(value.detach()), torch.cat(flat)


def _is_same(one: tuple[float, Tensor], other: tuple[float, Tensor]) -> bool:
    limit = AGREEMENT * float(one[1].abs().max())
    return math.isclose(one[0], other[0], rel_tol=AGREEMENT) and float((one[1] - other[1]).abs().max()) <= limit
