"""Named functions of other facts, so that a rule only ever compares one fact with a constant."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.catalogue.schedules import SCHEDULE_INFO
from advisor.facts.sheet import Facts

Value = float | int | bool | str | None


@dataclass(frozen=True, slots=True)
class Derived:
    """One derived fact: its path, type, unit, description and function."""

    path: str
    type: type
    unit: str
    description: str
    compute: Callable[[Facts], Value]


DERIVED: dict[str, Derived] = {}


Compute = TypeVar("Compute", bound=Callable[[Facts], Value])


def derived(path: str, of: type, unit: str = "") -> Callable[[Compute], Compute]:
    """Register a function as the derived fact ``path``; its docstring is the description."""

    def register(compute: Compute) -> Compute:
        description = (compute.__doc__ or "").strip().split("\n")[0].rstrip(".")
        DERIVED[path] = Derived(path, of, unit, description[:1].lower() + description[1:], compute)
        return compute

    return register


@derived("plan.effective_batch", int, "samples")
def effective_batch(facts: Facts) -> int | None:
    """Samples per optimizer step: batch size times accumulation times devices."""
    plan = facts.plan
    if plan.batch_size is None:
        return None
    return plan.batch_size * (plan.accumulation or 1) * (plan.devices or 1)


@derived("plan.steps_per_epoch", int, "steps")
def steps_per_epoch(facts: Facts) -> int | None:
    """Optimizer steps in one pass over the training rows."""
    batch, rows = effective_batch(facts), facts.data.rows
    return math.ceil(rows / batch) if batch and rows else None


@derived("plan.tokens_per_step", float, "tokens")
def tokens_per_step(facts: Facts) -> float | None:
    """Tokens in one optimizer step: stated, or sequences in a step times their length."""
    batch, length = effective_batch(facts), facts.data.sequence_length
    return facts.plan.batch_tokens or (float(batch * length) if batch and length else None)


@derived("plan.total_steps", int, "steps")
def total_steps(facts: Facts) -> int | None:
    """Optimizer steps of the whole run."""
    plan = facts.plan
    if plan.steps is not None:
        return plan.steps
    if plan.tokens and plan.batch_tokens:
        return max(1, math.ceil(plan.tokens / plan.batch_tokens))
    per_epoch = steps_per_epoch(facts)
    return max(1, math.ceil(plan.epochs * per_epoch)) if plan.epochs and per_epoch else None


@derived("plan.steps_over_epochs", float, "ratio")
def steps_over_epochs(facts: Facts) -> float | None:
    """Stated steps over the steps that the stated epochs come to."""
    plan, per_epoch = facts.plan, steps_per_epoch(facts)
    return plan.steps / (plan.epochs * per_epoch) if plan.steps and plan.epochs and per_epoch else None


@derived("plan.steps_over_tokens", float, "ratio")
def steps_over_tokens(facts: Facts) -> float | None:
    """Stated steps over the steps that the stated tokens come to."""
    plan = facts.plan
    return plan.steps * plan.batch_tokens / plan.tokens if plan.steps and plan.tokens and plan.batch_tokens else None


@derived("plan.total_epochs", float, "epochs")
def total_epochs(facts: Facts) -> float | None:
    """Passes over the training rows, also when the run is fixed by steps."""
    if facts.plan.epochs is not None:
        return facts.plan.epochs
    per_epoch = steps_per_epoch(facts)
    return facts.plan.steps / per_epoch if facts.plan.steps and per_epoch else None


@derived("plan.samples_seen", float, "samples")
def samples_seen(facts: Facts) -> float | None:
    """Samples that the whole run trains on, repeated ones counted again."""
    if facts.plan.epochs and facts.data.rows and facts.plan.steps is None:
        return facts.plan.epochs * facts.data.rows
    steps, batch = total_steps(facts), effective_batch(facts)
    return float(steps) * batch if steps and batch else None


@derived("plan.batch_ratio", float, "ratio")
def batch_ratio(facts: Facts) -> float | None:
    """Effective batch over the batch at which the reference learning rate worked."""
    batch, reference = effective_batch(facts), facts.plan.reference_batch_size
    return batch / reference if batch and reference else None


@derived("plan.batch_share", float, "share")
def batch_share(facts: Facts) -> float | None:
    """Effective batch over the number of training rows."""
    batch, rows = effective_batch(facts), facts.data.rows
    return min(1.0, batch / rows) if batch and rows else None


@derived("plan.adaptive", bool)
def adaptive(facts: Facts) -> bool | None:
    """The optimizer rescales each parameter's step by its own gradients."""
    return OPTIMIZER_INFO[facts.plan.optimizer].adaptive if facts.plan.optimizer else None


