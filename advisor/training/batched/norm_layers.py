"""Batch norm over rows whose sums stay within a member.

Under ``vmap`` torch's own batch norm takes the channels of all members for channels of one layer, and sums them in
groups of a vector register. Where a member's channels fill no whole number of registers, its rounding depends on which
members lie beside it; and Adam makes steps of full size out of rounding, for a bias in front of a batch norm has no
other gradient.
"""

from __future__ import annotations

from torch import Tensor, nn


class MemberwiseBatchNorm1d(nn.BatchNorm1d):
    """``BatchNorm1d`` that takes rows, shape (samples, channels), for the positions of a single sample.

    Mean and variance of a channel are over the same numbers, summed along the channel's own memory.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return what torch's own layer returns, and move the running statistics on as it does."""
        if x.ndim != 2 or not self.training:
            return super().forward(x)
        return super().forward(x.T.unsqueeze(0).contiguous()).squeeze(0).T


def with_memberwise_norms(module: nn.Module) -> nn.Module:
    """Let the batch norms over rows in a module sum within a member; returns the module itself."""
    for layer in module.modules():
        if type(layer) is nn.BatchNorm1d:
            layer.__class__ = MemberwiseBatchNorm1d
    return module
