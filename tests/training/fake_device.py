"""A second device on a machine that has none: torch's "meta", read as if it held numbers.

Its tensors refuse to be mixed with the CPU's, as those of any device do. What Python reads of them is made up, so that
whole programs run on it; it has no float64, as Apple's devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten


class FakeDevice(TorchDispatchMode):
    """Lets programs read what is on "meta".

    Attributes:
        arrived: how many tensors were copied there from the CPU.
    """

    name = "meta"

    def __init__(self) -> None:
        super().__init__()
        self.arrived = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        first = args[0] if args else None
        if isinstance(first, Tensor) and first.is_meta:
            if func is aten._local_scalar_dense.default:
                return torch.full((), 0.5).to(first.dtype).item()
            if func is aten._to_copy.default and torch.device(given.get("device") or "meta").type == "cpu":
                if given.get("dtype") == torch.float64 != first.dtype:
                    raise TypeError(f"{func}: numbers change their kind where they are, and the device has no float64")
                return torch.full(first.shape, 0.5, dtype=given.get("dtype") or first.dtype)
            if func is aten.equal.default:
                return True
            if func is aten.nonzero.default:
                return first.new_empty(0, first.ndim, dtype=torch.long)
        if func is aten._to_copy.default and not first.is_meta and given.get("device") == torch.device("meta"):
            self.arrived += 1
        made = func(*args, **given)
        if isinstance(made, Tensor) and made.is_meta and made.dtype == torch.float64:
            raise TypeError(f"{func}: the device has no float64")
        return made
