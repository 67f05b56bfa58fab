"""The largest eigenvalue against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from advisor.errors import MeasurementError
from advisor.probing.curvature import largest_curvature


def dense_hessian(loss: Tensor, parameters: list[Tensor]) -> Tensor:
    """The whole Hessian, one row at a time."""
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    rows = []
    for entry in flat:
        row = torch.autograd.grad(entry, parameters, retain_graph=True, allow_unused=True)
        pairs = zip(parameters, row, strict=True)
        rows.append(torch.cat([torch.zeros(p.numel()) if r is None else r.reshape(-1) for p, r in pairs]))
    return torch.stack(rows)


def table(rows: int = 200, features: int = 12) -> Tensor:
    order = torch.Generator().manual_seed(0)
    return torch.randn(rows, features, generator=order) * torch.logspace(0, -1, features)


def test_least_squares_is_twice_the_gram_matrix() -> None:
    x = table()
    model = nn.Linear(12, 1, bias=False)
    loss = functional.mse_loss(model(x), torch.zeros(200, 1))
    found = largest_curvature(loss, list(model.parameters()), tolerance=1e-4)
    exact = np.linalg.eigvalsh((2.0 * x.T @ x / 200).numpy())[-1]
    assert found.largest == pytest.approx(exact, rel=1e-3)
    assert found.converged
    assert found.products <= 12


def test_logistic_loss_at_zero_is_a_quarter_of_the_gram_matrix() -> None:
    x = table()
    weight = torch.zeros(12, 1, requires_grad=True)
    loss = functional.binary_cross_entropy_with_logits(x @ weight, torch.ones(200, 1))
    found = largest_curvature(loss, [weight], tolerance=1e-4)
    assert found.largest == pytest.approx(np.linalg.eigvalsh((x.T @ x / 800).numpy())[-1], rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_an_mlp_agrees_with_its_whole_hessian(seed: int) -> None:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(12, 6), nn.Tanh(), nn.Linear(6, 3))
    parameters = list(model.parameters())
    loss = functional.cross_entropy(model(table()), torch.randint(3, (200,)))
    exact = torch.linalg.eigvalsh(dense_hessian(loss, parameters))
    found = largest_curvature(loss, parameters, iterations=40, tolerance=1e-3, seed=seed)
    assert found.largest == pytest.approx(float(exact[-1]), rel=0.01)
    assert found.converged


def test_the_largest_eigenvalue_is_found_below_a_larger_negative_one() -> None:
    weight = torch.zeros(3, requires_grad=True)
    loss = (torch.tensor([-50.0, 1.0, 2.0]) * weight**2).sum() / 2.0
    assert largest_curvature(loss, [weight], tolerance=1e-6).largest == pytest.approx(2.0, rel=1e-3)


def test_the_stated_error_bounds_the_real_one_before_convergence() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 6), nn.Tanh(), nn.Linear(6, 3))
    parameters = list(model.parameters())
    loss = functional.cross_entropy(model(table()), torch.randint(3, (200,)))
    spectrum = torch.linalg.eigvalsh(dense_hessian(loss, parameters)).numpy()
    for iterations in (2, 4, 8):
        found = largest_curvature(loss, parameters, iterations=iterations, tolerance=0.0)
        assert found.products == iterations
        assert np.abs(spectrum - found.largest).min() <= found.error + 1e-5


def test_a_gradient_without_graph_is_an_error_because_it_may_hide_a_second_derivative() -> None:
    weight = torch.ones(4, requires_grad=True)
    for loss in ((weight * torch.arange(4.0)).sum(), OnceDifferentiable.apply(weight).sum()):
        with pytest.raises(MeasurementError, match="carries no graph"):
            largest_curvature(loss, [weight])


def test_frozen_and_unused_parameters_count_as_flat() -> None:
    used, unused = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    assert largest_curvature((used**2).sum() * 1.5, [used, unused]).largest == pytest.approx(3.0)


class OnceDifferentiable(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 2.0 * x * gradient


def test_an_operation_without_second_derivative_is_an_error_that_says_so() -> None:
    weight = torch.ones(3, requires_grad=True)
    with pytest.raises(MeasurementError, match="no second derivative"):
        largest_curvature((OnceDifferentiable.apply(weight) ** 2).sum(), [weight])


def test_curvature_that_is_not_finite_is_an_error() -> None:
    weight = torch.zeros(3, requires_grad=True)
    with pytest.raises(MeasurementError, match="not finite"):
        largest_curvature((weight.abs() ** 1.5).sum() / weight.abs().sum(), [weight])


def test_same_seed_same_value() -> None:
    x = table()
    values = []
    for _ in range(2):
        model = nn.Linear(12, 1, bias=False)
        values.append(largest_curvature(functional.mse_loss(model(x), torch.zeros(200, 1)), list(model.parameters())))
    assert values[0].largest == pytest.approx(values[1].largest, rel=1e-6)


def test_products_that_share_memory_are_told_apart() -> None:
    """Of f(a + b) autograd hands out one tensor for both; of half a square the vector itself."""
    a, b = torch.zeros(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    scales = torch.tensor([1.0, 2.0, 5.0])
    both = largest_curvature((0.5 * scales * (a + b).square()).sum(), [a, b], iterations=6)
    assert both.largest == pytest.approx(10.0, rel=1e-3)
    c = torch.ones(3, requires_grad=True)
    assert largest_curvature(0.5 * c.square().sum(), [c]).largest == pytest.approx(1.0, rel=1e-4)
