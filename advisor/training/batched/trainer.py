"""Many trainings at once as an ensemble: one forward and one backward per step.

All members share the module's structure; each has its own weights, buffers, learning rate and dropout masks, and the
batches of its seed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.isolation import generators_kept, seed_generators
from advisor.training.batched.ensemble import Ensemble
from advisor.training.batched.ensemble_state import EnsembleState, chunks_of, padded, rows_behind
from advisor.training.batched.optimizer_steps import clip_, update_
from advisor.training.batched.recurrent_layers import is_faster_in_a_loop
from advisor.training.deadline import STOPS, reason_of
from advisor.training.devices import moved, wide
from advisor.training.isolation import one_thread
from advisor.training.job import DIVERGED_RATIO, Job, weighted
from advisor.training.loss_curves import LossCurves
from advisor.training.memory import is_out_of_memory, keep_freed_memory, return_freed_memory
from advisor.training.nested_batches import join, map_tree, tensors_of
from advisor.training.pruning import IntermediateLoss, Look, PrunedRun, Pruning, PruningRecord
from advisor.training.runs import Advance, Recipe, Run, TrainingResults, part_of

CHUNK_BYTES = {"cpu": 64 * 2**20, "cuda": 2 * 2**30}
"""Weights and activations of the members that train together: what a processor's cache holds, or a part of a card.
Judgement: beyond the cache, members are no faster together than apart."""
CHECK_EVERY = 10
"""Steps between looks for members that diverged. Judgement: a look waits for an accelerator, ten lost steps do not."""
SMALL_STEP = 10**8
"""Parameters × batch below which one thread is faster than several, and every member's result is the same to the last
bit whoever trains beside it. Judgement: an ensemble of ten such members is 1e9, where two threads of the machine that
``python -m benchmarks.trials`` was run on break even. It must not depend on the number of members."""


@contextmanager
def unfused_attention() -> Iterator[None]:
    """Keep attention to operations that ``vmap`` and double backward know; fused kernels have neither."""
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


@dataclass(slots=True)
class _Results:
    """What is known of each run so far."""

    losses: list[float | None]
    pruned: list[PrunedRun | None]
    held_out: list[tuple[float, ...]]
    curves: LossCurves
    looks: list[list[Look]]
    samples: Tensor


class BatchedTrainer:
    """Trains all runs of a recipe together.

    Raises whatever torch raises when ``vmap`` cannot take the module; the caller then trains one after another.
    """

    path = "batched"

    def __init__(self, job: Job) -> None:
        self.job = job
        self.members = Ensemble(job)
        self._parts: dict[int, list[tuple[Any, int]]] = {}

    @staticmethod
    def takes(job: Job, recipe: Recipe) -> bool:
        """Return whether data and optimizer allow batched training; whether the module does, only trying tells."""
        can_update = OPTIMIZER_INFO[recipe.settings.optimizer].batched
        if not can_update or job.train.tree is None or recipe.groups or job.autocast or job.scaled:
            return False
        model = job.make_model(0)
        kinds = {parameter.dtype for parameter in model.parameters() if parameter.requires_grad}
        devices = {parameter.device for parameter in model.parameters()}
        return len(kinds) == 1 and len(devices) == 1 and not is_faster_in_a_loop(model, job.batch_size)

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
        """Train every run for ``steps`` optimizer steps and evaluate it on held-out samples.

        Args:
            recipe: optimizer settings, schedule and clipping.
            runs: learning rates and seeds.
            steps: of the whole (short) training; the schedule is drawn over them.
            seed: of dropout.
            advance: called with the share of the steps done.
            pruning: takes out runs that cannot win; None: all train to the end.

        When memory runs out, all starts again with half as many runs at a time; only dropout falls differently then.
        """
        size = self.members_at_a_time(len(runs))
        while True:
            try:
                return self._train(recipe, runs, steps, seed, size, advance, pruning)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or size == 1:
                    raise
                size = (size + 1) // 2

    def stepper(self, recipe: Recipe, runs: Sequence[Run]) -> Callable[[], None]:
        """Return a function that takes one optimizer step of an ensemble of these runs, for timing it."""
        keep_freed_memory()
        stack = self._stack(runs, range(len(runs)))
        self.members.module.train()
        seeds = sorted({run.seed for run in runs})
        orders = [self.job.data_split.rows(self.job.batch_size, seed) for seed in seeds]

        def step() -> None:
            with generators_kept(), unfused_attention(), self._threads():
                rows = torch.stack([next(order) for order in orders]).to(_home_of(self.job))
                self._differentiate(stack, rows, seeds)
                update_(stack.theta, stack.gradient, stack.rates, stack.state, recipe.settings, self.members.decayed)

        return step

    def _threads(self) -> AbstractContextManager[None]:
        """Compute on one thread where several are no faster."""
        small = sum(self.members.sizes) * self.job.batch_size < SMALL_STEP
        return one_thread() if small else nullcontext()

    def _train(
        self,
        recipe: Recipe,
        runs: Sequence[Run],
        steps: int,
        seed: int,
        size: int,
        advance: Advance,
        pruning: Pruning | None,
    ) -> TrainingResults:
        """Train at most ``size`` runs at a time."""
        keep_freed_memory()
        results = _Results(
            losses=[None] * len(runs),
            pruned=[None] * len(runs),
            held_out=[()] * len(runs),
            curves=LossCurves(len(runs), steps),
            looks=[[] for _ in runs],
            samples=torch.zeros(len(runs), dtype=torch.int64, device=self.members.device),
        )
        chunks = self.chunks(runs, size, pruning)
        record = None if pruning is None else pruning.record(self.job.loss_to_beat({run.seed for run in runs}))
        missing, stop = {index for chunk in chunks for index in chunk}, None
        try:
            with generators_kept(), unfused_attention(), self._threads():
                for number, chunk in enumerate(chunks):
                    seed_generators(seed + runs[chunk[0]].seed)  # as the sequential trainer does
                    stack = self._stack([runs[index] for index in chunk], chunk)
                    self._fit(stack, recipe, runs, steps, results, part_of(advance, number, len(chunks)), record)
                    for index, losses in zip(stack.runs.tolist(), self._evaluated(stack, runs), strict=True):
                        loss = sum(losses) / len(losses)
                        if not self.job.is_diverged(loss, runs[index].seed):
                            results.losses[index], results.held_out[index] = loss, losses
                    missing -= set(chunk)
                    del stack  # before the next one is made
                    return_freed_memory()
        except STOPS as stopped:
            stop = reason_of(stopped)
        return TrainingResults(
            tuple(results.losses),
            tuple(results.samples.tolist()),
            self.path,
            tuple(results.pruned),
            tuple(results.held_out),
            tuple(results.curves.of(position) for position in range(len(runs))),
            tuple(map(tuple, results.looks)),
            frozenset(missing),
            stop,
        )

    def chunks(self, runs: Sequence[Run], size: int, pruning: Pruning | None) -> list[list[int]]:
        """Return the positions of the runs that train together, at most ``size``, in the order of their training."""
        return chunks_of(runs, size, from_middle=pruning is not None, one_seed=self.members.is_random)

    def members_at_a_time(self, count: int) -> int:
        """Return how many runs are expected to fit into ``CHUNK_BYTES`` together."""
        per_replica = 4 * sum(self.members.sizes) * 4 + 2 * self.members.activations
        limit = CHUNK_BYTES.get(self.members.device.type, CHUNK_BYTES["cuda"])
        return max(1, min(count, limit // max(1, per_replica)))

    def _stack(self, runs: Sequence[Run], positions: Sequence[int]) -> EnsembleState:
        seeds = sorted({run.seed for run in runs})
        made = [self.job.make_model(seed) for seed in seeds]
        named = [{name: tensor.detach() for name, tensor in model.named_parameters()} for model in made]
        flat = [torch.cat([one[name].reshape(-1) for name in self.members.names]) for one in named]
        flat = [nn.functional.pad(row, (0, padded(len(row)) - len(row))) for row in flat]
        held = [{name: buffer.detach() for name, buffer in model.named_buffers()} for model in made]
        for name, frozen in self.members.frozen.items():
            if not all(_is_same(one[name], frozen) for one in named):  # drawn anew under each seed
                for own, one in zip(held, named, strict=True):
                    own[name] = one[name]
        device = self.members.device
        behind = [runs[-1]] * rows_behind(len(runs))
        of_seed = torch.tensor([seeds.index(run.seed) for run in (*runs, *behind)], device=device)
        return EnsembleState(
            theta=torch.stack(flat)[of_seed],
            buffers={name: torch.stack([own[name] for own in held])[of_seed] for name in held[0]},
            rates=torch.tensor(
                [*([run.learning_rate] for run in runs), *([0.0] for _ in behind)], dtype=flat[0].dtype, device=device
            ),
            runs=torch.tensor(list(positions), device=device),
            seeds=of_seed,
            shapes=self.members.shapes,
        )

    def _fit(
        self,
        stack: EnsembleState,
        recipe: Recipe,
        runs: Sequence[Run],
        steps: int,
        results: _Results,
        advance: Advance,
        record: PruningRecord | None,
    ) -> None:
        self.members.module.train()
        seeds = sorted({runs[index].seed for index in stack.runs.tolist()})
        orders = [self.job.data_split.rows(self.job.batch_size, seed) for seed in seeds]
        looked_at = record.policy.looks_of(steps) if record is not None else ()
        for step in range(steps):
            self.job.deadline.check()
            if record is not None and step in looked_at:
                self._look_at(stack, runs, record, step, steps, results)
                if not len(stack.runs):
                    break
            if step % CHECK_EVERY == 0:
                drawn = torch.stack([torch.stack([next(order) for order in orders]) for _ in range(CHECK_EVERY)])
                drawn = drawn.to(_home_of(self.job))  # for several steps at once: a copy waits for the accelerator
            rows = drawn[step % CHECK_EVERY]
            value = self._differentiate(stack, rows, seeds, step)
            results.samples[stack.runs] += rows.shape[1]
            results.curves.add(step, stack.runs, value)
            if recipe.clip_norm is not None:
                clip_(stack.gradient, recipe.clip_norm)
            rates = stack.rates * recipe.multiplier(step, steps)
            update_(stack.theta, stack.gradient, rates, stack.state, recipe.settings, self.members.decayed)
            stack.start = value if stack.start is None else stack.start
            if step % CHECK_EVERY == 0:
                self._drop_diverged(stack, value, list(zip(seeds, rows, strict=True)))
                advance(step / steps)
            if not len(stack.runs):
                break

    def _differentiate(self, stack: EnsembleState, rows: Tensor, seeds: Sequence[int], step: int = 0) -> Tensor:
        """Fill in the gradient of each member's own loss, and return the losses.

        Args:
            stack: the members; its buffers are moved on.
            rows: of the batch of each seed, shape (seeds, samples).
            seeds: in that order.
            step: of the training.
        """
        shared = len(rows) == 1
        batch = moved(self._batch(rows, seeds, step), self.members.device)
        if not shared:
            batch = map_tree(lambda tensor: tensor[stack.seeds], batch)
        values, stack.buffers = self.members.differentiate(stack.parameters, stack.buffers, batch, shared=shared)
        return values[: len(stack.runs)]

    def _batch(self, rows: Tensor, seeds: Sequence[int], step: int) -> Any:
        """Return the batch that all share; of several seeds, their batches in one tree, which the seeds lead."""
        pool = self.job.train
        if len(rows) == 1:
            return pool.training_batch(rows[0], seeds[0], step)
        if pool.redraw is None:
            return pool.select(rows)
        return join([pool.training_batch(one, seed, step) for one, seed in zip(rows, seeds, strict=True)], torch.stack)

    def _drop_diverged(self, stack: EnsembleState, value: Tensor, drawn: Sequence[tuple[int, Tensor]]) -> None:
        """Drop members by ``DIVERGED_RATIO``; drawn holds each seed with the rows of its batch."""
        start = stack.start if stack.start is not None else value
        limit = DIVERGED_RATIO * start.abs().clamp(min=1e-3)
        if bool((value <= limit).all()):
            return
        of_member = stack.seeds[: len(value)]
        for index in of_member[torch.isfinite(value) & (value > limit)].unique().tolist():
            seed, rows = drawn[index]
            untrained = self.job.untrained_loss(self.job.train.select(rows), seed)
            own = of_member == index
            limit[own] = limit[own].clamp(min=DIVERGED_RATIO * abs(untrained))
        alive = torch.isfinite(value) & (value <= limit)
        if not bool(alive.all()):
            stack.keep(alive.nonzero().squeeze(1))

    def _look_at(
        self, stack: EnsembleState, runs: Sequence[Run], record: PruningRecord, step: int, steps: int, results: _Results
    ) -> None:
        """Take note of the held-out losses, and take out the runs that cannot win."""
        positions = stack.runs.tolist()
        for position, losses in zip(positions, self._evaluated(stack, runs), strict=True):
            results.looks[position].append(Look(step, array("d", losses), results.curves.of(position)))
        if step in record.policy.checkpoints(steps):
            self._prune(stack, runs, record, step, steps, results)

    def _prune(
        self, stack: EnsembleState, runs: Sequence[Run], record: PruningRecord, step: int, steps: int, results: _Results
    ) -> None:
        """Take out the runs that cannot win, as they are at this step."""
        positions = stack.runs.tolist()
        losses = [results.looks[position][-1].loss for position in positions]
        arrived = [
            IntermediateLoss(runs[position].learning_rate, runs[position].seed, loss)
            for position, loss in zip(positions, losses, strict=True)
        ]
        to_prune = record.to_prune(step, arrived)
        for position, loss, leaves in zip(positions, losses, to_prune, strict=True):
            if leaves:
                results.pruned[position] = PrunedRun(loss, step / steps)
        if any(to_prune):
            stack.keep((~torch.tensor(to_prune, device=stack.runs.device)).nonzero().squeeze(1))

    def _evaluated(self, stack: EnsembleState, runs: Sequence[Run]) -> list[tuple[float, ...]]:
        """Return the held-out losses of each member; see ``Job.held_out_losses``."""
        parts = [self.job.data_split.part(runs[position].seed) for position in stack.runs.tolist()]
        losses: list[tuple[float, ...]] = [()] * len(parts)
        training = self.members.module.training
        self.members.module.eval()
        # As many members at a time as keep to the memory of a training step, with batches as large as these.
        together = max(1, self.members_at_a_time(len(parts)) * self.job.batch_size // self.job.evaluation_batch)
        for part in set(parts):
            own = [place for place, one in enumerate(parts) if one == part]
            for first in range(0, len(own), together):
                places = own[first : first + together]
                for place, loss in zip(places, self._judged(stack, places, part), strict=True):
                    losses[place] = loss
        self.members.module.train(training)
        return losses

    def _judged(self, stack: EnsembleState, places: Sequence[int], part: int) -> list[tuple[float, ...]]:
        """Return the losses of some members on a part of the data."""
        if part not in self._parts:
            self._parts[part] = self.job.data_split.evaluation(part, self.job.evaluation_batch)
        behind = [len(stack.theta) - 1] * rows_behind(len(places))
        rows = torch.tensor([*places, *behind], device=stack.theta.device)
        parameters = [parameter[rows] for parameter in stack.parameters]
        buffers = {name: buffer[rows] for name, buffer in stack.buffers.items()}
        found = []
        with generators_kept(), torch.no_grad():
            seed_generators(part)  # of models that draw at random in evaluation too, the same for every member
            for batch, size in self._parts[part]:
                self.job.deadline.check()
                placed = moved(batch, self.members.device)
                values = self.members.unit_losses(parameters, buffers, placed)
                found.append((wide(values[: len(places)]).tolist(), size))
        return [weighted([(losses[place], size) for losses, size in found]) for place in range(len(places))]


def _is_same(left: Tensor, right: Tensor) -> bool:
    """Return whether two tensors hold the same numbers; those in one memory are not compared."""
    return left.untyped_storage()._cdata == right.untyped_storage()._cdata or torch.equal(left, right)  # noqa: SLF001 - as it is for any device


def _home_of(job: Job) -> torch.device:
    """Return where the training data are, which need not be where the model is; the CPU for several places."""
    places = {tensor.device for tensor in tensors_of(job.train.tree)}
    return places.pop() if len(places) == 1 else torch.device("cpu")
