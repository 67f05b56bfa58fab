"""Muon for the hidden matrices and AdamW for the rest, as one optimizer with one state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from advisor.catalogue.optimizers import MUON_REST_SHARE
from advisor.errors import PlanError
from advisor.recipe.torch_parameters import hidden_matrices, parameter_groups


class MuonWithAdamW(Optimizer):
    """Steps ``torch.optim.Muon`` and ``torch.optim.AdamW`` together.

    ``torch.optim.Muon`` takes two-dimensional parameters only, so every model needs a second optimizer beside it. Both
    share their parameter groups and state with this one, so schedulers, ``state_dict`` and ``load_state_dict`` work as
    with any single optimizer. Muon's groups come first.
    """

    def __init__(self, muon: Optimizer, adamw: Optimizer) -> None:
        self._muon, self._adamw = muon, adamw
        self._muon_groups = len(muon.param_groups)
        super().__init__([*muon.param_groups, *adamw.param_groups], {})
        self._share()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take one step of each."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self._share()
        self._muon.step()
        self._adamw.step()
        return loss

    def _share(self) -> None:
        """Let both parts see this optimizer's groups and state, also after these were loaded anew."""
        self._muon.param_groups = self.param_groups[: self._muon_groups]
        self._adamw.param_groups = self.param_groups[self._muon_groups :]
        self._muon.state = self._adamw.state = self.state

    def __getstate__(self) -> dict[str, Any]:
        parts = {"_muon": self._muon, "_adamw": self._adamw, "_muon_groups": self._muon_groups}
        return {**super().__getstate__(), **parts}


def muon_with_adamw(
    model: nn.Module, *, learning_rate: float, momentum: float, nesterov: bool, weight_decay: float
) -> Optimizer:
    """Build Muon for hidden matrices at ``learning_rate``, and AdamW at 0.015 of it for all other parameters.

    Raises:
        PlanError: the model has no hidden matrix for Muon.
        ModelError: nothing in the model trains.
    """
    names = hidden_matrices(model)
    named = dict(model.named_parameters())
    if not names:
        raise PlanError(
            f"{type(model).__name__} has no hidden weight matrix, the only thing Muon trains; "
            "choose another with optimizer="
        )
    muon = torch.optim.Muon(
        [named[name] for name in named if name in names],
        lr=learning_rate,
        momentum=momentum,
        nesterov=nesterov,
        weight_decay=weight_decay,
    )
    taken = {id(named[name]) for name in names}
    rest = [
        {**group, "params": [parameter for parameter in group["params"] if id(parameter) not in taken]}
        for group in parameter_groups(model, weight_decay)
    ]
    rest = [group for group in rest if group["params"]]
    if not rest:
        return muon
    return MuonWithAdamW(muon, torch.optim.AdamW(rest, lr=MUON_REST_SHARE * learning_rate))
