"""The layers that multiply by weights, in the order they run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

from torch import Tensor, nn

from advisor.inspection.torch_graph import Graph, Operation
from advisor.inspection.torch_operations import ATTENTION, CONVOLUTIONS, EMBEDDINGS, RECURRENT, role_of_module

LayerKind = Literal["linear", "convolution", "recurrent"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A weight as a matrix.

    Attributes:
        weight: the tensor.
        fan_in: inputs that each output sums over.
        fan_out: the reverse.
        default_std: standard deviation that torch's own initialisation of this layer gives it.
        turned: stored as (in, out) instead of (out, in).
    """

    weight: Tensor
    fan_in: int
    fan_out: int
    default_std: float
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer with weights.

    Attributes:
        kind: what it is.
        inputs, outputs: its sizes; channels for convolutions.
        matrices: its weights.
        hidden: weighted layers follow, or the layer is recurrent.
        layers: stacked layers inside it.
    """

    kind: LayerKind
    inputs: int
    outputs: int
    matrices: tuple[Matrix, ...]
    hidden: bool
    layers: int = 1


def layers_of(model: nn.Module, graph: Graph | None) -> tuple[Layer, ...]:
    """Return the layers with weights, in running order when the pass was traced and in order of definition otherwise.

    Projections inside attention and adapters are left out; the feed-forward layers of transformer blocks are in.
    """
    inside = attention_insides(model)
    if graph is None:
        left_out = inside | adapter_parts(model)
        modules = [module for module in model.modules() if _is_layer(module, left_out)]
        return tuple(_from_module(module, hidden=module is not modules[-1]) for module in modules)
    found: list[Layer] = []
    for position, operation in enumerate(graph.operations):
        hidden = graph.has_weights_after(position)
        found += _from_operation(operation, inside | adapter_parts(model), hidden=hidden)
    return tuple(found)


def attention_insides(model: nn.Module) -> frozenset[int]:
    """Return the ids of all modules that are, or lie inside, an attention module (not a transformer block)."""
    return frozenset(id(child) for module in attention_modules(model) for child in module.modules())


def attention_modules(model: nn.Module) -> list[nn.Module]:
    """Return the outermost attention modules: torch's own, and those called so."""
    found: list[nn.Module] = []
    seen: set[int] = set()
    for path, module in model.named_modules():
        if id(module) in seen:
            continue
        own_name = type(module).__name__.lower()
        called_so = "attention" in own_name or path.rsplit(".", 1)[-1].lower() in _ATTENTION_NAMES
        holds_weights = any(True for _ in module.parameters())
        is_part = role_of_module(module).kind in {"norm", "weighted", "dropout", "activation"}
        blocklike = isinstance(module, nn.ModuleList | nn.ModuleDict | nn.Sequential) or own_name.endswith(_WHOLE)
        if isinstance(module, nn.MultiheadAttention) or (called_so and holds_weights and not (is_part or blocklike)):
            found.append(module)
            seen |= {id(child) for child in module.modules()}
    return found


_ATTENTION_NAMES = frozenset({"attn", "attention", "self_attn", "cross_attn", "mha", "self_attention"})
_WHOLE = ("block", "model", "network", "net", "encoder", "decoder", "transformer", "classifier", "regressor", "layer")


def adapter_parts(model: nn.Module) -> frozenset[int]:
    """Return the ids of the modules that belong to low-rank adapters."""
    return frozenset(id(module) for path, module in model.named_modules() if "lora_" in path.lower())


def _is_layer(module: nn.Module, inside: frozenset[int]) -> bool:
    if id(module) in inside:
        return False
    weight = vars(module).get("_parameters", {}).get("weight")
    custom = weight is not None and weight.ndim >= 2 and not isinstance(module, EMBEDDINGS)
    return role_of_module(module).kind == "weighted" or (custom and role_of_module(module).kind == "other")


def _from_operation(operation: Operation, left_out: frozenset[int], *, hidden: bool) -> Iterator[Layer]:
    module = operation.module
    if operation.kind == "weighted" and module is not None:
        if id(module) not in left_out:
            yield _from_module(module, hidden=hidden)
    elif operation.kind == "weighted" and operation.parameter is not None:
        yield _from_parameter(operation, operation.parameter, hidden=hidden)
    elif isinstance(module, ATTENTION):  # torch's own blocks run as one operation
        for child in module.modules():
            if _is_layer(child, left_out):
                yield _from_module(child, hidden=True)


def _from_parameter(operation: Operation, weight: Tensor, *, hidden: bool) -> Layer:
    kind: LayerKind = "convolution" if operation.name == "convolution" else "linear"
    fan_out, fan_in = (weight.shape[0], weight[0].numel()) if weight.ndim > 1 else (1, weight.numel())
    if operation.turned and weight.ndim == 2:
        fan_in, fan_out = fan_out, fan_in
    matrix = Matrix(weight, fan_in, fan_out, (1 / (3 * fan_in)) ** 0.5, operation.turned)
    return Layer(kind, fan_in, fan_out, (matrix,), hidden)


def _from_module(module: nn.Module, *, hidden: bool) -> Layer:
    if isinstance(module, RECURRENT):
        return _recurrent(module)
    weight = cast("Tensor", module.weight)
    turned = hasattr(module, "nf") or (
        hasattr(module, "in_features") and weight.ndim == 2 and weight.shape[0] != getattr(module, "out_features", None)
    )
    if isinstance(module, CONVOLUTIONS):
        transposed = isinstance(module, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d)
        kernel = weight[0][0].numel()
        ins, outs = int(module.in_channels), int(module.out_channels)
        fan_in, fan_out = ins * kernel // int(module.groups), outs * kernel // int(module.groups)
        # torch takes the fan-in of a transposed convolution from the second dimension, which holds its outputs
        bound = weight.shape[1] * kernel if transposed else fan_in
        return Layer(
            "convolution", ins, outs, (Matrix(weight, fan_in, fan_out, (1 / (3 * bound)) ** 0.5, transposed),), hidden
        )
    fan_out, fan_in = (weight.shape[0], weight[0].numel()) if not turned else (weight.shape[1], weight.shape[0])
    matrix = Matrix(weight, fan_in, fan_out, (1 / (3 * fan_in)) ** 0.5, turned)
    return Layer("linear", fan_in, fan_out, (matrix,), hidden)


def _recurrent(module: nn.Module) -> Layer:
    size = int(module.hidden_size)  # type: ignore[arg-type]  # every recurrent layer has one
    both = 2 if getattr(module, "bidirectional", False) else 1
    matrices = tuple(
        Matrix(weight, weight.shape[1], size, (1 / (3 * size)) ** 0.5)
        for name, weight in module.named_parameters()
        if name.startswith("weight")
    )
    inputs = int(module.input_size)  # type: ignore[arg-type]
    return Layer("recurrent", inputs, size * both, matrices, True, int(getattr(module, "num_layers", 1)))


def matrices_of(layers: Iterable[Layer]) -> tuple[Matrix, ...]:
    """Return the weights of the hidden layers, shared ones once."""
    found = {id(matrix.weight): matrix for layer in layers if layer.hidden for matrix in layer.matrices}
    return tuple(found.values())
