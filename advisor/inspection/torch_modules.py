"""Any ``nn.Module`` to model facts, by walking its modules and parameters."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts
from advisor.facts.names import Activation, Adapter, Family, Normalization, NormPosition
from advisor.inspection.torch_graph import Graph, trace
from advisor.inspection.torch_weights import initial_scale

ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.ReLU: "relu",
    nn.ReLU6: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.PReLU: "leaky_relu",
    nn.ELU: "elu",
    nn.SELU: "selu",
    nn.GELU: "gelu",
    nn.SiLU: "silu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
    nn.Softplus: "softplus",
}
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
RECURRENT = (nn.RNNBase, nn.RNNCellBase)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
INSTANCE_NORMS = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
LAYER_KINDS = 40
"""Leaf modules listed in the facts at most; the rest is counted."""


def inspect_module(model: nn.Module, data: DataFacts | None = None) -> ModelFacts:
    """Return what is known about a module before training.

    Args:
        model: any module; its weights are read, never changed.
        data: helps to tell a linear from a logistic model.

    Raises:
        ModelError: the module has no parameters, or lazy ones that have no shape yet.
    """
    if any(isinstance(parameter, nn.UninitializedParameter) for parameter in model.parameters()):
        raise ModelError(f"{type(model).__name__} has lazy layers without shape; run one batch through it first")
    parameters = list(model.parameters())
    if not parameters:
        raise ModelError(f"{type(model).__name__} has no parameters, so there is nothing to train")
    graph = trace(model)
    weighted = _weighted_layers(model)
    total = sum(parameter.numel() for parameter in parameters)
    trainable = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    attention = _attention_modules(model)
    convex = _is_linear(model, weighted, graph)
    facts = ModelFacts(
        name=type(model).__name__,
        convex=convex,
        depth=0 if convex else (len(attention) or max(0, len(weighted) - 1)),
        width=0 if convex else _width(weighted),
        hidden_size=_hidden_size(model),
        heads=_heads(model),
        parameters=total,
        trainable_parameters=trainable,
        frozen_share=1.0 - trainable / total,
        inputs=_size(weighted[0], "in") if weighted else None,
        outputs=_size(weighted[-1], "out") if weighted else None,
        activation=_activation(model, graph, convex),
        normalization=_normalization(model),
        norm_position=_norm_position(model),
        residual=_residual(model, graph),
        attention=bool(attention),
        recurrent=any(isinstance(module, RECURRENT) for module in model.modules()),
        convolutional=any(isinstance(module, CONVOLUTIONS) for module in model.modules()),
        embedding=any(isinstance(module, nn.Embedding | nn.EmbeddingBag) for module in model.modules()),
        dropout=_dropout(model),
        tied_weights=_tied(model),
        adapter=_adapter(model),
        adapter_rank=_adapter_rank(model),
        layers=_layers(model),
        notes=graph.notes,
    )
    scale = initial_scale(model, weighted)
    return facts.model_copy(update={**scale, "family": _family(model, facts, data)})


def _leaf_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for path, module in model.named_modules():
        if not any(True for _ in module.children()) or isinstance(module, (nn.MultiheadAttention, *RECURRENT)):
            yield path, module


def _weighted_layers(model: nn.Module) -> list[nn.Module]:
    """Return the layers that multiply by a weight matrix on the main path, in order; attention projections left out."""
    inside_attention = {child for module in _attention_modules(model) for child in module.modules()}
    kinds = (nn.Linear, nn.Bilinear, *CONVOLUTIONS, *RECURRENT)
    return [module for module in model.modules() if isinstance(module, kinds) and module not in inside_attention]


def _attention_modules(model: nn.Module) -> list[nn.Module]:
    found: list[nn.Module] = []
    for path, module in model.named_modules():
        name = f"{path.rsplit('.', 1)[-1]} {type(module).__name__}".lower()
        inside = any(module in outer.modules() for outer in found)
        has_weights = any(True for _ in module.parameters())
        named = ("attention" in name or "attn" in name) and not isinstance(module, nn.LayerNorm | nn.ModuleList)
        if not inside and has_weights and (isinstance(module, nn.MultiheadAttention) or named):
            found.append(module)
    return found


def _is_linear(model: nn.Module, weighted: list[nn.Module], graph: Graph) -> bool:
    if len(weighted) != 1 or not isinstance(weighted[0], nn.Linear) or graph.activations:
        return False
    others = [module for _, module in _leaf_modules(model) if module is not weighted[0]]
    return all(isinstance(module, nn.Flatten | nn.Identity) for module in others)


def _size(layer: nn.Module, side: str) -> int | None:
    names = {"in": ("in_features", "in_channels", "input_size"), "out": ("out_features", "out_channels", "hidden_size")}
    return next((int(getattr(layer, name)) for name in names[side] if hasattr(layer, name)), None)


def _width(weighted: list[nn.Module]) -> int | None:
    hidden = [size for layer in weighted[:-1] if (size := _size(layer, "out")) is not None]
    return max(hidden, default=None)


def _hidden_size(model: nn.Module) -> int | None:
    for module in model.modules():
        if isinstance(module, nn.MultiheadAttention):
            return int(module.embed_dim)
        if isinstance(module, RECURRENT):
            return int(module.hidden_size)  # type: ignore[arg-type]
    return None


def _heads(model: nn.Module) -> int | None:
    return next((int(module.num_heads) for module in model.modules() if isinstance(module, nn.MultiheadAttention)), None)


def _activation(model: nn.Module, graph: Graph, convex: bool) -> Activation | None:
    found = {name for module in model.modules() for kind, name in ACTIVATIONS.items() if type(module) is kind}
    for module in model.modules():
        if isinstance(module, nn.TransformerEncoderLayer | nn.TransformerDecoderLayer):
            function = getattr(module, "activation", None)
            found.add("gelu" if "gelu" in getattr(function, "__name__", type(function).__name__).lower() else "relu")
    found |= graph.activations
    if len(found) > 1:
        return "mixed"
    if found:
        return found.pop()
    if any(isinstance(module, RECURRENT) for module in model.modules()):
        return "tanh"
    return "none" if convex or graph.complete else None


def _normalization(model: nn.Module) -> Normalization:
    kinds: set[Normalization] = set()
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            kinds.add("batch")
        elif isinstance(module, nn.GroupNorm):
            kinds.add("group")
        elif isinstance(module, INSTANCE_NORMS):
            kinds.add("instance")
        elif "rmsnorm" in type(module).__name__.lower():
            kinds.add("rms")
        elif isinstance(module, nn.LayerNorm) or "layernorm" in type(module).__name__.lower():
            kinds.add("layer")
    return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "none"


def _norm_position(model: nn.Module) -> NormPosition | None:
    for module in model.modules():
        if isinstance(module, nn.TransformerEncoderLayer | nn.TransformerDecoderLayer):
            return "pre" if module.norm_first else "post"
    return None


def _residual(model: nn.Module, graph: Graph) -> bool | None:
    blocks = (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
    named = any(word in type(module).__name__.lower() for module in model.modules() for word in ("residual", "basicblock", "bottleneck"))
    if named or graph.adds_tensors or any(isinstance(module, blocks) for module in model.modules()):
        return True
    return False if graph.complete else None


def _dropout(model: nn.Module) -> float:
    rates = [float(module.p) for module in model.modules() if isinstance(module, DROPOUTS)]
    rates += [float(module.dropout) for module in model.modules() if isinstance(module, nn.MultiheadAttention | nn.RNNBase)]
    return max(rates, default=0.0)


def _tied(model: nn.Module) -> bool:
    places = [id(parameter) for _, parameter in model.named_parameters(remove_duplicate=False)]
    return len(places) != len(set(places))


def _adapter(model: nn.Module) -> Adapter:
    names = [name.lower() for name, _ in model.named_parameters()]
    if any("lora_" in name for name in names):
        quantised = any("4bit" in type(module).__name__.lower() for module in model.modules())
        return "qlora" if quantised else "lora"
    return "prefix" if any("prefix_encoder" in name or "prompt_embedding" in name for name in names) else "none"


def _adapter_rank(model: nn.Module) -> int | None:
    ranks = [min(p.shape) for name, p in model.named_parameters() if "lora_a" in name.lower() and p.ndim == 2]
    return max(ranks, default=None)


def _layers(model: nn.Module) -> tuple[tuple[str, str, int], ...]:
    found = [
        (path or "(root)", type(module).__name__, sum(p.numel() for p in module.parameters()))
        for path, module in _leaf_modules(model)
    ]
    return tuple(found[:LAYER_KINDS])


def _family(model: nn.Module, facts: ModelFacts, data: DataFacts | None) -> Family:
    if facts.convex:
        classifies = data.task in {"binary", "multiclass"} if data and data.task else (facts.outputs or 1) > 1
        return "logistic" if classifies else "linear"
    if facts.attention:
        return _attention_family(model, facts)
    if facts.recurrent:
        return "rnn"
    if facts.convolutional:
        upward = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
        return "unet" if any(isinstance(module, upward) for module in model.modules()) else "cnn"
    if facts.depth:
        return "tabular_resnet" if facts.residual else "mlp"
    return "other"


def _attention_family(model: nn.Module, facts: ModelFacts) -> Family:
    vocabularies = {module.num_embeddings for module in model.modules() if isinstance(module, nn.Embedding)}
    if facts.outputs in vocabularies and (facts.outputs or 0) > 16:
        return "language_model"
    return "vision_transformer" if any(isinstance(module, nn.Conv2d) for module in model.modules()) else "transformer"


def is_module(model: object) -> bool:
    """Return whether an object is a torch module."""
    return isinstance(model, nn.Module) and not isinstance(model, torch.jit.ScriptFunction)
