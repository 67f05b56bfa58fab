"""What the objects that a user handed over hold, so that it can be put back.

A loader that keeps an epoch, a hook that appends to a list, a module that writes to itself: whatever can be reached
from the objects given is remembered, and put back in place. Iterators are replaced by copies while work goes on, where
they can be copied.
"""

from __future__ import annotations

import functools
import random
import sys
import sysconfig
import types
from collections import deque
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from advisor.isolation.iterators import independent_copy, reads_once

MAX_DEPTH = 6
"""Objects further away are not followed. Judgement: loader, dataset, transforms, transform, generator."""
MAX_ELEMENTS = 1_000
"""The elements of larger containers are not followed. Judgement: they are data."""
MAX_LOOSE_NUMBERS = 1 << 22
"""Tensors and arrays outside modules that are larger count as data, which is read only. Judgement: 16 MB."""
MAX_OBJECTS = 100_000
"""Objects looked at in all. Judgement: the modules of the largest models, in a second."""

_LIBRARIES = tuple(
    str(Path(path).resolve())
    for name, path in sysconfig.get_paths().items()
    if name in {"stdlib", "purelib", "platlib"}
)
_TORCH_OWN = (nn.Module, DataLoader, Dataset, Sampler)
_PLAIN = (str, bytes, int, float, complex, bool, type(None), type, types.ModuleType, torch.dtype, torch.device)
_HIDDEN = frozenset({"_iterator"})
"""Attributes that are left alone: what reads a loader for the user right now."""


