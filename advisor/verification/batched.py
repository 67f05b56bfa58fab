"""Many trainings at once: stacked replicas, one vmapped forward and one backward per step.

All replicas share the module's structure; each has its own weights, buffers, batches, learning rate and dropout masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from advisor.recipe.torch_parameters import decayed_names
from advisor.verification.footprint import one_thread
from advisor.verification.job import Job
from advisor.verification.memory import is_out_of_memory
from advisor.verification.runs import (
    DIVERGED_RATIO,
    EVALUATION_BATCH,
    EVALUATION_SAMPLES,
    Advance,
    Outcomes,
    Recipe,
    Run,
)
from advisor.verification.updates import BATCHED, UpdateState, clip_, update_

CHUNK_BYTES = 512 * 2**20
CHECK_EVERY = 10
SMALL_STEP = 10**9
"""Replicas × parameters × batch below which one thread is faster than several."""

Buffers = dict[str, Tensor]


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


def _part_of(advance: Advance, number: int, count: int) -> Advance:
    """Report the progress of one chunk as its part of the whole."""
    return lambda share: advance((number + share) / count)


class _LossModule(nn.Module):
    """Model and loss in one module, so that any ``loss(model, batch)`` can be called functionally."""

    def __init__(self, model: nn.Module, job: Job) -> None:
        super().__init__()
        self.model = model
        self.loss = job.loss

    def forward(self, batch: Any) -> Tensor:
        return self.loss(self.model, batch).reshape(())


@dataclass(slots=True)
class _Stack:
    """The replicas still in training.

    Attributes:
        theta: trainable parameters, shape (replicas, parameters).
        buffers: name → stacked buffer.
        rates: peak learning rates, shape (replicas, 1).
        runs: position of each replica in the list of runs.
        state: of the update rule.
        start: training loss of the first step, shape (replicas,).
    """

    theta: Tensor
    buffers: Buffers
    rates: Tensor
    runs: Tensor
    state: UpdateState
    start: Tensor | None = None

    def keep(self, rows: Tensor) -> None:
        self.theta, self.rates, self.runs = self.theta[rows], self.rates[rows], self.runs[rows]
        self.buffers = {name: buffer[rows] for name, buffer in self.buffers.items()}
        self.start = self.start[rows] if self.start is not None else None
        self.state.keep(rows)


class BatchedTrainer:
    """Trains all runs of a recipe together.

    Raises whatever torch raises when ``vmap`` cannot take the module; the caller then trains one after another.
    """

    path = "batched"

    def __init__(self, job: Job) -> None:
        self.job = job
        self.module = _LossModule(job.make_model(0), job)
        named = {name: p for name, p in self.module.named_parameters() if p.requires_grad}
        self.names = tuple(named)
        self.shapes = tuple(parameter.shape for parameter in named.values())
        self.sizes = tuple(parameter.numel() for parameter in named.values())
        decayed = {f"model.{name}" for name in decayed_names(self.module.model)}
        self.decay = torch.cat([torch.full((p.numel(),), float(name in decayed)) for name, p in named.items()])
        self.frozen = {name: p.detach() for name, p in self.module.named_parameters() if not p.requires_grad}
        self._losses = vmap(self._loss, randomness="different")
        self._evaluate = vmap(self._held_out, in_dims=(0, 0, None), randomness="different")

    @staticmethod
    def takes(job: Job, recipe: Recipe) -> bool:
        """Return whether data and optimizer allow batched training; whether the module does, only trying tells."""
        if recipe.settings.optimizer not in BATCHED or job.train.tree is None or recipe.groups or job.scaled:
            return False
        model = job.make_model(0)
        kinds = {parameter.dtype for parameter in model.parameters() if parameter.requires_grad}
        devices = {parameter.device.type for parameter in model.parameters()}
        return len(kinds) == 1 and len(devices) == 1 and not any(isinstance(m, nn.RNNBase) for m in model.modules())

    def train(
        self, recipe: Recipe, runs: Sequence[Run], steps: int, *, seed: int, advance: Advance = lambda _share: None
    ) -> Outcomes:
        """Train every run for ``steps`` optimizer steps and evaluate it on held-out samples.

        Args:
            recipe: optimizer settings, schedule and clipping.
            runs: learning rates and seeds.
            steps: of the whole (short) training; the schedule is drawn over them.
            seed: of dropout.
            advance: called with the share of the steps done.

        When memory runs out, all starts again with half as many runs at a time; only dropout falls differently then.
        """
        size = self._chunk(len(runs))
        while True:
            try:
                return self._train(recipe, runs, steps, seed, size, advance)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or size == 1:
                    raise
                size = (size + 1) // 2

    def _train(
        self, recipe: Recipe, runs: Sequence[Run], steps: int, seed: int, size: int, advance: Advance
    ) -> Outcomes:
        """Train at most ``size`` runs at a time."""
        losses: list[float | None] = [None] * len(runs)
        samples = 0
        chunks = [range(start, min(start + size, len(runs))) for start in range(0, len(runs), size)]
        threads = one_thread() if self._is_small(size) else nullcontext()
        with torch.random.fork_rng(devices=[]), unfused_attention(), threads:
            torch.manual_seed(seed)
            for number, chunk in enumerate(chunks):
                stack = self._stack([runs[index] for index in chunk], chunk)
                samples += self._fit(stack, recipe, runs, steps, _part_of(advance, number, len(chunks)))
                for index, loss in self._results(stack):
                    losses[index] = loss
        return Outcomes(tuple(losses), samples, self.path)

    def _is_small(self, replicas: int) -> bool:
        return replicas * sum(self.sizes) * self.job.batch_size < SMALL_STEP

    def _chunk(self, count: int) -> int:
        """Return how many runs are expected to fit into ``CHUNK_BYTES`` together."""
        per_replica = 4 * sum(self.sizes) * 6 + 16 * self.job.batch_size * 256
        return max(1, min(count, CHUNK_BYTES // max(1, per_replica)))

    def _stack(self, runs: Sequence[Run], positions: range) -> _Stack:
        by_seed: dict[int, tuple[Tensor, Buffers]] = {}
        for run in runs:
            if run.seed not in by_seed:
                module = _LossModule(self.job.make_model(run.seed), self.job)
                named = dict(module.named_parameters())
                flat = torch.cat([named[name].detach().reshape(-1) for name in self.names])
                by_seed[run.seed] = flat, {name: buffer.detach() for name, buffer in module.named_buffers()}
        theta = torch.stack([by_seed[run.seed][0] for run in runs])
        names = next(iter(by_seed.values()))[1]
        buffers = {name: torch.stack([by_seed[run.seed][1][name] for run in runs]) for name in names}
        rates = torch.tensor([[run.learning_rate] for run in runs], dtype=theta.dtype)
        return _Stack(theta, buffers, rates, torch.tensor(list(positions)), UpdateState())

    def _fit(self, stack: _Stack, recipe: Recipe, runs: Sequence[Run], steps: int, advance: Advance) -> int:
        self.module.train()
        seeds = sorted({run.seed for run in runs})
        orders = [self.job.train.rows(self.job.batch_size, seed) for seed in seeds]
        seed_of = torch.tensor([seeds.index(run.seed) for run in runs])
        samples = 0
        for step in range(steps):
            rows = torch.stack([next(order) for order in orders])
            batch = self.job.train.select(rows[seed_of[stack.runs]])
            gradient, value, stack.buffers = self._gradient(stack.theta, stack.buffers, batch)
            samples += gradient.shape[0] * rows.shape[1]
            if recipe.clip_norm is not None:
                clip_(gradient, recipe.clip_norm)
            rates = stack.rates * recipe.multiplier(step, steps)
            update_(stack.theta, gradient, rates, stack.state, recipe.settings, self.decay)
            stack.start = value.detach() if stack.start is None else stack.start
            if step % CHECK_EVERY == 0:
                self._drop_diverged(stack, value, [(seed, rows[index]) for index, seed in enumerate(seeds)], seed_of)
                advance(step / steps)
                if not len(stack.runs):
                    break
        return samples

    def _drop_diverged(
        self, stack: _Stack, value: Tensor, drawn: Sequence[tuple[int, Tensor]], seed_of: Tensor
    ) -> None:
        """Drop replicas by ``DIVERGED_RATIO``; drawn holds each seed with the rows of its batch."""
        start = stack.start if stack.start is not None else value
        limit = DIVERGED_RATIO * start.abs().clamp(min=1e-3)
        of_replica = seed_of[stack.runs]
        for index in of_replica[torch.isfinite(value) & (value > limit)].unique().tolist():
            seed, rows = drawn[index]
            untrained = self.job.untrained_loss(self.job.train.select(rows), seed)
            own = of_replica == index
            limit[own] = limit[own].clamp(min=DIVERGED_RATIO * abs(untrained))
        alive = torch.isfinite(value) & (value <= limit)
        if not bool(alive.all()):
            stack.keep(alive.nonzero().squeeze(1))

    def _results(self, stack: _Stack) -> list[tuple[int, float | None]]:
        if not len(stack.runs):
            return []
        self.module.eval()
        total, count = torch.zeros(len(stack.runs), dtype=torch.float64), 0
        with torch.no_grad():
            for batch, size in self.job.validation.evaluation(EVALUATION_BATCH, EVALUATION_SAMPLES):
                total += self._evaluate(stack.theta, stack.buffers, batch).double() * size
                count += size
        means = (total / count).tolist()
        ceiling = self._ceiling()
        return [
            (int(index), loss if loss == loss and loss < ceiling else None)  # noqa: PLR0124 - NaN is not itself
            for index, loss in zip(stack.runs, means, strict=True)
        ]

    def _ceiling(self) -> float:
        constant = self.job.constant_loss
        return float("inf") if constant is None else DIVERGED_RATIO * max(constant, 1e-3)

    def _named(self, flat: Tensor) -> dict[str, Tensor]:
        parts = flat.split(self.sizes)
        return {name: part.view(shape) for name, part, shape in zip(self.names, parts, self.shapes, strict=True)}

    def _loss(self, flat: Tensor, buffers: Buffers, batch: Any) -> tuple[Tensor, Buffers]:
        own = {name: buffer.clone() for name, buffer in buffers.items()}
        value = functional_call(self.module, {**self._named(flat), **self.frozen, **own}, (batch,))
        return value, own

    def _gradient(self, theta: Tensor, buffers: Buffers, batch: Any) -> tuple[Tensor, Tensor, Buffers]:
        """Return the gradient of each replica's own loss, the losses and the buffers after the step.

        The sum of all losses has them as its gradient, and an ordinary backward pass costs less than one inside vmap.
        """
        with torch.enable_grad():
            leaf = theta.detach().requires_grad_()
            values, after = self._losses(leaf, buffers, batch)
            (gradient,) = torch.autograd.grad(values.sum(), leaf)
        return gradient, values.detach(), {name: buffer.detach() for name, buffer in after.items()}

    def _held_out(self, flat: Tensor, buffers: Buffers, batch: Any) -> Tensor:
        value: Tensor = functional_call(self.module, {**self._named(flat), **self.frozen, **buffers}, (batch,))
        return value