@derived("plan.adam_family", bool)
def adam_family(facts: Facts) -> bool | None:
    """The optimizer is Adam or a close relative (AdamW, LAMB, Lion, Adafactor, Schedule-Free)."""
    return OPTIMIZER_INFO[facts.plan.optimizer].adam_family if facts.plan.optimizer else None


@derived("plan.decays", bool)
def decays(facts: Facts) -> bool | None:
    """The schedule ends well below its peak."""
    return SCHEDULE_INFO[facts.plan.schedule].decays if facts.plan.schedule else None


@derived("plan.momentum_remainder", float, "share")
def momentum_remainder(facts: Facts) -> float | None:
    """One minus momentum: a gradient acts one over this many times."""
    momentum = facts.plan.momentum
    return 1.0 - momentum if momentum is not None else None


@derived("plan.layerwise_remainder", float, "share")
def layerwise_remainder(facts: Facts) -> float | None:
    """One minus the layer-wise decay: by how much each layer trains slower than the one above."""
    decay = facts.plan.layerwise_decay
    return 1.0 - decay if decay is not None else None


@derived("plan.tokens_per_parameter", float, "tokens")
def tokens_per_parameter(facts: Facts) -> float | None:
    """Training tokens per model parameter."""
    tokens, parameters = facts.plan.tokens, facts.model.parameters
    return tokens / parameters if tokens and parameters else None


@derived("history.spike_rate", float, "spikes")
def spike_rate(facts: Facts) -> float | None:
    """Isolated spikes of the loss per thousand logged points."""
    spikes, points = facts.history.spikes, facts.history.steps
    return 1000.0 * spikes / points if spikes is not None and points else None


@derived("data.samples_per_parameter", float, "rows")
def samples_per_parameter(facts: Facts) -> float | None:
    """Training rows per trainable parameter.

    The parameters of a plain net are counted from its sizes where they are not given.
    """
    model = facts.model
    parameters = model.trainable_parameters or model.parameters or _parameters_of_plain_net(facts)
    return facts.data.rows / parameters if facts.data.rows and parameters else None


def _parameters_of_plain_net(facts: Facts) -> float | None:
    """Return the parameters of dense layers of one width, biases included; None where sizes are missing."""
    model = facts.model
    inputs = model.inputs or facts.data.encoded_features or facts.data.features
    if model.family != "mlp" or not (inputs and model.width and model.depth):
        return None
    hidden = (model.depth - 1) * (model.width + 1) * model.width
    return (inputs + 1) * model.width + hidden + (model.width + 1) * (model.outputs or 1)


@derived("plan.memorising_pressure", float, "passes")
def memorising_pressure(facts: Facts) -> float | None:
    """Passes over the data times trainable parameters per target value: how hard a run presses a net to memorise.

    A row with several numbers to predict takes as many parameters to memorise; a class is one value.
    """
    epochs, rows_per_parameter = total_epochs(facts), samples_per_parameter(facts)
    values = facts.model.outputs if facts.data.task == "regression" else 1
    return epochs / rows_per_parameter / (values or 1) if epochs and rows_per_parameter else None


@derived("data.size", int, "cells")
def size(facts: Facts) -> int | None:
    """Training rows times model inputs."""
    inputs = facts.data.encoded_features or facts.model.inputs
    return facts.data.rows * inputs if facts.data.rows and inputs else None