class Snapshot:
    """The state of everything that can be reached from some objects.

    Args:
        *roots: modules, losses, loaders, datasets, hooks: any objects.
        weights: also remember the values of tensors, which takes as much memory as they do.
        counters: also remember attributes, containers and variables outside modules; what a loss records of its calls
            is the user's to keep.
        lent: tensors whose values are not remembered, because something else sees to it that nobody writes to them.

    Attributes:
        read_once: names of attributes that are iterators which can be read only once; what is read from them is gone.
    """

    def __init__(self, *roots: Any, weights: bool = True, counters: bool = True, lent: Collection[Tensor] = ()) -> None:
        self.read_once: list[str] = []
        self._seen: dict[int, Any] = {}
        self._restore: list[Callable[[], None]] = []
        self._tensors: list[_HeldTensor] = []
        self._weights, self._counters = weights, counters
        self._lent = {id(tensor) for tensor in lent}
        waiting: deque[tuple[Any, int]] = deque((root, 0) for root in roots)
        own = {id(root) for root in roots}
        while waiting and len(self._seen) < MAX_OBJECTS:
            value, depth = waiting.popleft()
            if isinstance(value, _PLAIN) or id(value) in self._seen:
                continue
            self._seen[id(value)] = value
            found = self._remember(value, is_root=id(value) in own)
            if depth < MAX_DEPTH:
                waiting.extend((one, depth if isinstance(one, nn.Module) else depth + 1) for one in found)

    def restore(self) -> tuple[str, ...]:
        """Put everything back, and return the names of the tensors whose values something had written to."""
        for put_back in reversed(self._restore):
            put_back()
        return tuple(held.name for held in self._tensors if held.restore())

    def _remember(self, value: Any, *, is_root: bool) -> Iterator[Any]:
        """Remember one object, and return what it leads to."""
        if isinstance(value, Tensor | np.ndarray):
            self._remember_numbers(value)
        elif isinstance(value, torch.Generator | np.random.Generator | np.random.RandomState | random.Random):
            self._restore.append(_generator_state(value))
        elif isinstance(value, types.FunctionType):
            return self._remember_function(value)
        elif isinstance(value, types.MethodType):
            return iter((value.__self__, value.__func__))
        elif isinstance(value, functools.partial):
            return iter((value.func, *value.args, *value.keywords.values()))
        elif isinstance(value, list | dict | set | deque | bytearray):
            return self._remember_container(value)
        elif isinstance(value, tuple | frozenset):
            return iter(value if len(value) <= MAX_ELEMENTS else ())
        elif isinstance(value, torch.jit.ScriptModule):
            for name, tensor in [*value.named_parameters(), *value.named_buffers()]:
                self._remember_numbers(tensor, name)
        elif hasattr(value, "__dict__") and (is_root or _is_followed(type(value))):
            return self._remember_attributes(value)
        return iter(())

    def _remember_attributes(self, owner: Any) -> Iterator[Any]:
        attributes = vars(owner)
        if not isinstance(attributes, dict):
            return iter(())
        before = dict(attributes)
        if self._counters or isinstance(owner, nn.Module):
            self._use_copies(attributes, before, type(owner).__name__)
            self._restore.append(lambda: _refill(attributes, before))
            inside = [one for one in before.values() if isinstance(one, list | dict | set | deque)]
            self._restore.extend(_content_of(one) for one in inside)
        if isinstance(owner, nn.Module):
            for name, tensor in [*owner.named_parameters(recurse=False), *owner.named_buffers(recurse=False)]:
                if id(tensor) not in self._seen:
                    self._seen[id(tensor)] = tensor
                    values = self._weights and id(tensor) not in self._lent
                    self._tensors.append(_HeldTensor(tensor, f"{type(owner).__name__}.{name}", values=values))
        return iter([value for name, value in before.items() if name not in _HIDDEN])

    def _use_copies(self, live: dict[Any, Any], before: dict[Any, Any], owner: str) -> None:
        """Let work read copies of iterators, so that the user's own stay where they are."""
        for name, value in before.items():
            own = independent_copy(value)
            if own is not None:
                live[name] = own
            elif reads_once(value) and name not in _HIDDEN:
                self.read_once.append(f"{owner}.{name}")

    def _remember_container(self, live: Any) -> Iterator[Any]:
        if self._counters:
            self._restore.append(_content_of(live))
        elements = list(live.values()) if isinstance(live, dict) else list(live)
        return iter(elements if len(elements) <= MAX_ELEMENTS and not isinstance(live, bytearray) else ())

    def _remember_function(self, function: types.FunctionType) -> Iterator[Any]:
        """Remember what a function can change: its closure, the globals it names, its attributes and defaults."""
        if not _is_users(function.__module__, function.__code__.co_filename):
            return iter(())
        reached: list[Any] = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        for cell in function.__closure__ or ():
            try:
                content = cell.cell_contents
            except ValueError:  # not filled yet
                continue
            reached.append(content)
            if not self._counters:
                continue
            self._restore.append(functools.partial(setattr, cell, "cell_contents", content))
            own = independent_copy(content)
            if own is not None:
                cell.cell_contents = own
        names = {name for name in _names_in(function.__code__) if name in function.__globals__}
        before = {name: function.__globals__[name] for name in names}
        reached.extend(before.values())
        if self._counters:
            self._restore.append(lambda: _put_back_names(function.__globals__, before))
        if vars(function):
            reached.append(vars(function))
        return iter(reached)

    def _remember_numbers(self, value: Tensor | np.ndarray, name: str = "") -> None:
        if isinstance(value, Tensor):
            if name or value.requires_grad or value.numel() <= MAX_LOOSE_NUMBERS:
                self._tensors.append(_HeldTensor(value, name or "a tensor", values=self._weights))
        elif value.size <= MAX_LOOSE_NUMBERS and value.dtype != object and self._weights:
            before = value.copy()
            self._restore.append(lambda: _put_back_array(value, before))


class _HeldTensor:
    """One tensor: its values, its gradient, and whether it asks for one."""

    def __init__(self, tensor: Tensor, name: str, *, values: bool) -> None:
        self.name = name
        self._tensor = tensor
        is_lazy = isinstance(tensor, nn.UninitializedParameter | nn.UninitializedBuffer)
        self._held = values and not is_lazy and tensor.layout == torch.strided and not tensor.is_nested
        self._before = _copy_of(tensor) if self._held else None
        self._asks = tensor.requires_grad
        self._grad = tensor.grad if tensor.is_leaf else None
        self._grad_before = None if self._grad is None else _copy_of(self._grad)

    def restore(self) -> bool:
        """Put everything back, and return whether the values had changed."""
        tensor = self._tensor
        if tensor.is_leaf:
            if tensor.requires_grad != self._asks:
                tensor.requires_grad_(self._asks)
            if tensor.grad is not self._grad:
                tensor.grad = self._grad
            if self._grad is not None and self._grad_before is not None:
                _put_back(self._grad, self._grad_before)
        return self._before is not None and _put_back(tensor, self._before)


