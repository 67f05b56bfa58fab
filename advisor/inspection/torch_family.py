"""The family of a module: what people would call it."""

from __future__ import annotations

from torch import nn

from advisor.facts import DataFacts, ModelFacts
from advisor.facts.names import Family
from advisor.inspection.torch_graph import Graph, Operation, Sight
from advisor.inspection.torch_layers import Layer
from advisor.inspection.torch_operations import EMBEDDINGS

_UPWARD = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Upsample)
_NAMED: tuple[tuple[str, Family], ...] = (
    ("efficientnet", "efficientnet"),
    ("unet", "unet"),
    ("autoencoder", "autoencoder"),
    ("diffusion", "diffusion"),
    ("generator", "gan"),
    ("discriminator", "gan"),
    ("fttransformer", "ft_transformer"),
    ("tabnet", "tabnet"),
    ("siren", "coordinate_mlp"),
    ("fasterrcnn", "detector"),
    ("retinanet", "detector"),
    ("yolo", "detector"),
)


def convexity(sight: Sight, layers: tuple[Layer, ...]) -> bool | None:
    """Return whether the usual loss is convex in the parameters: one weighted layer and nothing bent behind it.

    A closing sigmoid or softmax counts as part of a logistic loss. None when the forward pass could not be traced and a
    single layer might be bent by what was not seen.
    """
    if len(layers) != 1 or layers[0].kind == "recurrent":
        return False if layers else None
    graph = sight.whole
    if graph is None:
        return None
    positions = [position for position in range(len(graph.operations)) if graph.weighted >> position & 1]
    if len(positions) != 1:
        return False
    others = [operation for place, operation in enumerate(graph.operations) if place != positions[0]]
    if any(_trains(operation) for operation in others):
        return False
    behind = [op for place, op in enumerate(graph.operations) if graph.ancestry[place] >> positions[0] & 1]
    bent = [op for op in behind if op.kind not in {"affine", "add", "concat", "dropout"}]
    return all(op.kind == "squash" or (op.kind == "activation" and op.name == "sigmoid") for op in bent)


def _trains(operation: Operation) -> bool:
    """Return whether an operation beside the weighted layer has parameters that multiply."""
    if operation.kind in {"embedding", "attention"} or (operation.kind == "other" and operation.parameter is not None):
        return True
    return operation.module is not None and any(True for _ in operation.module.parameters())


def family(
    model: nn.Module, facts: ModelFacts, layers: tuple[Layer, ...], sight: Sight, data: DataFacts | None
) -> Family:
    """Guess the family from what a module is made of, and from the name of its class where that says more."""
    name = type(model).__name__.lower()
    named = next((found for part, found in _NAMED if part in name), None)
    if named is not None:
        return named
    if any(type(module).__module__.startswith("torch_geometric") for module in model.modules()):
        return "gnn"
    if layers and not facts.depth and not facts.attention:
        return "logistic" if _classifies(facts, sight, data) else "linear"
    if facts.attention:
        return _attention_family(model, facts)
    return _built_of(model, facts)


def _built_of(model: nn.Module, facts: ModelFacts) -> Family:
    if facts.recurrent:
        return "rnn"
    if facts.convolutional:
        upward = any(isinstance(module, _UPWARD) for module in model.modules())
        return ("unet" if facts.residual else "autoencoder") if upward else "cnn"
    if facts.depth:
        return "coordinate_mlp" if facts.activation == "sine" else "tabular_resnet" if facts.residual else "mlp"
    return "word_vectors" if facts.embedding else "other"


def _classifies(facts: ModelFacts, sight: Sight, data: DataFacts | None) -> bool:
    if data is not None and data.task is not None:
        return data.task in {"binary", "multiclass", "multilabel"}
    return _ends_squashed(sight.whole) or (facts.outputs or 1) > 1


def _ends_squashed(graph: Graph | None) -> bool:
    if graph is None:
        return False
    return any(
        operation.kind == "squash" or (operation.kind == "activation" and operation.name == "sigmoid")
        for position, operation in enumerate(graph.operations)
        if graph.has_weights_before(position) and not graph.has_weights_after(position)
    )


def _attention_family(model: nn.Module, facts: ModelFacts) -> Family:
    vocabularies = {module.num_embeddings for module in model.modules() if isinstance(module, EMBEDDINGS)}
    if facts.outputs in vocabularies and (facts.outputs or 0) > 16:
        return "language_model"
    return "vision_transformer" if any(isinstance(module, nn.Conv2d) for module in model.modules()) else "transformer"
