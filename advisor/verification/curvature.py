"""The largest curvature of the loss, by power iteration on Hessian-vector products."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from advisor.errors import MeasurementError


def largest_curvature(
    loss: Tensor, parameters: Sequence[Tensor], *, iterations: int = 30, tolerance: float = 1e-2, seed: int = 0
) -> float:
    """Return the eigenvalue of the Hessian with the largest absolute value.

    Args:
        loss: scalar, with a graph to the parameters.
        parameters: leaves that require gradients.
        iterations: Hessian-vector products at most.
        tolerance: stop when the estimate moves less than this share.
        seed: of the first direction.

    Raises:
        MeasurementError: second derivatives do not exist for an operation of the model, or are not finite.

    Source:
        Pearlmutter 1994, Hessian-vector products by differentiating twice.
    """
    try:
        gradients = torch.autograd.grad(loss, parameters, create_graph=True, allow_unused=True)
    except RuntimeError as error:
        raise MeasurementError(f"the loss has no second derivative ({str(error).splitlines()[0]})") from error
    pairs = [(p, g) for p, g in zip(parameters, gradients, strict=True) if g is not None and g.requires_grad]
    if not pairs:
        raise MeasurementError("the gradient does not depend on the parameters; the loss is linear in them")
    order = torch.Generator(device="cpu").manual_seed(seed)
    vector = _unit([torch.randn(p.shape, generator=order).to(p) for p, _ in pairs])
    estimate = 0.0
    for _ in range(iterations):
        product = _product(pairs, vector)
        new = float(sum((v * h).sum() for v, h in zip(vector, product, strict=True)))
        norm = float(torch.sqrt(sum((h * h).sum() for h in product)))  # type: ignore[arg-type]
        if norm == 0.0:
            return 0.0
        if not norm < float("inf"):
            raise MeasurementError("second derivatives are not finite")
        vector = [h / norm for h in product]
        if abs(new - estimate) <= tolerance * abs(new):
            return new
        estimate = new
    return estimate


def _product(pairs: Sequence[tuple[Tensor, Tensor]], vector: Sequence[Tensor]) -> list[Tensor]:
    inner = sum((g * v).sum() for (_, g), v in zip(pairs, vector, strict=True))
    try:
        found = torch.autograd.grad(inner, [p for p, _ in pairs], retain_graph=True, allow_unused=True)  # type: ignore[arg-type]
    except RuntimeError as error:
        raise MeasurementError(f"the loss has no second derivative ({str(error).splitlines()[0]})") from error
    return [torch.zeros_like(p) if h is None else h.detach() for (p, _), h in zip(pairs, found, strict=True)]


def _unit(vector: list[Tensor]) -> list[Tensor]:
    norm = torch.sqrt(torch.stack([(v * v).sum() for v in vector]).sum())
    return [v / norm for v in vector]