def _copy_of(tensor: Tensor) -> Tensor | None:
    if tensor.is_meta:
        return None
    with torch.no_grad():
        return tensor.detach().clone()


def _put_back(tensor: Tensor, before: Tensor | None) -> bool:
    """Write a tensor's old values where they have changed, and return whether they had."""
    if before is None or _same_bits(tensor, before):
        return False
    mode = torch.inference_mode() if tensor.is_inference() else torch.no_grad()
    with mode:
        if tensor.shape != before.shape:
            tensor.data = before
        else:
            tensor.copy_(before)
    return True


def _same_bits(tensor: Tensor, before: Tensor) -> bool:
    if tensor.shape != before.shape or tensor.dtype != before.dtype:
        return False
    if tensor.layout != torch.strided or tensor.is_quantized:
        return torch.equal(tensor.detach(), before)
    left, right = (one.detach().resolve_conj().resolve_neg().contiguous().reshape(-1) for one in (tensor, before))
    return torch.equal(left, right) or torch.equal(left.view(torch.uint8), right.view(torch.uint8))


def _generator_state(generator: Any) -> Callable[[], None]:
    """Return what puts a random generator back."""
    if isinstance(generator, torch.Generator):
        return functools.partial(_set_state, generator, generator.get_state())
    if isinstance(generator, np.random.Generator):
        bits = generator.bit_generator
        return functools.partial(setattr, bits, "state", bits.state)
    if isinstance(generator, np.random.RandomState):
        return functools.partial(generator.set_state, generator.get_state())
    return functools.partial(generator.setstate, generator.getstate())


def _set_state(generator: torch.Generator, state: Tensor) -> None:
    generator.set_state(state)


def _content_of(live: Any) -> Callable[[], None]:
    """Return what puts the elements of a container back."""
    if isinstance(live, dict):
        return functools.partial(_refill, live, dict(live))
    return functools.partial(_refill_elements, live, list(live))


def _refill(live: dict[Any, Any], before: dict[Any, Any]) -> None:
    """Make a dictionary what it was, in place; one that did not change is not touched."""
    if len(live) == len(before) and all(
        a is c and b is d for (a, b), (c, d) in zip(live.items(), before.items(), strict=True)
    ):
        return
    dict.clear(live)
    dict.update(live, before)


def _refill_elements(live: Any, before: list[Any]) -> None:
    if len(live) == len(before) and all(a is b for a, b in zip(live, before, strict=True)):
        return
    live.clear()
    live.update(before) if isinstance(live, set) else live.extend(before)


def _put_back_names(live: dict[str, Any], before: dict[str, Any]) -> None:
    for name, value in before.items():
        if live.get(name) is not value:
            live[name] = value


def _put_back_array(array: np.ndarray, before: np.ndarray) -> None:
    if array.flags.writeable and array.tobytes() != before.tobytes():
        array[...] = before


def _names_in(code: types.CodeType) -> set[str]:
    """Return the global names of a function and of those defined inside it."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(_names_in, inner))


def _is_followed(kind: type) -> bool:
    """Return whether objects of a class are looked into: the user's own, and what torch trains with."""
    return issubclass(kind, _TORCH_OWN) or _is_users(kind.__module__, None)


@functools.cache
def _is_users(module: str | None, file: str | None) -> bool:
    """Return whether code is the user's own: neither the standard library's, nor an installed package's, nor ours."""
    if module is not None and module.split(".")[0] in {"advisor", "torch", "builtins"}:
        return False
    place = file or getattr(sys.modules.get(module or ""), "__file__", None)
    return place is None or not str(Path(place).resolve()).startswith(_LIBRARIES)
