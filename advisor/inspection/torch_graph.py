"""The forward pass as a graph of operations, traced with stand-ins for tensors, so that nothing is computed.

Tracing runs the Python of the user's ``forward``. Whatever that leaves behind (attributes, random draws, warnings) is
put back as it was.
"""

from __future__ import annotations

import inspect
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from advisor.inspection.torch_operations import Kind, role_of_function, role_of_method, role_of_module

PARAMETRISED: frozenset[Kind] = frozenset({"weighted", "attention"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of the forward pass.

    Attributes:
        kind: what it does.
        name: which activation or normalisation, or which kind of weighted layer.
        sources: positions of the operations whose results it takes.
        module: the module called; None for functions.
        parameter: the parameter used directly, without a module.
        turned: the parameter was transposed an odd number of times on its way here.
        share: dropout probability of a functional dropout.
    """

    kind: Kind
    name: str = ""
    sources: tuple[int, ...] = ()
    module: nn.Module | None = None
    parameter: nn.Parameter | None = None
    turned: bool = False
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Operations in the order they run.

    Attributes:
        operations: every step.
        ancestry: per operation, the set of all operations before it as the bits of an integer.
        weighted: the set of operations with weights, in the same form.
    """

    operations: tuple[Operation, ...]
    ancestry: tuple[int, ...]
    weighted: int

    def has_weights_before(self, position: int) -> bool:
        """Return whether a weighted operation lies before this one."""
        return bool(self.ancestry[position] & self.weighted)

    def has_weights_after(self, position: int) -> bool:
        """Return whether a weighted operation lies after this one."""
        bit = 1 << position
        return any(
            self.ancestry[other] & bit
            for other in range(position + 1, len(self.operations))
            if self.operations[other].kind in PARAMETRISED
        )

    def users(self, position: int) -> list[int]:
        """Return the operations that take the result of this one."""
        return [other for other, operation in enumerate(self.operations) if position in operation.sources]


@dataclass(frozen=True, slots=True)
class Sight:
    """What could be seen of the forward pass.

    Attributes:
        whole: the graph of the whole pass; None when it cannot be traced.
        parts: graphs of those submodules that can be traced, when the whole cannot.
        notes: what could not be seen.
    """

    whole: Graph | None = None
    parts: tuple[Graph, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """All graphs there are."""
        return (self.whole,) if self.whole is not None else self.parts


def trace(model: nn.Module) -> Sight:
    """Trace a module; where control flow depends on data, trace its submodules one by one instead."""
    with _undone(model):
        whole = _graph(model)
        if whole is not None:
            return Sight(whole)
        parts = tuple(_parts(model))
    note = (
        f"The forward pass of {type(model).__name__} cannot be traced as a whole; "
        "depth follows the order of definition, and functional activations and skips may be missed."
    )
    return Sight(None, parts, (note,))


def _parts(model: nn.Module) -> Iterator[Graph]:
    for child in model.children():
        graph = _graph(child)
        if graph is not None:
            yield graph
        else:
            yield from _parts(child)


class _Tracer(fx.Tracer):
    """Stops at torch's own layers, and at norms and activations that a project wrote itself."""

    proxy_buffer_attributes = True

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return super().is_leaf_module(m, module_qualified_name) or role_of_module(m).kind in {"norm", "activation"}


def _graph(model: nn.Module) -> Graph | None:
    root = nn.Sequential(model) if _Tracer().is_leaf_module(model, "") else model
    try:
        defaults = {
            name: item.default
            for name, item in inspect.signature(root.forward).parameters.items()
            if item.default is not inspect.Parameter.empty and item.kind is not inspect.Parameter.KEYWORD_ONLY
        }
        traced = _Tracer().trace(root, concrete_args=defaults or None)
        return _read(root, traced)
    except Exception:  # noqa: BLE001 - any Python may stand in a forward pass, and all of it may refuse stand-ins
        return None


def _read(root: nn.Module, traced: fx.Graph) -> Graph:
    operations: list[Operation] = []
    ancestry: list[int] = []
    place: dict[fx.Node, int] = {}
    weighted = 0
    for node in traced.nodes:
        if node.op == "output":
            continue
        sources = tuple(place[source] for source in node.all_input_nodes)
        operation = _operation(root, node, [operations[source] for source in sources], sources)
        position = place[node] = len(operations)
        operations.append(operation)
        before = 0
        for source in sources:
            before |= ancestry[source] | (1 << source)
        ancestry.append(before)
        if operation.kind in PARAMETRISED:
            weighted |= 1 << position
    return Graph(tuple(operations), tuple(ancestry), weighted)


def _operation(root: nn.Module, node: fx.Node, given: list[Operation], sources: tuple[int, ...]) -> Operation:
    if node.op == "placeholder":
        return Operation("input")
    if node.op == "get_attr":
        value: Any = root
        for part in str(node.target).split("."):
            value = getattr(value, part)
        is_parameter = isinstance(value, nn.Parameter)
        return Operation("parameter" if is_parameter else "affine", parameter=value if is_parameter else None)
    if node.op == "call_module":
        module = root.get_submodule(str(node.target))
        role = role_of_module(module)
        return Operation(role.kind, role.name, sources, module)
    if given and all(operation.kind == "parameter" for operation in given):
        turns = node.target in {"t", "transpose", "permute", torch.transpose, torch.t} and given[0].parameter is not None
        return Operation("parameter", parameter=given[0].parameter, turned=given[0].turned != turns)
    role = role_of_method(str(node.target)) if node.op == "call_method" else role_of_function(node.target)
    return _functional(node, role.kind, role.name, given, sources)


def _functional(
    node: fx.Node, kind: Kind, name: str, given: list[Operation], sources: tuple[int, ...]
) -> Operation:
    computed = [operation for operation in given if operation.kind != "parameter"]
    held = [operation for operation in given if operation.kind == "parameter" and operation.parameter is not None]
    if kind == "weighted":
        weight = max(held, key=lambda operation: operation.parameter.ndim, default=None)  # type: ignore[union-attr]
        if weight is None:  # a product of two computed tensors, as in attention
            return Operation("other", sources=sources)
        # x @ W holds W as (in, out); F.linear and convolutions as (out, in)
        stored_in_first = node.target not in {torch.nn.functional.linear} and name == "linear"
        turned = weight.turned != stored_in_first
        return Operation("weighted", name, sources, parameter=weight.parameter, turned=turned)
    if kind == "embedding":
        return Operation("embedding", sources=sources, parameter=held[0].parameter if held else None)
    if kind == "dropout":
        share = node.kwargs.get("p", node.args[1] if len(node.args) > 1 else 0.5)
        return Operation("dropout", sources=sources, share=float(share) if isinstance(share, int | float) else None)
    if kind == "affine" and len(computed) > 1 and "mul" in str(node.target):
        return Operation("other", sources=sources)
    if kind == "affine" and held and "mul" in str(node.target):
        return Operation("other", "scale", sources, parameter=held[0].parameter)
    return Operation(kind, name, sources)


@contextmanager
def _undone(model: nn.Module) -> Iterator[None]:
    """Put back attributes of the modules, random states and warnings filters after tracing."""
    attributes = [(module, _copied(vars(module))) for module in model.modules()]
    python_state = random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy else None  # type: ignore[attr-defined]
    try:
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for module, saved in attributes:
            vars(module).clear()
            vars(module).update(saved)
        random.setstate(python_state)
        if numpy:
            numpy.random.set_state(numpy_state)  # type: ignore[attr-defined]


def _copied(attributes: dict[str, Any]) -> dict[str, Any]:
    plain = (dict, list, set)
    return {name: value.copy() if isinstance(value, plain) else value for name, value in attributes.items()}
