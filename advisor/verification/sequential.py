"""One training after another with stock ``torch.optim``, for modules that ``vmap`` cannot take."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from advisor.facts.names import OptimizerName
from advisor.recipe.torch_objects import ScheduleMultiplier, parameter_groups
from advisor.verification.footprint import one_thread
from advisor.verification.job import Job
from advisor.verification.runs import (
    DIVERGED_RATIO,
    EVALUATION_BATCH,
    EVALUATION_SAMPLES,
    Advance,
    Outcomes,
    Recipe,
    Run,
)
from advisor.verification.updates import UpdateSettings


class SequentialTrainer:
    """Trains the runs of a recipe one after another."""

    path = "sequential"

    def __init__(self, job: Job) -> None:
        self.job = job

    def train(
        self, recipe: Recipe, runs: Sequence[Run], steps: int, *, seed: int, advance: Advance = lambda _share: None
    ) -> Outcomes:
        """Train every run; see ``BatchedTrainer.train``."""
        losses: list[float | None] = []
        samples = 0
        for number, run in enumerate(runs):
            with torch.random.fork_rng(devices=[]), one_thread():
                torch.manual_seed(seed + run.seed)
                loss, used = self._fit(recipe, run, steps)
            losses.append(loss)
            samples += used
            advance((number + 1) / len(runs))
        return Outcomes(tuple(losses), samples, self.path)

    def _fit(self, recipe: Recipe, run: Run, steps: int) -> tuple[float | None, int]:
        job = self.job
        model = job.make_model(run.seed)
        model.train()
        optimizer = make_optimizer(model, recipe.settings, run.learning_rate)
        schedule = ScheduleMultiplier(recipe.schedule, steps, recipe.warmup_fraction, recipe.final_fraction)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
        batches = job.train.draw(job.batch_size, run.seed)
        trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
        start = None
        for step in range(steps):
            optimizer.zero_grad()
            loss = job.loss(model, next(batches))
            value = float(loss.detach())
            start = value if start is None else start
            if not math.isfinite(value) or value > DIVERGED_RATIO * max(abs(start), 1e-3):
                return None, (step + 1) * job.batch_size
            loss.backward()
            if recipe.clip_norm is not None:
                nn.utils.clip_grad_norm_(trainable, recipe.clip_norm)
            optimizer.step()
            scheduler.step()
        return self.held_out(model), steps * job.batch_size

    def held_out(self, model: nn.Module) -> float | None:
        """Return the held-out loss of a trained model; None when it is no better than diverged."""
        model.eval()
        total, count = 0.0, 0
        with torch.no_grad():
            for batch, size in self.job.validation.evaluation(EVALUATION_BATCH, EVALUATION_SAMPLES):
                total += float(self.job.loss(model, batch)) * size
                count += size
        mean = total / count
        constant = self.job.constant_loss
        too_high = constant is not None and mean >= DIVERGED_RATIO * max(constant, 1e-3)
        return None if too_high or not math.isfinite(mean) else mean


def make_optimizer(model: nn.Module, settings: UpdateSettings, learning_rate: float) -> torch.optim.Optimizer:
    """Build the stock optimizer of a rule's settings."""
    groups = parameter_groups(model, settings.weight_decay)
    name: OptimizerName = settings.optimizer
    match name:
        case "sgd":
            return torch.optim.SGD(groups, lr=learning_rate, momentum=settings.momentum, nesterov=settings.nesterov)
        case "adagrad":
            return torch.optim.Adagrad(groups, lr=learning_rate, eps=settings.epsilon)
        case "rmsprop":
            return torch.optim.RMSprop(
                groups, lr=learning_rate, alpha=settings.beta2, momentum=settings.momentum, eps=settings.epsilon
            )
        case "adam" | "adamw":
            kind = torch.optim.Adam if name == "adam" else torch.optim.AdamW
            betas = (settings.beta1, settings.beta2)
            return kind(groups, lr=learning_rate, betas=betas, eps=settings.epsilon)
        case _:
            return torch.optim.Adafactor(groups, lr=learning_rate)
