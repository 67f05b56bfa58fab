"""A dispatch mode that leaves torch's compiler unloaded in a process that compiles nothing.

torch keeps its compiler away from the handler of every dispatch mode, and imports the compiler for that at the first
operation. The import takes seconds of processor time, more than many a check, so here the handler is wrapped when
somebody else has loaded it.
"""

from __future__ import annotations

import sys
from typing import Self

import torch
from torch.utils._python_dispatch import TorchDispatchMode

COMPILER = "torch._dynamo"
"""Name of the module. By definition."""


class DispatchMode(TorchDispatchMode):
    """A ``TorchDispatchMode`` whose handler is kept from the compiler where that is loaded when it is entered."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Return that torch need not wrap the handler itself; versions before 2.7 do not ask."""
        return False

    def __enter__(self) -> Self:
        own = type(self)
        if COMPILER in sys.modules and not hasattr(own.__torch_dispatch__, "_torchdynamo_disable"):
            own.__torch_dispatch__ = torch.compiler.disable(own.__torch_dispatch__)  # type: ignore[method-assign]
        entered: Self = super().__enter__()  # type: ignore[no-untyped-call]
        return entered
