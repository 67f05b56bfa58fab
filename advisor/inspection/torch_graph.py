"""The forward pass as a graph of operations, traced with stand-ins for tensors, so that nothing is computed.

Tracing runs the Python of the user's ``forward``; ``inspect_module`` puts back whatever that leaves behind.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from advisor.inspection.torch_operations import Kind, Role, role_of_function, role_of_method, role_of_module

PARAMETRISED: frozenset[Kind] = frozenset({"weighted", "attention"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of the forward pass.

    Attributes:
        kind: what it does.
        name: which activation or normalisation, or which kind of weighted layer; of others ``scale`` or ``adapter``.
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
        followed: the set of operations that some weighted one comes after.
    """

    operations: tuple[Operation, ...]
    ancestry: tuple[int, ...]
    weighted: int
    followed: int

    def has_weights_before(self, position: int) -> bool:
        """Return whether a weighted operation lies before this one."""
        return bool(self.ancestry[position] & self.weighted)

    def has_weights_after(self, position: int) -> bool:
        """Return whether a weighted operation lies after this one."""
        return bool(self.followed >> position & 1)

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
    weighted = followed = 0
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
            followed |= before
    return Graph(tuple(operations), tuple(ancestry), weighted, followed)


def _operation(root: nn.Module, node: fx.Node, given: list[Operation], sources: tuple[int, ...]) -> Operation:
    if node.op == "placeholder":
        return Operation("input")
    if node.op == "get_attr":
        return _attribute(root, str(node.target))
    if node.op == "call_module":
        module = root.get_submodule(str(node.target))
        role = Role("other", "adapter") if "lora_" in str(node.target).lower() else role_of_module(module)
        return Operation(role.kind, role.name, sources, module)
    if given and all(operation.kind == "parameter" for operation in given):
        turns = node.target in {"t", "transpose", "permute", torch.transpose, torch.t}
        return Operation("parameter", parameter=given[0].parameter, turned=given[0].turned != turns)
    role = role_of_method(str(node.target)) if node.op == "call_method" else role_of_function(node.target)
    return _functional(node, role.kind, role.name, given, sources)


def _attribute(root: nn.Module, path: str) -> Operation:
    value: Any = root
    for part in path.split("."):
        value = getattr(value, part)
    return Operation("parameter", parameter=value) if isinstance(value, nn.Parameter) else Operation("affine")


def _functional(node: fx.Node, kind: Kind, name: str, given: list[Operation], sources: tuple[int, ...]) -> Operation:
    held = [operation for operation in given if operation.parameter is not None and operation.kind == "parameter"]
    match kind:
        case "weighted":
            return _product(node, name, held, sources)
        case "embedding":
            return Operation("embedding", sources=sources, parameter=held[0].parameter if held else None)
        case "dropout":
            share = node.kwargs.get("p", node.args[1] if len(node.args) > 1 else 0.5)
            return Operation("dropout", sources=sources, share=float(share) if isinstance(share, int | float) else None)
        case "affine" if "mul" in str(node.target) and len(given) > 1:
            # with a parameter it scales; two computed tensors multiplied are not linear
            return Operation("other", "scale" if held else "", sources, parameter=held[0].parameter if held else None)
        case _:
            return Operation(kind, name, sources)


def _product(node: fx.Node, name: str, held: list[Operation], sources: tuple[int, ...]) -> Operation:
    weight = max(
        held, key=lambda operation: operation.parameter.ndim if operation.parameter is not None else 0, default=None
    )
    if weight is None:  # a product of two computed tensors, as in attention
        return Operation("other", sources=sources)
    # x @ W holds W as (in, out); F.linear and convolutions as (out, in)
    stored_in_first = name == "linear" and node.target is not torch.nn.functional.linear
    return Operation("weighted", name, sources, parameter=weight.parameter, turned=weight.turned != stored_in_first)
