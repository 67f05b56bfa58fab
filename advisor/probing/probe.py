"""A short look at real gradients before any training: loss, gradient, noise, curvature and a range test."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import MeasurementError
from advisor.facts import ProbeFacts
from advisor.isolation import seed_generators
from advisor.probing.curvature import largest_curvature
from advisor.probing.gradient_noise_scale import GradientMoments, gradient_of
from advisor.probing.range_test import POINTS_PER_DECADE, RangeTestRun, range_test
from advisor.progress import Progress, silent
from advisor.results import ProbeReport, Recommendation, Remark, remark
from advisor.training.batched.trainer import unfused_attention
from advisor.training.compute_budget import ComputeBudget, compute_budget
from advisor.training.deadline import OutOfMemoryStop
from advisor.training.isolation import one_thread, preserved_state
from advisor.training.job import Job
from advisor.training.memory import is_out_of_memory

SMALL_STEP = 1e9
"""Operations of a step below which one thread is used. Judgement: starting more costs more than they save."""
NOISE_BATCHES = 80
"""Small batches, a quarter of the batch size each. Judgement: twenty batches' worth of samples is as much as a probe
may cost."""
MIN_NOISE_BATCHES = 8
"""Judgement: two batches' worth; the spread of fewer gradients is hardly known."""
CURVATURE_SAMPLES = 256
"""Samples of the loss whose curvature is taken of a small job. Judgement: a large batch at a fixed price, with which
the rules' numbers were fitted. Of any other job, and of a loss of the user's own, which may be over pairs, it is what
one forward pass takes in training."""
CURVATURE_PRODUCTS = 20
"""Judgement: Lanczos rarely needs more for the largest eigenvalue alone."""
MIN_PRODUCTS = 4
"""Judgement: fewer do not converge, so that none is computed."""
PRODUCT_STEPS = 3
"""Training steps that a Hessian-vector product of as many samples costs. Judgement: a backward pass through a backward
pass."""
TWICE_DIFFERENTIATED = 3.0
"""What a backward pass through a backward pass keeps of a sample, over what a training step does. Judgement: the
activations, their gradients, and what the product computes of both."""
MIN_POINTS_PER_DECADE = 9
"""Judgement: neighbouring rates are then a factor of 1.3 apart, finer than a suggestion is exact."""
DECADES = 10.0
"""By definition log10(LAST / START) of the range test."""


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """How much of everything the work allows.

    Attributes:
        noise_batches: gradients for the noise scale.
        products: Hessian-vector products; 0: the budget is too small for a curvature.
        restarts: of the range test; 0: the budget is too small for one. Small jobs, whose steps are counted rather
            than timed, always get one.
        points_per_decade: of the range test.
        curvature_samples: whose loss is differentiated twice; None: those of a training batch.
    """

    noise_batches: int
    products: int
    restarts: int
    points_per_decade: int
    curvature_samples: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The loss and its gradient before training.

    Attributes:
        loss: mean over the samples drawn.
        norm: of the mean gradient; None when it is not finite.
        scale: gradient noise scale in samples; None when it cannot be told.
        samples: whose gradient was computed.
    """

    loss: float
    norm: float | None
    scale: float | None
    samples: int


def probe(
    job: Job,
    recommendation: Recommendation,
    compute: ComputeBudget | None = None,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> ProbeReport:
    """Measure the start of training: loss, gradient, noise, curvature, and a range test.

    Works on fresh copies of the model only and leaves every random generator as it was. What cannot be measured is left
    unknown, and the notes say why. The same seed gives the same report.

    Args:
        job: model, loss and data.
        recommendation: what to sweep with: optimizer, its settings, clipping; its learning rate is not used.
        compute: what the budget buys; None: the standard one.
        seed: of weights, orders and dropout.
        progress: called with what is being done and the share done.
    """
    compute = compute or compute_budget("standard", job)
    step = compute.step.cost(batched=False).alone
    threads = one_thread() if step < SMALL_STEP else nullcontext()
    with preserved_state(), threads:
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002 - a model may draw from it
        seed_generators(seed)
        return _probe(job, recommendation, plan_probe(step, compute), seed, progress)


def _probe(job: Job, recommendation: Recommendation, plan: ProbePlan, seed: int, progress: Progress) -> ProbeReport:
    notes: list[Remark] = []
    if plan.restarts and plan.points_per_decade < POINTS_PER_DECADE:
        notes.append(remark("shortened_probe"))
    progress("measuring gradients", 0.0)
    start = _start(job, plan.noise_batches, seed, notes)
    progress("measuring curvature", 0.2)
    if plan.products:
        curvature, curvature_samples = _curvature(job, plan, seed, notes)
    else:
        curvature, curvature_samples = None, 0
        notes.append(remark("curvature_too_dear"))
    progress("range test", 0.3)
    swept: RangeTestRun | None = None
    optimizer = OPTIMIZER_INFO[recommendation.optimizer]
    if not plan.restarts:
        notes.append(remark("range_test_too_dear"))
    elif optimizer.range_tested:
        swept = _range_test(job, recommendation, plan, seed, progress)
    else:
        notes.append(remark("no_range_test_for_optimizer", optimizer=recommendation.optimizer))
    progress("range test", 1.0)
    samples = start.samples + curvature_samples + (swept.steps * job.batch_size if swept else 0)
    return ProbeReport(
        facts=_facts(job, start, curvature, swept),
        range_test=swept.result if swept else None,
        gradient_samples=samples,
        notes=tuple(notes),
    )


def plan_probe(step: float, compute: ComputeBudget) -> ProbePlan:
    """Return how much to measure when one optimizer step of the job costs ``step`` operations."""
    steps = compute.probe / step
    fewest = 0 if compute.is_measured else 1
    products = int(0.15 * steps / (PRODUCT_STEPS if compute.is_measured else 2))
    points = max(MIN_POINTS_PER_DECADE, min(POINTS_PER_DECADE, int(0.7 * steps / DECADES)))
    return ProbePlan(
        noise_batches=max(MIN_NOISE_BATCHES, min(NOISE_BATCHES, int(0.15 * steps * 4))),
        products=min(CURVATURE_PRODUCTS, max(8, products) if fewest else products if products >= MIN_PRODUCTS else 0),
        restarts=max(fewest, min(3, int(0.7 * steps / (DECADES * points)))),
        points_per_decade=points,
        curvature_samples=None if compute.is_measured else CURVATURE_SAMPLES,
    )


def _start(job: Job, batches: int, seed: int, notes: list[Remark]) -> Start:
    """Draw small batches independently of each other, so that neither their sum nor a small table biases the scale."""
    model = job.make_model(seed)
    model.train()
    parameters = _trainable(model)
    order = torch.Generator().manual_seed(seed)
    ready = job.train.tree is None
    size = _rows(job) if ready else min(job.micro_batch, max(min(4, job.batch_size), job.batch_size // 4))
    batches = min(batches, MIN_NOISE_BATCHES * 2) if ready else batches
    moments, total = GradientMoments(size), 0.0
    for _ in range(batches):
        job.deadline.check()
        if ready:
            batch = job.train.batches[int(torch.randint(len(job.train.batches), (1,), generator=order))]
        else:
            batch = job.train.select(torch.randint(job.train.n, (size,), generator=order))
        loss = job.loss_on(model, batch)
        moments.add(gradient_of(loss, parameters))
        total += float(loss.detach())
    if not moments.finite:
        notes.append(remark("gradient_not_finite"))
        return Start(total / batches, None, None, batches * size)
    scale = moments.scale
    if math.isinf(scale):
        notes.append(remark("gradient_like_zero"))
    return Start(total / batches, moments.norm, scale if math.isfinite(scale) else None, batches * size)


def _curvature(job: Job, plan: ProbePlan, seed: int, notes: list[Remark]) -> tuple[float | None, int]:
    """Return the largest eigenvalue on one batch, and the samples whose gradient or Hessian product was computed.

    Dropout is off and batch norms use the batch's own statistics: the surface training moves on, without its noise.
    """
    model = job.make_model(seed)
    for module in model.modules():
        module.training = isinstance(module, nn.modules.batchnorm._BatchNorm)  # noqa: SLF001 - the base of all of them
    rows = _curvature_rows(job, plan)
    batch = next(job.train.draw(rows, seed))
    try:
        with unfused_attention(), _differentiable_recurrence(model):
            loss = job.loss_on(model, batch)
        found = largest_curvature(loss, _trainable(model), iterations=plan.products, seed=seed)
    except MeasurementError as error:
        notes.append(remark("curvature_unknown", cause=str(error)))
        return None, rows
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        notes.append(remark("curvature_unknown", cause="memory ran out"))
        return None, rows
    if not found.converged and found.error > 0.2 * abs(found.largest):
        notes.append(remark("curvature_not_converged"))
        return None, rows * (1 + found.products)
    return max(found.largest, 0.0), rows * (1 + found.products)


@contextmanager
def _differentiable_recurrence(model: nn.Module) -> Iterator[None]:
    """Keep recurrent layers to kernels with a second derivative, and a first one in evaluation; cuDNN has neither."""
    enabled = torch.backends.cudnn.enabled
    if any(isinstance(module, nn.RNNBase) for module in model.modules()):
        torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = enabled


def _curvature_rows(job: Job, plan: ProbePlan) -> int:
    """Return the samples whose loss is differentiated twice, as far as memory allows; of a loss over pairs, a batch."""
    if job.train.tree is None or not job.constant_losses:
        return _rows(job)
    wanted = _rows(job) if plan.curvature_samples is None else min(plan.curvature_samples, job.train.n)
    return job.rows_within(wanted, TWICE_DIFFERENTIATED)


def _range_test(
    job: Job, recommendation: Recommendation, plan: ProbePlan, seed: int, progress: Progress
) -> RangeTestRun:
    """Sweep the rates, with smaller and smaller parts of each batch when memory runs out."""

    def advance(share: float) -> None:
        progress("range test", 0.3 + 0.7 * share)

    while True:
        try:
            return range_test(
                job,
                recommendation,
                restarts=plan.restarts,
                points_per_decade=plan.points_per_decade,
                seed=seed * 1_000,
                advance=advance,
            )
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if job.accumulation >= job.batch_size or job.train.tree is None:
                raise OutOfMemoryStop from error
        job = replace(job, accumulation=min(job.batch_size, 2 * job.accumulation))


def _trainable(model: nn.Module) -> list[Tensor]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _rows(job: Job) -> int:
    """Return the samples of one forward pass in training; of ready batches, the mean."""
    if job.train.tree is None:
        return max(1, round(job.train.n / len(job.train.batches)))
    return min(job.micro_batch, job.train.n)


def _facts(job: Job, start: Start, curvature: float | None, swept: RangeTestRun | None) -> ProbeFacts:
    constant = job.constant_loss()
    ratio = start.loss / constant if constant and start.loss >= 0 else None
    if swept is None:
        return ProbeFacts(
            initial_loss=start.loss,
            constant_loss=constant,
            initial_loss_ratio=ratio,
            gradient_norm=start.norm,
            gradient_noise_scale=start.scale,
            noise_ratio=start.scale / job.batch_size if start.scale is not None else None,
            curvature=curvature,
        )
    read = swept.reading.estimates
    return ProbeFacts(
        initial_loss=start.loss,
        constant_loss=constant,
        initial_loss_ratio=ratio,
        gradient_norm=start.norm,
        gradient_noise_scale=start.scale,
        noise_ratio=start.scale / job.batch_size if start.scale is not None else None,
        curvature=curvature,
        min_loss_lr=read["minimum"],
        steepest_lr=read["steepest"],
        drop_start_lr=read["drop_start"],
        valley_lr=read["valley"],
        max_stable_lr=read["edge"],
        range_test_lr=swept.result.suggestion,
        range_test_spread=swept.reading.spread,
        range_test_usable=swept.result.usable,
        range_test_diverged=swept.result.diverged,
    )
