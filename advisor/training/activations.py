"""What a forward pass keeps in memory for the backward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Activations:
    """Counts what is kept while ``counted`` is entered.

    Attributes:
        bytes: of different memory, without the module's own.
    """

    def __init__(self, module: nn.Module) -> None:
        self._own = {_address(tensor) for tensor in (*module.parameters(), *module.buffers())}
        self._kept: dict[int, int] = {}

    @property
    def bytes(self) -> int:
        """What is kept in all."""
        return sum(self._kept.values())

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what forward passes inside keep."""
        # A hook that returned the tensor itself would tie outputs to the graph that they hold.
        with torch.autograd.graph.saved_tensors_hooks(self._keep, lambda tensor: tensor):
            yield

    def _keep(self, tensor: Tensor) -> Tensor:
        address = _address(tensor)
        if address not in self._own:
            self._kept[address] = max(self._kept.get(address, 0), tensor.untyped_storage().nbytes())
        return tensor.detach()


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata if tensor.layout == torch.strided else id(tensor)  # noqa: SLF001 - meta too
