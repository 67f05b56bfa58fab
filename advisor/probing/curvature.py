"""The largest eigenvalue of a loss's Hessian, by Lanczos on Hessian-vector products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import Node

from advisor.errors import MeasurementError
from advisor.probing.sums import dot
from advisor.training.memory import is_out_of_memory


@dataclass(frozen=True, slots=True)
class Curvature:
    """The upper end of the Hessian's spectrum.

    Attributes:
        largest: largest eigenvalue (the sharpest upward direction; negative when every direction curves down).
        error: bound on the distance from ``largest`` to the nearest eigenvalue.
        products: Hessian-vector products computed.
        converged: ``error`` is within the tolerance.
    """

    largest: float
    error: float
    products: int
    converged: bool


def largest_curvature(
    loss: Tensor, parameters: Sequence[Tensor], *, iterations: int = 30, tolerance: float = 1e-2, seed: int = 0
) -> Curvature:
    """Return the largest eigenvalue of the Hessian of ``loss``.

    The three-term recurrence keeps three vectors only; the copies of eigenvalues that rounding brings in do not move
    the largest one.

    Args:
        loss: scalar of one fixed batch, with a graph to the parameters.
        parameters: leaves that require gradients.
        iterations: Hessian-vector products at most.
        tolerance: stop when the error bound is below this share of the eigenvalue.
        seed: of the first direction.

    Raises:
        MeasurementError: second derivatives do not exist for an operation of the model, or are not finite.

    Source:
        Pearlmutter 1994 for the products; Paige 1980 for Lanczos without reorthogonalisation and its error bound.
    """
    pairs = _gradient(loss, parameters)
    if not pairs:
        raise MeasurementError("the gradient carries no graph: the loss is linear or hides its second derivative")
    order = torch.Generator(device="cpu").manual_seed(seed)
    vector = [torch.randn(p.shape, generator=order, dtype=torch.float32).to(p) for p, _ in pairs]
    size = sum(part.numel() for part in vector)
    vector = _scaled(vector, 1.0 / _norm(vector))
    previous: list[Tensor] | None = None
    diagonal: list[float] = []
    beside: list[float] = []
    limit = min(iterations, size)
    while True:
        product = _product(pairs, vector)
        along = _dot(vector, product)
        diagonal.append(along)
        _subtract(product, vector, along)
        if previous is not None:
            _subtract(product, previous, beside[-1])
        beta = _norm(product)
        if not np.isfinite(along + beta):
            raise MeasurementError("second derivatives are not finite")
        largest, error = _ritz(diagonal, beside, beta)
        done = error <= tolerance * abs(largest) and len(diagonal) >= min(3, size)
        if done or len(diagonal) >= limit or beta <= 1e-12 * max(1e-30, abs(largest)):
            return Curvature(largest, error, len(diagonal), converged=done or error <= tolerance * abs(largest))
        beside.append(beta)
        previous, vector = vector, _scaled(product, 1.0 / beta)
        del product  # its memory is the vector's now


def _gradient(loss: Tensor, parameters: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """Return the parameters whose gradient depends on parameters, each with its gradient."""
    try:
        gradients = torch.autograd.grad(loss, list(parameters), create_graph=True, allow_unused=True)
    except RuntimeError as error:
        raise _no_second_derivative(error) from error
    if any(gradient is not None and _hides_second_derivative(gradient) for gradient in gradients):
        raise MeasurementError("the loss has no second derivative (an operation is marked once_differentiable)")
    dense = [g.to_dense() if g is not None and g.is_sparse else g for g in gradients]
    return [(p, g) for p, g in zip(parameters, dense, strict=True) if g is not None and g.requires_grad]


def _hides_second_derivative(gradient: Tensor) -> bool:
    """Return whether the graph ends in a node that raises.

    Such a node stands for a gradient cut off from the parameters; asking only for their derivatives would silently
    leave its share out.
    """
    seen: set[Node] = set()
    waiting = [gradient.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if node.name().rpartition("::")[2] in {"Error", "NotImplemented"}:
            return True
        seen.add(node)
        waiting += [following for following, _ in node.next_functions]
    return False


def _product(pairs: Sequence[tuple[Tensor, Tensor]], vector: Sequence[Tensor]) -> list[Tensor]:
    try:
        found = torch.autograd.grad(
            [gradient for _, gradient in pairs],
            [parameter for parameter, _ in pairs],
            grad_outputs=list(vector),
            retain_graph=True,
            allow_unused=True,
        )
    except RuntimeError as error:
        raise _no_second_derivative(error) from error
    taken = {part.data_ptr() for part in vector}
    return [
        torch.zeros_like(p) if h is None else _own(h.to_dense() if h.is_sparse else h, taken)
        for (p, _), h in zip(pairs, found, strict=True)
    ]


def _own(product: Tensor, taken: set[int]) -> Tensor:
    """Return a product in memory of its own; autograd hands out the vector itself, or one tensor for two parameters."""
    whole = product.is_contiguous() and product.untyped_storage().nbytes() == product.numel() * product.element_size()
    own = product.detach() if whole and product.data_ptr() not in taken else product.detach().clone()
    taken.add(own.data_ptr())
    return own


def _no_second_derivative(error: RuntimeError) -> MeasurementError:
    if is_out_of_memory(error):
        return MeasurementError("memory ran out")
    return MeasurementError(f"the loss has no second derivative ({str(error).strip().splitlines()[0]})")


def _ritz(diagonal: Sequence[float], beside: Sequence[float], beta: float) -> tuple[float, float]:
    """Return the largest eigenvalue of the tridiagonal matrix, and the residual of its Ritz vector."""
    matrix = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    values, vectors = np.linalg.eigh(matrix)
    return float(values[-1]), float(beta * abs(vectors[-1, -1]))


def _dot(left: Sequence[Tensor], right: Sequence[Tensor]) -> float:
    return sum(dot(a, b) for a, b in zip(left, right, strict=True))


def _norm(vector: Sequence[Tensor]) -> float:
    return float(np.sqrt(_dot(vector, vector)))


def _scaled(vector: Sequence[Tensor], factor: float) -> list[Tensor]:
    """Scale a vector in place."""
    return [part.mul_(factor) for part in vector]


def _subtract(vector: Sequence[Tensor], other: Sequence[Tensor], factor: float) -> None:
    """Subtract a multiple of another vector in place."""
    for part, beside in zip(vector, other, strict=True):
        part.sub_(beside, alpha=factor)
