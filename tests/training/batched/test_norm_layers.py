"""The batch norm of ensembles against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from advisor.training.batched.norm_layers import MemberwiseBatchNorm1d, with_memberwise_norms


@pytest.mark.parametrize("settings", [{}, {"affine": False}, {"momentum": None}, {"track_running_stats": False}])
def test_it_equals_torchs_own_in_training_and_evaluation(settings: dict[str, bool | None]) -> None:
    torch.manual_seed(0)
    theirs = nn.BatchNorm1d(7, **settings).double()
    ours = nn.Sequential(nn.BatchNorm1d(7, **settings).double())
    assert isinstance(with_memberwise_norms(ours)[0], MemberwiseBatchNorm1d)
    for _ in range(3):
        x = torch.randn(11, 7, dtype=torch.float64) * 3 + 1
        left, right = x.clone().requires_grad_(), x.clone().requires_grad_()
        torch.testing.assert_close(ours(left), theirs(right))
        (ours(left) ** 3).sum().backward()
        (theirs(right) ** 3).sum().backward()
        torch.testing.assert_close(left.grad, right.grad)
    for name, buffer in theirs.named_buffers():
        torch.testing.assert_close(dict(ours[0].named_buffers())[name], buffer)
    ours.eval()
    theirs.eval()
    torch.testing.assert_close(ours(x), theirs(x))
    three = torch.randn(4, 7, 5, dtype=torch.float64)
    torch.testing.assert_close(ours(three), theirs(three))
