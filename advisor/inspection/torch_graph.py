"""What the forward pass does beside calling modules, as far as it can be traced without running it."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the field's name for it
from torch import fx, nn

from advisor.facts.names import Activation

FUNCTIONS: dict[object, Activation] = {
    F.relu: "relu",
    torch.relu: "relu",
    F.leaky_relu: "leaky_relu",
    F.elu: "elu",
    F.selu: "selu",
    F.gelu: "gelu",
    F.silu: "silu",
    F.tanh: "tanh",
    torch.tanh: "tanh",
    F.sigmoid: "sigmoid",
    torch.sigmoid: "sigmoid",
    torch.sin: "sine",
    F.softplus: "softplus",
}
METHODS: dict[str, Activation] = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "sin": "sine"}
ADDITIONS = {operator.add, operator.iadd, torch.add}


@dataclass(frozen=True, slots=True)
class Graph:
    """What was seen in the forward pass.

    Attributes:
        complete: the whole pass could be traced; otherwise absence proves nothing.
        activations: nonlinearities called as functions.
        adds_tensors: two computed tensors are added, as skip connections do.
        notes: what could not be seen.
    """

    complete: bool
    activations: frozenset[Activation] = frozenset()
    adds_tensors: bool = False
    notes: tuple[str, ...] = ()


def trace(model: nn.Module) -> Graph:
    """Trace a module symbolically; data-dependent control flow ends it early, and the notes say so."""
    was_training = [(module, module.training) for module in model.modules()]
    try:
        nodes = fx.Tracer().trace(model).nodes
    except Exception:  # noqa: BLE001 - any python may stand in a forward pass, and all of it may refuse proxies
        note = f"The forward pass of {type(model).__name__} cannot be traced; functional activations and skips may be missed."
        return Graph(complete=False, notes=(note,))
    finally:
        for module, training in was_training:
            module.training = training
    activations = {FUNCTIONS[node.target] for node in nodes if node.op == "call_function" and node.target in FUNCTIONS}
    activations |= {METHODS[node.target] for node in nodes if node.op == "call_method" and node.target in METHODS}
    return Graph(
        complete=True,
        activations=frozenset(activations),
        adds_tensors=any(_adds_tensors(node) for node in nodes),
    )


def _adds_tensors(node: fx.Node) -> bool:
    adds = node.target in ADDITIONS if node.op == "call_function" else node.op == "call_method" and node.target == "add"
    computed = [arg for arg in node.args if isinstance(arg, fx.Node) and arg.op != "get_attr"]
    return adds and len(computed) == 2
