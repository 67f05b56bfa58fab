"""Frozen parameters, which copies of a model share with it as long as training leaves them as they are.

An adapter on a large base then costs the adapter. A teacher that ``forward`` moves after its student is frozen, too,
and every copy needs one of its own: such parameters are found by one training step, or by their shapes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

from advisor.errors import PlanError
from advisor.isolation import WritesUndone, generators_kept

SHARED_FROM = 1 << 16
"""Numbers of a frozen parameter from which it is shared. Judgement: 256 KB, below which a copy costs nothing."""


class SharedParameters:
    """Frozen parameters of a module in the memory of the module itself, for all of its copies.

    Args:
        parameters: theirs.
        name: of the model, for messages.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], name: str) -> None:
        self._name = name
        self._parameters = [(one, _in_same_memory(one), one._version) for one in parameters]  # noqa: SLF001 - the only count of writes

    def __reduce__(self) -> Any:
        """Go to another process with the parameters alone: writes are counted anew there."""
        return SharedParameters, ([one for one, _, _ in self._parameters], self._name)

    def by_identity(self) -> dict[int, nn.Parameter]:
        """Return what ``copy.deepcopy`` takes for copies that exist already.

        Raises:
            PlanError: a training has written to one of them.
        """
        if any(one._version != version for one, _, version in self._parameters):  # noqa: SLF001 - as above
            raise PlanError(
                f"model: training changes frozen parameters of {self._name} now and then, so its copies cannot share "
                "them; give a function that makes the model, and load its weights again"
            )
        return {id(one): shared for one, shared, _ in self._parameters}


def lent_parameters(model: nn.Module) -> list[nn.Parameter]:
    """Return the frozen parameters that copies of a module may share: large ones that are no average of others.

    An average of what trains, kept beside it, has a parameter of the same shape for each of its own. Such ones are
    copied, which costs no more than what trains.
    """
    frozen = [one for one in model.parameters() if not one.requires_grad and _is_plain(one)]
    trainable = Counter(one.shape for one in model.parameters() if one.requires_grad and _is_plain(one))
    if not Counter(one.shape for one in frozen) - trainable:
        return []
    return [one for one in frozen if one.numel() >= SHARED_FROM]


def shared_parameters(
    model: nn.Module, copied: Callable[[SharedParameters], nn.Module], step: Callable[[nn.Module], object]
) -> SharedParameters:
    """Return what copies of a module share: frozen parameters that one training step does not write to.

    Args:
        model: the module.
        copied: makes a copy that shares some.
        step: runs one batch through a module and returns its loss; what it raises is left to whoever runs it next.
    """
    name, lent = type(model).__name__, lent_parameters(model)
    if not lent:
        return SharedParameters([], name)
    with generators_kept(), WritesUndone(lent) as writes:
        trial = copied(SharedParameters(lent, name)).train()
        with suppress(Exception):  # a model that does not fit its batch is reported by the job
            value = step(trial)
            if isinstance(value, Tensor) and value.requires_grad:
                value.sum().backward()
        del trial
    return SharedParameters([one for one in lent if not writes.has_written_to(one)], name)


def _is_plain(parameter: Tensor) -> bool:
    """Return whether a parameter is torch's own, with memory, rather than quantised, sharded or without a shape."""
    return type(parameter) is nn.Parameter and parameter.layout == torch.strided and not parameter.is_meta


def _in_same_memory(parameter: nn.Parameter) -> nn.Parameter:
    return nn.Parameter(parameter.detach(), requires_grad=False)
