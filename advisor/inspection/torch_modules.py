"""Any ``nn.Module`` to model facts, by walking its modules and parameters and tracing its forward pass."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch
from torch import nn

from advisor.errors import ModelError
from advisor.facts import DataFacts, ModelFacts
from advisor.inspection import torch_traits as traits
from advisor.inspection.torch_family import convexity, family
from advisor.inspection.torch_graph import Graph, Sight, trace
from advisor.inspection.torch_layers import Layer, attention_modules, layers_of, matrices_of
from advisor.inspection.torch_operations import CONVOLUTIONS, EMBEDDINGS, RECURRENT
from advisor.inspection.torch_pretrained import pretrained
from advisor.inspection.torch_skips import skips
from advisor.inspection.torch_weights import InitialScale, initial_scale
from advisor.isolation import untouched

LISTED_LAYERS = 40
"""Leaf modules listed in the facts at most; the rest is counted. Judgement: a table that can still be read."""
_WRAPPERS = ("module", "_orig_mod")


def inspect_module(
    model: nn.Module, data: DataFacts | None = None, *, inputs: int | None = None, outputs: int | None = None
) -> ModelFacts:
    """Return what is known about a module before training.

    The module is read, never run: its forward pass is traced with stand-ins, and what tracing leaves behind is undone.

    Args:
        model: any module; wrappers of ``DataParallel``, ``DistributedDataParallel`` and ``torch.compile`` are opened.
        data: helps to tell a linear from a logistic model.
        inputs: stated size, which goes before the one found.
        outputs: likewise.

    Raises:
        ModelError: the module has no parameters, or lazy ones that have no shape yet.
    """
    model = _opened(model)
    if isinstance(model, torch.jit.ScriptModule):
        raise ModelError("a scripted module cannot be looked into or copied; give the module that it was made from")
    with untouched(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _facts_of(model, data, inputs, outputs)


def _facts_of(model: nn.Module, data: DataFacts | None, inputs: int | None, outputs: int | None) -> ModelFacts:
    parameters = _parameters(model)
    sight = trace(model)
    layers = layers_of(model, sight.whole)
    total = sum(parameter.numel() for parameter in parameters)
    trainable = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    hidden = [layer for layer in layers if layer.hidden]
    scale = _scale(layers, parameters)
    facts = ModelFacts(
        name=type(model).__name__,
        convex=convexity(sight, layers),
        depth=_depth(model, sight, layers),
        width=max((layer.outputs for layer in hidden), default=0 if layers else None),
        hidden_size=traits.hidden_size(model) or _stream(sight),
        heads=traits.heads(model),
        parameters=total,
        trainable_parameters=trainable,
        frozen_share=1.0 - trainable / total if total else None,
        inputs=inputs or _inputs(model, sight.whole, layers),
        outputs=outputs or _outputs(model, sight.whole, layers),
        activation=traits.activation(model, sight),
        normalization=traits.normalization(model, sight),
        norm_position=traits.norm_position(model, sight),
        residual=traits.residual(model, sight),
        attention=bool(attention_modules(model)) or _calls_attention(sight),
        recurrent=_has(model, RECURRENT),
        convolutional=_has(model, CONVOLUTIONS) or any(layer.kind == "convolution" for layer in layers),
        embedding=_has(model, EMBEDDINGS),
        dropout=traits.dropout(model, sight),
        pretrained=pretrained(model),
        initialization=scale.initialization,
        init_gain=scale.largest,
        init_gain_min=scale.smallest,
        tied_weights=traits.tied(model),
        adapter=traits.adapter(model),
        adapter_rank=traits.adapter_rank(model),
        experts=traits.experts(model),
        qk_norm=traits.qk_norm(model),
        layers=tuple(_leaves(model))[:LISTED_LAYERS],
    )
    guessed = family(model, facts, layers, sight, data)
    return facts.model_copy(update={"family": guessed, "notes": _notes(model, parameters, facts, sight)})


def is_module(model: object) -> bool:
    """Return whether an object is a torch module."""
    return isinstance(model, nn.Module)


def _opened(model: nn.Module) -> nn.Module:
    wrapped = isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel)
    while wrapped or type(model).__name__ == "OptimizedModule":
        inner = next(
            (getattr(model, name) for name in _WRAPPERS if isinstance(getattr(model, name, None), nn.Module)), None
        )
        if inner is None:
            break
        model = inner
        wrapped = isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel)
    return model


def _parameters(model: nn.Module) -> list[nn.Parameter]:
    parameters = list(model.parameters())
    if any(isinstance(parameter, nn.UninitializedParameter) for parameter in parameters):
        raise ModelError(f"{type(model).__name__} has lazy layers without shape; run one batch through it first")
    if not any(parameter.numel() for parameter in parameters):
        raise ModelError(f"{type(model).__name__} has no parameters, so there is nothing to train; add a layer")
    return parameters


def _has(model: nn.Module, kinds: tuple[type[nn.Module], ...]) -> bool:
    return any(isinstance(module, kinds) for module in model.modules())


def _scale(layers: tuple[Layer, ...], parameters: list[nn.Parameter]) -> InitialScale:
    """Return the scale over the hidden matrices; without hidden layers only the rule that the weights were drawn by."""
    hidden = matrices_of(layers)
    if hidden:
        return initial_scale(hidden)
    output = tuple(matrix for layer in layers for matrix in layer.matrices)
    if not output:
        biggest = max(parameters, key=torch.Tensor.numel)
        return InitialScale(initialization="zero" if not biggest.is_meta and not bool(biggest.detach().any()) else None)
    return InitialScale(initialization=initial_scale(output).initialization)


def _depth(model: nn.Module, sight: Sight, layers: tuple[Layer, ...]) -> int | None:
    """Return blocks of an attention model, else hidden layers on the longest path; in order of definition untraced."""
    attentive = {id(module) for module in attention_modules(model)}
    if attentive:
        return len({path.rpartition(".")[0] for path, module in model.named_modules() if id(module) in attentive})
    if not layers:
        return None if sight.whole is None else 0
    if sight.whole is None:
        return sum(layer.layers for layer in layers if layer.hidden)
    graph, longest = sight.whole, list[int]()
    for position, operation in enumerate(graph.operations):
        before = max((longest[source] for source in operation.sources), default=0)
        stacked = int(getattr(operation.module, "num_layers", 1)) if operation.name == "recurrent" else 1
        is_hidden = operation.kind == "weighted" and (
            operation.name == "recurrent" or graph.has_weights_after(position)
        )
        longest.append(before + stacked * is_hidden)
    return max(longest, default=0)


def _stream(sight: Sight) -> int | None:
    """Return the size of the residual stream where a linear layer feeds the first skip."""
    for graph in sight.graphs:
        for skip in skips(graph):
            module = graph.operations[skip.stream].module
            if isinstance(module, nn.Linear):
                return module.out_features
    return None


def _calls_attention(sight: Sight) -> bool:
    return any(operation.kind == "attention" for graph in sight.graphs for operation in graph.operations)


def _inputs(model: nn.Module, graph: Graph | None, layers: tuple[Layer, ...]) -> int | None:
    """Return the inputs of the first layer; None for token ids, which have no size."""
    if graph is None:
        return None if _has(model, EMBEDDINGS) or not layers else layers[0].inputs
    first = next((place for place in range(len(graph.operations)) if graph.weighted >> place & 1), None)
    if first is None or any(
        operation.kind == "embedding" and graph.ancestry[first] >> place & 1
        for place, operation in enumerate(graph.operations)
    ):
        return None
    if graph.operations[first].kind == "attention":
        return traits.hidden_size(model)
    return layers[0].inputs if layers else None


def _outputs(model: nn.Module, graph: Graph | None, layers: tuple[Layer, ...]) -> int | None:
    if graph is not None and graph.weighted and graph.operations[graph.weighted.bit_length() - 1].kind == "attention":
        return traits.hidden_size(model)
    return layers[-1].outputs if layers else None


def _leaves(model: nn.Module) -> Iterator[tuple[str, str, int]]:
    """Yield path, type and parameters of the leaf modules, and of modules with parameters beside their children."""
    inside: set[int] = set()
    for path, module in model.named_modules():
        if id(module) in inside:
            continue
        has_children = any(True for _ in module.children())
        if isinstance(module, nn.MultiheadAttention) or not has_children:
            inside |= {id(child) for child in module.children()}
            count = sum(parameter.numel() for parameter in module.parameters())
            yield path or "(root)", type(module).__name__, count
        elif own := sum(parameter.numel() for parameter in module.parameters(recurse=False)):
            yield path or "(root)", type(module).__name__, own


def _notes(model: nn.Module, parameters: list[nn.Parameter], facts: ModelFacts, sight: Sight) -> tuple[str, ...]:
    notes = list(sight.notes)
    if any(parameter.is_meta for parameter in parameters):
        notes.append("Weights have no storage (meta device); sizes are known, the initial scale is not.")
    elif any(p.is_floating_point() and not bool(torch.isfinite(p.detach()).all()) for p in parameters):
        notes.append("Some weights are not finite; initialise the model again before training.")
    leaves = sum(1 for _ in _leaves(model))
    if leaves > LISTED_LAYERS:
        notes.append(f"{LISTED_LAYERS} of {leaves} leaf modules are listed.")
    if facts.activation is None:
        notes.append("The nonlinearity of the hidden layers could not be seen.")
    if facts.trainable_parameters == 0:
        notes.append("All parameters are frozen; unfreeze some before training.")
    if any(module.sparse for module in model.modules() if isinstance(module, EMBEDDINGS)):
        notes.append(
            "Embeddings have sparse=True: of torch's optimizers only SGD, Adagrad and SparseAdam take their gradients. "
            "Build them with sparse=False for any other, as checks do."
        )
    return tuple(notes)