@derived("data.features_per_row", float, "ratio")
def features_per_row(facts: Facts) -> float | None:
    """Model inputs over training rows; above 1 a linear model can fit anything."""
    inputs = facts.data.encoded_features
    return inputs / facts.data.rows if inputs and facts.data.rows else None


@derived("model.matrix_width", int, "units")
def matrix_width(facts: Facts) -> int | None:
    """Width of the matrices: size of the residual stream, or else of the widest hidden layer, or else the inputs."""
    width = facts.model.hidden_size or facts.model.width
    return width if width != 0 else facts.data.encoded_features or facts.model.inputs or None


@derived("model.working_parameters", float, "parameters")
def working_parameters(facts: Facts) -> float | None:
    """Parameters that act on one sample: as stated, or all over the root of the number of experts.

    Published mixtures of 8 to 256 experts use 27 to 5 % of their parameters on a token, close to one over the root.
    The parameters of a transformer are counted from its width and depth where they are not given.
    """
    model = facts.model
    parameters = model.parameters or _parameters_of_blocks(facts)
    if model.active_parameters or not parameters:
        return model.active_parameters
    return parameters / math.sqrt(model.experts or 1)


UNITS_PER_BLOCK: Final = 64
"""Width of a transformer over its number of blocks. Judgement: that of 768 units and 12 blocks."""


def _parameters_of_blocks(facts: Facts) -> float | None:
    """Return the parameters of a transformer's blocks, without embeddings: 12 width² each (Kaplan et al. 2020, 2.1)."""
    model = facts.model
    if model.family not in {"transformer", "language_model", "ft_transformer"} or not model.hidden_size:
        return None
    return 12.0 * model.hidden_size**2 * (model.depth or max(1.0, model.hidden_size / UNITS_PER_BLOCK))


@derived("model.trainable_share", float, "ratio")
def trainable_share(facts: Facts) -> float | None:
    """Trainable parameters over all parameters; above 1 the two counts contradict each other."""
    model = facts.model
    return model.trainable_parameters / model.parameters if model.trainable_parameters and model.parameters else None


@derived("model.head_only", bool)
def head_only(facts: Facts) -> bool | None:
    """Nearly all parameters are frozen, without an adapter: only a head trains."""
    frozen = facts.model.frozen_share
    if frozen is None:
        return None
    return frozen >= 0.9 and facts.model.adapter in {None, "none"}


@derived("model.linear_smoothness", float)
def linear_smoothness(facts: Facts) -> float | None:
    """Smoothness L of the convex loss in torch: 2λ₁ (squared error), λ₁/4 (logistic), λ₁/2 (softmax), plus L2."""
    factor = _loss_curvature(facts)
    largest = facts.data.conditioning.largest
    if factor is None or largest is None:
        return None
    return factor * max(largest, 1.0) + (facts.model.l2 or 0.0)  # the intercept's column of ones has eigenvalue 1


@derived("plan.batch_smoothness", float)
def batch_smoothness(facts: Facts) -> float | None:
    """Smoothness seen by mini-batch SGD: c·(tr + (m-1)λ₁)/m + L2 for batch m (Ma, Bassily & Belkin 2018)."""
    factor, batch = _loss_curvature(facts), effective_batch(facts)
    largest, trace = facts.data.conditioning.largest, facts.data.conditioning.trace
    if factor is None or batch is None or largest is None or trace is None:
        return None
    if facts.data.rows:
        batch = min(batch, facts.data.rows)
    return factor * (trace + 1.0 + (batch - 1) * max(largest, 1.0)) / batch + (facts.model.l2 or 0.0)


def _loss_curvature(facts: Facts) -> float | None:
    """Bound on the second derivative of the loss in the model's output, for convex models."""
    if facts.model.convex is not True:
        return None
    if facts.plan.loss == "mse" or facts.data.task == "regression":
        return 2.0  # torch's MSELoss has no factor 1/2
    if facts.data.task == "binary" and (facts.model.outputs or 1) == 1:
        return 0.25
    if facts.data.task in {"binary", "multiclass"}:
        return 0.5  # softmax; Böhning 1992
    return 0.25 if facts.plan.loss == "binary_cross_entropy" else None
