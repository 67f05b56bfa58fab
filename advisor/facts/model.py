"""What inspection learns about the model."""

from __future__ import annotations

from pydantic import Field

from advisor.facts.leaf import FactSheet, fact
from advisor.facts.names import (
    Activation,
    Adapter,
    Family,
    Initialization,
    Normalization,
    NormPosition,
    Parametrization,
)


class ModelFacts(FactSheet):
    """What is known about the model, before training."""

    name: str | None = fact("class, estimator or preset name")
    family: Family | None = fact("kind of model")
    convex: bool | None = fact("the loss is convex in the parameters (linear and logistic models)")
    depth: int | None = fact("hidden layers on the longest path (0 for a linear model)", "layers", ge=0)
    width: int | None = fact("units of the widest hidden layer", "units", ge=0)
    hidden_size: int | None = fact("size of the residual stream or recurrent state", "units", ge=1)
    heads: int | None = fact("attention heads", "heads", ge=1)
    parameters: float | None = fact("parameters", "parameters", ge=0)
    active_parameters: float | None = fact(
        "parameters that act on one token or sample, where a mixture of experts uses only some", "parameters", ge=0
    )
    trainable_parameters: float | None = fact("parameters that train", "parameters", ge=0)
    frozen_share: float | None = fact("share of parameters that do not train", "share", ge=0, le=1)
    inputs: int | None = fact("inputs of the first layer", "inputs", ge=1)
    outputs: int | None = fact("outputs of the last layer", "outputs", ge=1)
    activation: Activation | None = fact("nonlinearity of the hidden layers")
    normalization: Normalization | None = fact("normalisation layers")
    norm_position: NormPosition | None = fact("where normalisation stands in a residual block")
    residual: bool | None = fact("skip connections")
    attention: bool | None = fact("attention layers")
    recurrent: bool | None = fact("recurrent layers")
    convolutional: bool | None = fact("convolution layers")
    embedding: bool | None = fact("embedding tables")
    dropout: float | None = fact("largest dropout probability", "share", ge=0, le=1)
    l2: float | None = fact("L2 penalty built into the estimator or loss (alpha)", "", ge=0)
    label_smoothing: float | None = fact("label smoothing", "share", ge=0, le=1)
    initialization: Initialization | None = fact("how weights were initialised")
    init_gain: float | None = fact(
        "standard deviation of the initial weights over that of He's fan-in rule, largest over hidden matrices",
        "ratio",
        ge=0,
    )
    init_gain_min: float | None = fact("the same, smallest over hidden matrices", "ratio", ge=0)
    parametrization: Parametrization | None = fact("how learning rates and initial scales depend on width")
    tied_weights: bool | None = fact("one parameter is used in two places")
    pretrained: bool | None = fact("weights come from an earlier training")
    pretrained_learning_rate: float | None = fact("peak learning rate of that earlier training", "", gt=0)
    adapter: Adapter | None = fact("small trainable parts added to a frozen model")
    adapter_rank: int | None = fact("rank of the adapter", "", ge=1)
    experts: int | None = fact("experts of a mixture", "experts", ge=1)
    qk_norm: bool | None = fact("queries and keys are normalised")
    loss_reduction_sum: bool | None = fact("the loss is summed over samples instead of averaged")
    layers: tuple[tuple[str, str, int], ...] = Field(
        default=(), description="(path, type, parameters) of the leaf modules (not named by rules)"
    )
    notes: tuple[str, ...] = Field(default=(), description="what was guessed, in sentences (not named by rules)")
