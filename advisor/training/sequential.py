"""One training after another with stock ``torch.optim``, for modules that ``vmap`` cannot take."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from advisor.isolation import generators_kept, seed_generators
from advisor.recipe.torch_schedules import ScheduleMultiplier
from advisor.results import RemarkCode
from advisor.training.deadline import STOPS, OutOfMemoryStop, reason_of
from advisor.training.devices import device_of
from advisor.training.job import DIVERGED_RATIO, Job
from advisor.training.loss_curves import LossCurves
from advisor.training.memory import is_out_of_memory, return_freed_memory
from advisor.training.optimizer_step import Part, backward_in_parts, step_parts
from advisor.training.pruning import IntermediateLoss, Look, PrunedRun, Pruning, PruningRecord, middle_out
from advisor.training.runs import Advance, Recipe, Run, TrainingResults, part_of
from advisor.training.trial_optimizer import trial_optimizer

TOLD_EVERY = 10
"""Steps between two reports of progress. Judgement: as the batched trainer does."""


@dataclass(frozen=True, slots=True)
class _RunResult:
    """How a run ended: its held-out loss, whole and in parts, its samples, whether it was taken out, and its way."""

    loss: float | None
    samples: int
    pruned: PrunedRun | None = None
    held_out: tuple[float, ...] = ()
    curve: tuple[float, ...] = ()
    looks: tuple[Look, ...] = ()


class SequentialTrainer:
    """Trains the runs of a recipe one after another."""

    path = "sequential"

    def __init__(self, job: Job) -> None:
        self.job = job
        self.parts = job.accumulation

    def train(
        self,
        recipe: Recipe,
        runs: Sequence[Run],
        steps: int,
        *,
        seed: int,
        advance: Advance = lambda _share: None,
        pruning: Pruning | None = None,
    ) -> TrainingResults:
        """Train every run; see ``BatchedTrainer.train``."""
        ends: list[_RunResult | None] = [None] * len(runs)
        order = range(len(runs)) if pruning is None else middle_out([run.learning_rate for run in runs])
        record = None if pruning is None else pruning.record(self.job.loss_to_beat({run.seed for run in runs}))
        stop: RemarkCode | None = None
        try:
            for number, position in enumerate(order):
                run = runs[position]
                with generators_kept(), self.job.threads:
                    # One that runs out of memory starts again, and what it said at a checkpoint is said again.
                    part = part_of(advance, number, len(runs))
                    ends[position] = self._fit_within_memory(recipe, run, steps, seed + run.seed, record, part)
                advance((number + 1) / len(runs))
        except STOPS as stopped:
            stop = reason_of(stopped)
        missing = frozenset(position for position, end in enumerate(ends) if end is None)
        done = [end or _RunResult(None, 0) for end in ends]
        return TrainingResults(
            tuple(end.loss for end in done),
            tuple(end.samples for end in done),
            self.path,
            tuple(end.pruned for end in done),
            tuple(end.held_out for end in done),
            tuple(end.curve for end in done),
            tuple(end.looks for end in done),
            missing,
            stop,
        )

    def _fit_within_memory(
        self, recipe: Recipe, run: Run, steps: int, seed: int, record: PruningRecord | None, advance: Advance
    ) -> _RunResult:
        """Train, with smaller and smaller parts of each batch when memory runs out.

        Raises:
            OutOfMemoryStop: not even one sample at a time fits.
        """
        while True:
            return_freed_memory()
            seed_generators(seed)
            try:
                return self._fit(recipe, run, steps, record, advance)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.parts >= self.job.batch_size or self.job.train.tree is None:
                    raise OutOfMemoryStop from error
            self.parts = min(self.job.batch_size, 2 * self.parts)

    def _fit(self, recipe: Recipe, run: Run, steps: int, record: PruningRecord | None, advance: Advance) -> _RunResult:
        job = self.job
        model = job.make_model(run.seed)
        model.train()
        optimizer = trial_optimizer(recipe.settings, model, run.learning_rate, recipe.groups)
        schedule = ScheduleMultiplier(recipe.schedule, steps, recipe.warmup_fraction, recipe.final_fraction)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
        batches = job.data_split.draw(job.batch_size, run.seed)
        trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
        scaler = torch.amp.GradScaler(device_of(model).type, enabled=job.scaled)
        start, curves, looks = None, LossCurves(1, steps), list[Look]()
        looked_at = record.policy.looks_of(steps) if record is not None else ()
        checkpoints = record.policy.checkpoints(steps) if record is not None else ()
        for step in range(steps):
            job.deadline.check()
            if step % TOLD_EVERY == 0:
                advance(step / steps)
            if record is not None and step in looked_at:
                look = Look(step, array("d", self.job.held_out_losses(model, run.seed)), curves.of(0))
                looks.append(look)
                loss, rate = look.loss, run.learning_rate
                if step in checkpoints and record.to_prune(step, [IntermediateLoss(rate, run.seed, loss)])[0]:
                    return _RunResult(
                        None, step * job.batch_size, PrunedRun(loss, step / steps), (), curves.of(0), tuple(looks)
                    )
            optimizer.zero_grad()
            parts = step_parts(job, batches, self.parts)
            value = backward_in_parts(job, model, parts, scaler)
            start = value if start is None else start
            curves.add(step, torch.tensor([0]), torch.tensor([value]))
            if self._has_diverged(value, start, parts, run.seed):
                return _RunResult(None, (step + 1) * job.batch_size, curve=curves.of(0), looks=tuple(looks))
            if recipe.clip_norm is not None:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(trainable, recipe.clip_norm)
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
        optimizer.zero_grad()
        del optimizer, scheduler  # judging may need a fresh model beside this one
        losses = job.held_out_losses(model, run.seed)
        held_out = sum(losses) / len(losses)
        if job.is_diverged(held_out, run.seed):
            return _RunResult(None, steps * job.batch_size, curve=curves.of(0), looks=tuple(looks))
        return _RunResult(held_out, steps * job.batch_size, None, losses, curves.of(0), tuple(looks))

    def _has_diverged(self, value: float, start: float, parts: Sequence[Part], seed: int) -> bool:
        if not math.isfinite(value):
            return True
        if value <= DIVERGED_RATIO * max(abs(start), 1e-3):
            return False
        untrained = sum(share * self.job.untrained_loss(part, seed) for part, share in parts)
        return value > DIVERGED_RATIO * max(abs(untrained), 1e-3)

    def final_loss(self, model: nn.Module, seed: int) -> float | None:
        """Return the loss of a trained model on what its seed holds out; None when it is no better than diverged."""
        loss = self.job.held_out_loss(model, seed)
        return None if self.job.is_diverged(loss, seed) else loss
