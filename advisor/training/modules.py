"""The user's model as something that can be made anew, without ever training the user's own tensors."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from advisor.errors import ModelError
from advisor.isolation import generators_kept, seed_generators
from advisor.training.frozen import SharedParameters, shared_parameters

Make = Callable[[int], nn.Module]
FirstPass = Callable[[nn.Module], object]
"""Runs one batch through a module, so that lazy layers learn their shapes."""


def unwrap(model: Any) -> Any:
    """Return the module inside wrappers that train it elsewhere: DDP, ``DataParallel`` and ``torch.compile``.

    Raises:
        ModelError: a sharded module, which one process does not hold as a whole.
    """
    while isinstance(model, nn.Module):
        kind = type(model).__name__
        if kind in {"FullyShardedDataParallel", "FSDPModule"} or kind.startswith("FSDP"):
            raise ModelError(f"{kind} holds a part of the model only; give a function that makes the whole module")
        if isinstance(model, nn.parallel.DistributedDataParallel | nn.DataParallel):
            model = model.module
        elif kind == "OptimizedModule":
            model = model._orig_mod  # noqa: SLF001 - torch.compile's only way back
        else:
            break
    return model


def model_maker(model: Any, first_pass: FirstPass) -> tuple[Make, str]:
    """Return seed → a module of its own, and the model's name.

    A module is copied but for large frozen parameters, which copies share. A function is called anew under the seed;
    where it hands out the same tensors every time (one module, or a new head on a shared body), its result is copied,
    so that the shared tensors stay as they are. Lazy layers are given their shapes by one batch in evaluation mode.
    Embeddings with sparse gradients get dense ones: the same numbers, which every optimizer takes.

    Raises:
        ModelError: a module that cannot be copied, or a function that makes something else.
    """
    make, name = _maker(model, first_pass)

    def make_dense(seed: int) -> nn.Module:
        made = make(seed)
        for module in made.modules():
            if isinstance(module, nn.Embedding | nn.EmbeddingBag):
                module.sparse = False
        return made

    return make_dense, name


def _maker(model: Any, first_pass: FirstPass) -> tuple[Make, str]:
    if isinstance(model, nn.Module):
        lazy = is_lazy(model)
        shared = shared_parameters(model, lambda lent: copied(model, lent), first_pass)

        def copy_of(seed: int) -> nn.Module:
            made = copied(model, shared)
            return _with_shapes(made, seed, first_pass) if lazy else made

        return copy_of, type(model).__name__
    if not callable(model):
        raise ModelError(f"model: a {type(model).__name__} is neither a torch module nor a function that makes one")
    first = _made(model, 0)
    hands_out = _share_tensors(first, _made(model, 0))
    own = shared_parameters(first, lambda lent: copied(first, lent), first_pass) if hands_out else None

    def make(seed: int) -> nn.Module:
        made = _made(model, seed)
        if own is not None:
            made = copied(made, own)
        return _with_shapes(made, seed, first_pass) if is_lazy(made) else made

    return make, type(first).__name__


def copied(model: nn.Module, shared: SharedParameters) -> nn.Module:
    """Return a deep copy without gradients, which shares some parameters.

    Raises:
        ModelError: the module cannot be copied.
        PlanError: what is shared has been written to.
    """
    known = shared.by_identity()
    try:
        made = copy.deepcopy(model, dict(known))
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ModelError(f"{type(model).__name__} cannot be copied ({error}); give a function that makes it") from error
    made.zero_grad(set_to_none=True)
    return made


def _made(function: Callable[[], Any], seed: int) -> nn.Module:
    with generators_kept():
        seed_generators(seed)
        made = unwrap(function())
    if not isinstance(made, nn.Module):
        raise ModelError(f"model: the function returned a {type(made).__name__}, not a torch module")
    return made


def _share_tensors(left: nn.Module, right: nn.Module) -> bool:
    held = {id(tensor) for tensor in (*left.parameters(), *left.buffers())}
    return any(id(tensor) in held for tensor in (*right.parameters(), *right.buffers()))


def is_lazy(model: nn.Module) -> bool:
    """Return whether a layer learns its shape from the first batch."""
    lazy = (nn.UninitializedParameter, nn.UninitializedBuffer)
    return any(isinstance(tensor, lazy) for tensor in (*model.parameters(), *model.buffers()))


def _with_shapes(model: nn.Module, seed: int, first_pass: FirstPass) -> nn.Module:
    modes = [(module, module.training) for module in model.modules()]
    model.eval()  # running statistics must not see this batch
    with generators_kept(), torch.enable_grad():  # which some models and losses cannot do without
        seed_generators(seed)
        first_pass(model)
    for module, training in modes:
        module.training = training
    return model
