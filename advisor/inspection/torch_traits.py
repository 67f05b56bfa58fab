"""Single traits of a module: activation, normalisation, dropout, adapters and the like."""

from __future__ import annotations

from typing import Any

from torch import nn

from advisor.facts.names import Activation, Adapter, Normalization, NormPosition
from advisor.inspection import torch_skips
from advisor.inspection.torch_graph import Graph, Sight
from advisor.inspection.torch_layers import attention_modules
from advisor.inspection.torch_operations import (
    DROPOUTS,
    RECURRENT,
    TRANSFORMER_LAYERS,
    role_of_module,
)

_PRE_NORM_NAMES = ("input_layernorm", "pre_attention", "layernorm_before", "ln_1", "norm1")
_RESIDUAL_NAMES = ("residual", "basicblock", "bottleneck", "resblock", "denseblock")
_HEADS = ("num_heads", "n_heads", "n_head", "heads", "num_attention_heads")
_SIZES = ("embed_dim", "hidden_size", "d_model", "n_embd", "model_dim")
_QK_NORMS = frozenset({"q_norm", "k_norm", "norm_q", "norm_k", "q_layernorm", "k_layernorm", "query_norm", "key_norm"})


def activation(model: nn.Module, sight: Sight) -> Activation | None:
    """Return the nonlinearity between the weighted layers; None when it cannot be seen."""
    found: set[str] = set()
    for module in model.modules():
        if isinstance(module, TRANSFORMER_LAYERS):
            function = module.activation
            found.add("gelu" if "gelu" in getattr(function, "__name__", type(function).__name__).lower() else "relu")
    if sight.whole is not None:
        found |= _between(sight.whole)
    else:
        roles = [role_of_module(module) for module in model.modules()]
        roles += [role for graph in sight.parts for role in _roles(graph)]
        found |= {role.name for role in roles if role.kind == "activation"}
    if len(found) > 1:
        return "mixed"
    if found:
        return found.pop()  # type: ignore[return-value]  # roles name activations as the facts do
    if any(isinstance(module, RECURRENT) for module in model.modules()):
        return "tanh"
    return "none" if sight.whole is not None and not _has_unknown_between(sight.whole) else None


def _roles(graph: Graph) -> list[Any]:
    return list(graph.operations)


def _between(graph: Graph) -> set[str]:
    return {
        operation.name
        for position, operation in enumerate(graph.operations)
        if operation.kind == "activation" and graph.has_weights_before(position) and graph.has_weights_after(position)
    }


def _has_unknown_between(graph: Graph) -> bool:
    return any(
        operation.kind == "other"
        and not operation.name
        and graph.has_weights_before(position)
        and graph.has_weights_after(position)
        for position, operation in enumerate(graph.operations)
    )


def normalization(model: nn.Module, sight: Sight) -> Normalization:
    """Return which normalisation the model uses, as modules or as functions."""
    roles = [role_of_module(module) for module in model.modules()]
    kinds = {role.name for role in roles if role.kind == "norm"}
    kinds |= {operation.name for graph in sight.graphs for operation in graph.operations if operation.kind == "norm"}
    if len(kinds) > 1:
        return "mixed"
    return kinds.pop() if kinds else "none"  # type: ignore[return-value]  # roles name norms as the facts do


def norm_position(model: nn.Module, sight: Sight) -> NormPosition | None:
    """Return where normalisation stands: told by torch's blocks, seen in the graph, or guessed by usual names."""
    layer = next((module for module in model.modules() if isinstance(module, TRANSFORMER_LAYERS)), None)
    if layer is not None:
        return "pre" if layer.norm_first else "post"
    seen = next((place for graph in sight.graphs if (place := torch_skips.norm_position(graph)) is not None), None)
    if seen is not None or not attention_modules(model):
        return seen
    names = {path.rsplit(".", 1)[-1].lower() for path, _ in model.named_modules()}
    return "pre" if names & set(_PRE_NORM_NAMES) else None


def residual(model: nn.Module, sight: Sight) -> bool | None:
    """Return whether there are skip connections; None when none was seen but not everything could be."""
    if any(isinstance(module, TRANSFORMER_LAYERS) for module in model.modules()):
        return True
    if any(torch_skips.skips(graph) for graph in sight.graphs):
        return True
    if sight.whole is not None:
        return False
    names = (type(module).__name__.lower() for module in model.modules())
    return True if any(part in name for name in names for part in _RESIDUAL_NAMES) else None


def dropout(model: nn.Module, sight: Sight) -> float:
    """Return the largest dropout probability."""
    rates = [float(module.p) for module in model.modules() if isinstance(module, DROPOUTS)]
    rates += [float(m.dropout) for m in model.modules() if isinstance(m, nn.MultiheadAttention | nn.RNNBase)]
    rates += [op.share for graph in sight.graphs for op in graph.operations if op.share is not None]
    return max(rates, default=0.0)


def tied(model: nn.Module) -> bool:
    """Return whether one parameter is used in two places."""
    places = [id(parameter) for _, parameter in model.named_parameters(remove_duplicate=False)]
    return len(places) != len(set(places))


def adapter(model: nn.Module) -> Adapter:
    """Return which small trainable parts were added, by the names of their parameters."""
    names = [name.lower() for name, _ in model.named_parameters()]
    if any("lora_" in name for name in names):
        quantised = any("4bit" in type(module).__name__.lower() for module in model.modules())
        return "qlora" if quantised else "lora"
    if any("prefix_encoder" in name or "prompt_embedding" in name or "prompt_encoder" in name for name in names):
        return "prefix"
    is_bottleneck = any("adapter" in name and "down" in name for name in names)
    return "bottleneck" if is_bottleneck else "none"


def adapter_rank(model: nn.Module) -> int | None:
    """Return the rank of a low-rank adapter, the largest when they differ."""
    ranks = [min(p.shape) for name, p in model.named_parameters() if "lora_a" in name.lower() and p.ndim == 2]
    return max(ranks, default=None)


def hidden_size(model: nn.Module) -> int | None:
    """Return the size of the residual stream of an attention model, or of the recurrent state."""
    attentive = attention_modules(model)
    for module in (*attentive, *(m for m in model.modules() if isinstance(m, RECURRENT))):
        size = _number(module, ("embed_dim", "hidden_size", *_SIZES))
        if size is not None:
            return size
    config = getattr(model, "config", None)
    return _number(config, _SIZES) if attentive and config is not None else None


def heads(model: nn.Module) -> int | None:
    """Return the attention heads of the first attention module that says so."""
    return next((found for module in attention_modules(model) if (found := _number(module, _HEADS)) is not None), None)


def experts(model: nn.Module) -> int | None:
    """Return the experts of a mixture: the longest module list called so."""
    counts = [len(m) for path, m in model.named_modules() if isinstance(m, nn.ModuleList) and path.endswith("experts")]
    return max((count for count in counts if count), default=None)


def qk_norm(model: nn.Module) -> bool | None:
    """Return whether queries and keys are normalised, by the names of modules; None without attention."""
    if not attention_modules(model):
        return None
    return any(path.rsplit(".", 1)[-1].lower() in _QK_NORMS for path, _ in model.named_modules())


def _number(holder: object, names: tuple[str, ...]) -> int | None:
    found = (getattr(holder, name, None) for name in names)
    return next(
        (value for value in found if isinstance(value, int) and not isinstance(value, bool) and value > 0), None
    )
