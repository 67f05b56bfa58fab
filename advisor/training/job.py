"""Everything needed to train short copies of the user's model."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from advisor.errors import PlanError
from advisor.facts.names import Precision
from advisor.isolation import generators_kept, seed_generators
from advisor.training.data_split import (
    EVALUATION_BATCH,
    DataSplit,
    fixed_split,
    ordered_split,
    rotating_split,
)
from advisor.training.deadline import Deadline, OutOfMemoryStop
from advisor.training.devices import device_of, moved, wide
from advisor.training.finite import check_finite
from advisor.training.first_batch import try_one_batch
from advisor.training.isolation import one_thread
from advisor.training.losses import Loss, constant_losses, loss_of, sample_losses_of, under_autocast
from advisor.training.memory import is_out_of_memory, return_freed_memory
from advisor.training.modules import model_maker
from advisor.training.nested_batches import parts_of, rows_of
from advisor.training.samples import Samples
from advisor.training.sources import samples_of

_T = TypeVar("_T")

SMALL_PASS = 32 * 2**20
"""Bytes of activations that any pass may keep. Judgement: a tenth of what torch itself takes."""
GRADIENT_OPERATIONS = 6.0
"""Of one sample, per parameter. By definition: a multiplication and an addition, once forward and twice backward."""
ACTIVATION_OPERATIONS = 10.0
"""Of one sample, per byte that its forward pass keeps. Judgement: ``step_cost.ELEMENT`` per number of four bytes."""
SHARED_STEP = 1e9
"""Operations of a step from which several threads share it. Judgement: starting them costs more than they save below,
as in the probe."""
DIVERGED_RATIO = 10.0
"""A run has diverged whose training loss is not finite, or passes this multiple both of its start and of what a fresh
model makes of the same batch: a batch that holds an outlier is high for any model. Judgement: an order of
magnitude."""


@dataclass(frozen=True, slots=True)
class Job:
    """A training job that can be repeated from scratch.

    Attributes:
        make_model: seed → a fresh module of its own, never the user's.
        loss: (module, batch) → mean loss, a scalar tensor; the batch has to be where the module is (``loss_on``).
        data_split: training samples, and those that trained models are judged on.
        batch_size: samples per optimizer step.
        total_steps: optimizer steps of the full run.
        constant_losses: of the best constant prediction, one per part held out; empty when the loss is the user's own.
        name: the model's name, for messages.
        accumulation: forward passes that share one optimizer step; each takes its part of ``batch_size``.
        autocast: forward passes run under autocast, which ``vmap`` does not see.
        scaled: gradients are computed in float16 and want a ``GradScaler``.
        deadline: by which all training and measuring ends.
        activations: bytes that the forward pass of a sample keeps for the backward pass.
        parameters: of the model.
        sample_losses: (module, batch) → the loss of every sample, shape (samples,), whose mean is the loss; None: the
            loss is the user's own.
        row_numbers: of the training samples, as their owner counts them; None: not known.
        counted_from: what the owner calls the first row; None: not known.
    """

    make_model: Callable[[int], nn.Module]
    loss: Loss
    data_split: DataSplit
    batch_size: int
    total_steps: int
    constant_losses: tuple[float, ...] = ()
    name: str = "model"
    accumulation: int = 1
    autocast: bool = False
    scaled: bool = False
    deadline: Deadline = field(default_factory=Deadline)
    activations: int = 0
    parameters: int = 0
    sample_losses: Loss | None = None
    row_numbers: Sequence[int] | None = None
    counted_from: int | None = None
    _untrained: dict[int, float] = field(default_factory=dict, init=False, repr=False, compare=False)
    _judging_parts: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _takes_derivatives: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def train(self) -> Samples:
        """The samples that trainings draw from."""
        return self.data_split.pool

    def loss_on(self, model: nn.Module, batch: Any) -> Tensor:
        """Return the mean loss of a batch, a scalar, after moving it to the model's device."""
        return self.loss(model, moved(batch, device_of(model))).reshape(())

    def held_out_rows(self, seed: int) -> tuple[int, ...] | None:
        """Return the number of each sample that a seed holds out, in the order of ``held_out_losses``; None: not known.

        They are known of training samples with losses of their own.
        """
        held = self.data_split.held
        if not held or self.row_numbers is None or self.sample_losses is None:
            return None
        numbers = self.row_numbers
        return tuple(int(numbers[row]) for row in held[self.data_split.part(seed)].tolist())

    def unit_losses_on(self, model: nn.Module, batch: Any) -> Tensor:
        """Return what the loss of a batch is the mean of, shape (units,): samples where they have losses of their own.

        The batch is moved to the model's device first; a loss of the user's own is one unit.
        """
        if self.sample_losses is None:
            return self.loss_on(model, batch).reshape(1)
        return self.sample_losses(model, moved(batch, device_of(model)))

    @property
    def threads(self) -> AbstractContextManager[None]:
        """What a step of one model is computed in: one thread where several are no faster, else those of the user."""
        return nullcontext() if self.shares_threads else one_thread()

    @property
    def shares_threads(self) -> bool:
        """Whether the step of one model is large enough for several threads; no clock is asked."""
        operations = GRADIENT_OPERATIONS * self.parameters + ACTIVATION_OPERATIONS * self.activations
        return self.batch_size * operations >= SHARED_STEP

    @property
    def micro_batch(self) -> int:
        """Samples of one forward pass."""
        return max(1, self.batch_size // self.accumulation)

    @property
    def evaluation_batch(self) -> int:
        """Held-out samples judged together: a training batch for a user's own loss, which may be over pairs.

        Of other losses, as many as keep to the memory of a training step.
        """
        if not self.constant_losses:
            return self.micro_batch
        return self.rows_within(max(self.micro_batch, EVALUATION_BATCH))

    def rows_within(self, most: int, factor: float = 1.0) -> int:
        """Return how many samples, of ``most`` that are wanted, a pass takes in the memory of a training step.

        Args:
            most: samples; small passes, below ``SMALL_PASS``, take as many.
            factor: bytes that the pass keeps of a sample over those that a training step keeps.
        """
        limit = max(self.micro_batch * self.activations, SMALL_PASS)
        return min(most, max(2, int(limit / (factor * max(1, self.activations)))))

    def constant_loss(self, seeds: Collection[int] = ()) -> float | None:
        """Return the held-out loss of the best constant prediction.

        Args:
            seeds: of the trainings that it is held against; none: the mean over all parts.

        Returns:
            A mean over the seeds; None when the loss is the user's own.
        """
        if not self.constant_losses:
            return None
        losses = [self.constant_losses[self.data_split.part(seed)] for seed in seeds] or self.constant_losses
        return sum(losses) / len(losses)

    def loss_to_beat(self, seeds: Collection[int]) -> float:
        """Return the held-out loss of the best constant prediction, or of fresh models where that is not known."""
        constant = self.constant_loss(seeds)
        if constant is not None:
            return constant
        return self.untrained_held_out_loss(seeds)

    def untrained_held_out_loss(self, seeds: Collection[int]) -> float:
        """Return the mean held-out loss of fresh models."""
        untrained = [self._untrained_held_out_loss(seed) for seed in sorted(seeds)]
        return sum(untrained) / len(untrained)

    def is_diverged(self, loss: float, seed: int) -> bool:
        """Return whether a held-out loss at the end of a training is no loss of a trained model.

        A loss far above the constant prediction's may also be that of a run that was too slow: then it has at least
        come down.
        """
        constant = self.constant_loss([seed])
        if math.isfinite(loss) and (constant is None or loss < DIVERGED_RATIO * max(constant, 1e-3)):
            return False
        return not math.isfinite(loss) or loss >= self._untrained_held_out_loss(seed)

    def _untrained_held_out_loss(self, seed: int) -> float:
        """Return the held-out loss of a fresh model, found once."""
        if seed not in self._untrained:
            with generators_kept():
                self._untrained[seed] = self.held_out_loss(self.make_model(seed), seed)
        return self._untrained[seed]

    def held_out_loss(self, model: nn.Module, seed: int) -> float:
        """Return the mean loss of a model, which goes on as it was, on what its seed holds out."""
        losses = self.held_out_losses(model, seed)
        return sum(losses) / len(losses)

    def held_out_losses(self, model: nn.Module, seed: int) -> tuple[float, ...]:
        """Return the loss of each sample that a seed holds out, or of each batch where the loss is the user's own.

        Their mean is the loss: batches are weighted by size. Batches of a loss over pairs of samples are as large as in
        training, because it depends on how many there are. Samples and batches tell by how much the choice of samples
        moves one model ahead of another.

        Batch norm is judged with the statistics that training left. Estimated anew from eight batches after trials of
        an eighth and a third of the run (``residual-net``, ``augmented-convolution`` and ``contrastive`` of
        ``benchmarks/jobs``, AdamW, two seeds), the lowest loss pointed to the same rate, and once to one that ends 47 %
        above the best where the statistics as they were pointed to the best.
        """
        training = model.training
        model.eval()
        part = self.data_split.part(seed)
        batches = self.data_split.evaluation(part, self.evaluation_batch)

        def judge() -> tuple[float, ...]:
            seed_generators(part)  # of models that draw at random in evaluation too
            return weighted([(self._judged(model, batch), size) for batch, size in batches])

        losses = self._without_gradients(judge)
        model.train(training)
        return losses

    def _without_gradients(self, compute: Callable[[], _T]) -> _T:
        """Compute what needs no gradient of the weights, and leave random generators as they were.

        Where loss or model take derivatives themselves, as nets for differential equations and force fields do, it
        cannot be computed without a graph; found out at the first time.
        """
        if not self._takes_derivatives:
            try:
                with generators_kept(), torch.no_grad():
                    return compute()
            except RuntimeError as error:
                if "does not require grad" not in str(error):
                    raise
            self._takes_derivatives.append(True)
        with generators_kept(), torch.enable_grad():
            return compute()

    def _judged(self, model: nn.Module, batch: Any) -> list[float]:
        """Return the losses of the units of a held-out batch, in smaller and smaller parts when memory runs out.

        Raises:
            OutOfMemoryStop: not even one sample at a time fits, or the loss may be over pairs of samples.
        """
        rows = self.train.rows_in(batch)
        while True:
            self.deadline.check()
            count = self._judging_parts.get("count", 1)
            try:
                parts = [batch] if count == 1 else parts_of(batch, count)
                if self.sample_losses is not None:
                    return list(weighted([(_floats(self.unit_losses_on(model, one)), rows_of(one)) for one in parts]))
                values = [float(self.loss_on(model, one).detach()) * rows_of(one) for one in parts]
                return [sum(values) / rows_of(batch)]
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if not self.constant_losses or count >= rows or self.train.rows_each != 1.0:
                    raise OutOfMemoryStop from error
            self._judging_parts["count"] = 2 * count

    def untrained_loss(self, batch: Any, seed: int) -> float:
        """Return the loss of a fresh model on a batch; random generators stay as they were."""

        def fresh() -> float:
            model = self.make_model(seed)
            model.train()
            return float(self.loss_on(model, batch).detach())

        return self._without_gradients(fresh)


def weighted(batches: Sequence[tuple[Sequence[float], int]]) -> tuple[float, ...]:
    """Return the losses of the units of some batches, weighted so that their mean is that of all samples.

    Args:
        batches: losses of the units of each, and its samples.

    >>> weighted([([1.0, 2.0], 2), ([3.0], 1)]), weighted([([1.0], 3), ([2.0], 1)])
    ((1.0, 2.0, 3.0), (1.5, 1.0))
    """
    usual = sum(size for _, size in batches) / sum(len(losses) for losses, _ in batches)
    return tuple(loss * (size / len(losses) / usual) for losses, size in batches for loss in losses)


def _floats(losses: Tensor) -> list[float]:
    found: list[float] = wide(losses).tolist()
    return found


def make_job(
    model: Any,
    train: Any,
    loss: str | Loss,
    *,
    validation: Any = None,
    batch_size: int,
    total_steps: int,
    seed: int = 0,
    accumulation: int = 1,
    precision: Precision | None = None,
    deadline: Deadline | None = None,
    time_order: Sequence[int] | None = None,
    row_numbers: Sequence[int] | None = None,
    counted_from: int | None = None,
) -> Job:
    """Make a job, and run one batch through a copy of the model to see that everything fits.

    Args:
        model: a module (copied for every training) or a function that makes one (called anew, seeded).
        train: anything ``samples_of`` takes.
        loss: ``"mse"``, ``"cross_entropy"``, ``"model"`` (the module returns its own loss) or
            ``loss(model, batch) -> scalar mean``.
        validation: held-out data in the same form; None: a fifth of the training samples, another one for every seed.
        batch_size: samples per optimizer step.
        total_steps: optimizer steps of the full run.
        seed: of the choice of samples when there are too many to hold.
        accumulation: forward passes that share one optimizer step.
        precision: of forward and backward; bfloat16 and float16 run under autocast, as training does.
        deadline: by which all training and measuring ends; None: there is none.
        time_order: rows of the training samples, the earliest first, so that the last are held out; empty: as they
            stand; None: they are in no order of time.
        row_numbers: of the training samples, as their owner counts them; None: not known.
        counted_from: what the owner calls the first row.

    Raises:
        PlanError: a batch larger than the data, an unknown loss, one that is not a finite scalar.
        ModelError: a model that cannot be copied or made, has nothing to train, or does not fit the batch.
        DataError: no training data, or a value that is not finite and that the model makes nothing of.
    """
    samples = samples_of(train, seed=seed)
    if batch_size < 1 or total_steps < 1:
        raise PlanError(f"batch_size={batch_size}, total_steps={total_steps}: both must be at least 1")
    if batch_size > samples.n:
        raise PlanError(f"batch_size={batch_size} is larger than the data ({samples.n} samples); choose a smaller one")
    held_out = None if validation is None else samples_of(validation, seed=seed)
    if held_out is not None:
        data_split = fixed_split(samples, held_out)
    elif time_order is not None:
        data_split = ordered_split(samples, time_order or None)
    else:
        data_split = rotating_split(samples)
    size = min(batch_size, data_split.fewest)
    called, by_sample = under_autocast(loss_of(loss), precision), sample_losses_of(loss)
    return_freed_memory()  # what describing the data took
    first = data_split.pool.first(max(1, size // min(accumulation, batch_size)))
    make_model, name = model_maker(model, lambda module: called(module, moved(first, device_of(module))))
    for name_of_part, part in (("train", samples), ("validation", held_out)):
        if part is not None:
            check_finite(part, name_of_part, called, lambda: make_model(seed))
    job = Job(
        make_model=make_model,
        loss=called,
        data_split=data_split,
        batch_size=size,
        total_steps=total_steps,
        constant_losses=constant_losses(loss, data_split) if isinstance(loss, str) else (),
        name=name,
        accumulation=min(accumulation, batch_size),
        autocast=precision in {"bfloat16", "float16"},
        scaled=precision == "float16",
        deadline=deadline or Deadline(),
        sample_losses=None if by_sample is None else under_autocast(by_sample, precision),
        row_numbers=row_numbers,
        counted_from=counted_from,
    )
    activations, parameters = try_one_batch(job, precision)
    return replace(job, activations=activations, parameters=parameters)
