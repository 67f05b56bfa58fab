"""A short look at real gradients before any training."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from advisor.errors import MeasurementError
from advisor.facts import ProbeFacts
from advisor.progress import Progress, silent
from advisor.results import ProbeReport, RangeTest, Recommendation
from advisor.verification.batched import unfused_attention
from advisor.verification.curvature import largest_curvature
from advisor.verification.estimators import Reading
from advisor.verification.job import Job
from advisor.verification.noise_scale import gradient_of, noise_scale
from advisor.verification.range_test import range_test
from advisor.verification.runs import recipe_of
from advisor.verification.updates import BATCHED

NOISE_REPEATS = 20
CURVATURE_SAMPLES = 256
WORK = 4e10
"""Multiplications that the probe may spend; larger models get fewer repeats and restarts."""


def probe(job: Job, recommendation: Recommendation, *, seed: int = 0, progress: Progress = silent) -> ProbeReport:
    """Measure the start of training: loss, gradient, noise, curvature, and a range test.

    Works on fresh copies of the model only. What cannot be measured is left unknown, and the notes say why.
    """
    with torch.random.fork_rng(devices=[]), unfused_attention():
        torch.manual_seed(seed)
        return _probe(job, recommendation, seed, progress)


def _probe(job: Job, recommendation: Recommendation, seed: int, progress: Progress) -> ProbeReport:
    notes: list[str] = []
    model = job.make_model(seed)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    size = sum(parameter.numel() for parameter in parameters)
    repeats = max(4, min(NOISE_REPEATS, int(WORK / (30.0 * size * job.batch_size))))
    progress("measuring gradients", 0.0)
    start = _gradients(job, model, parameters, seed, repeats)
    progress("measuring curvature", 0.3)
    curvature, curvature_samples = _curvature(job, model, parameters, seed, notes)
    samples = start.samples + curvature_samples
    progress("range test", 0.4)
    recipe = recipe_of(recommendation)
    swept: tuple[RangeTest, Reading, int] | None = None
    if recipe.settings.optimizer in BATCHED:
        restarts = 3 if size * job.batch_size < WORK / 6e3 else 1
        decays = recommendation.schedule not in {"constant", "cyclical"}
        swept = range_test(job, recipe, restarts=restarts, seed=seed, decays=decays)
        samples += swept[2]
    else:
        notes.append(f"No range test: {recipe.settings.optimizer} sets its own step size or is not in torch.")
    return ProbeReport(
        facts=_facts(job, start, curvature, swept),
        range_test=swept[0] if swept else None,
        gradient_samples=samples,
        notes=tuple(notes),
    )


class _Start:
    """Loss, gradient norm and noise scale before training."""

    def __init__(self, loss: float, norm: float, scale: float, samples: int) -> None:
        self.loss, self.norm, self.scale, self.samples = loss, norm, scale, samples


def _gradients(job: Job, model: nn.Module, parameters: list[Tensor], seed: int, repeats: int) -> _Start:
    model.train()
    batches = job.train.draw(job.batch_size, seed)
    if job.train.tree is None or job.batch_size < 4:
        found = [job.loss(model, next(batches)) for _ in range(2)]
        norm = float(gradient_of(sum(found) / 2, parameters).norm())  # type: ignore[arg-type]
        return _Start(sum(float(loss.detach()) for loss in found) / 2, norm, math.inf, 2 * job.batch_size)
    n_small = max(1, job.batch_size // 4)
    small = job.train.rows(n_small, seed + 1)
    small_norms, large, losses = [], [], []
    for _ in range(repeats):
        small_norms.append(gradient_of(job.loss(model, job.train.select(next(small))), parameters))
        loss = job.loss(model, next(batches))
        large.append(gradient_of(loss, parameters))
        losses.append(float(loss.detach()))
    stacked = torch.stack(large)
    scale = noise_scale(torch.stack(small_norms), stacked, n_small=n_small, n_large=job.batch_size)
    return _Start(
        sum(losses) / len(losses), float(stacked.mean(dim=0).norm()), scale, repeats * (n_small + job.batch_size)
    )


def _curvature(
    job: Job, model: nn.Module, parameters: list[Tensor], seed: int, notes: list[str]
) -> tuple[float | None, int]:
    rows = min(CURVATURE_SAMPLES, job.train.n)
    batch = next(job.train.draw(rows if job.train.tree is not None else job.batch_size, seed))
    try:
        found = largest_curvature(job.loss(model, batch), parameters, seed=seed)
    except MeasurementError as error:
        notes.append(f"Curvature is not known: {error}.")
        return None, rows
    return max(found, 0.0), rows * 12


def _facts(
    job: Job, start: _Start, curvature: float | None, swept: tuple[RangeTest, Reading, int] | None
) -> ProbeFacts:
    constant = job.constant_loss
    scale = start.scale if math.isfinite(start.scale) else None
    read = dict(swept[0].estimates) if swept else {}
    test = swept[0] if swept else None
    return ProbeFacts(
        initial_loss=start.loss,
        constant_loss=constant,
        initial_loss_ratio=start.loss / constant if constant and start.loss >= 0 else None,
        gradient_norm=start.norm,
        gradient_noise_scale=scale,
        noise_ratio=scale / job.batch_size if scale is not None else None,
        curvature=curvature,
        min_loss_lr=read.get("minimum"),
        steepest_lr=read.get("steepest"),
        drop_start_lr=read.get("drop_start"),
        valley_lr=read.get("valley"),
        max_stable_lr=read.get("edge"),
        range_test_lr=test.suggestion if test else None,
        range_test_spread=swept[1].spread if swept else None,
        range_test_usable=test.usable if test else None,
        range_test_diverged=test.diverged if test else None,
    )
