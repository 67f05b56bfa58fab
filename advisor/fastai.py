"""fastai: advice from a Learner's own model, batches and loss, its optimizer and schedule set, and a guard."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.callback.training import GradientClip
from fastai.learner import Learner
from fastai.optimizer import SGD, Adam, OptimWrapper
from torch import Tensor, nn

from advisor.api.advice import Advice
from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import PlanError, TrainingStoppedError
from advisor.facts import completed_settings, says
from advisor.facts.names import Budget
from advisor.guard.guard import Guard
from advisor.pipeline import advise as advise_model
from advisor.recipe.optimizers import arguments, settings_of
from advisor.recipe.schedules import curve_of
from advisor.results import Recommendation


def advise(learn: Learner, *, budget: Budget | float = "quick", **settings: Any) -> Advice:
    """Advise for a Learner's model on its own batches, by its own loss; nothing of it is changed.

    Its optimizer is kept, with its settings and the ratios between its groups, and the schedule is one cycle unless
    another is asked for. Callbacks that change batches or losses, such as MixUp, do not act in the trials.

    Args:
        learn: not started yet.
        budget: how much is trained to check the advice.
        **settings: of ``advisor.advise``, such as ``epochs=5``.

    Raises:
        PlanError: an optimizer that has no counterpart in torch.
    """
    train, held_out = _Batches(learn.dls.train), _Batches(learn.dls.valid)
    settings = completed_settings(settings, {"schedule": "one_cycle", "batch_size": learn.dls.train.bs})
    if "validation" not in settings and len(held_out):
        settings["validation"] = held_out
    if not says(settings, "optimizer"):
        settings["optimizer"] = _torch_optimizer(learn)

    def loss(model: nn.Module, batch: Any) -> Tensor:
        inputs, targets = _split(learn, batch)
        return learn.loss_func(model(*inputs), *targets)

    with _draws_kept(learn.dls.train):
        return advise_model(learn.model, train, loss, budget=budget, **settings)


def opt_func(advice: Advice | Recommendation) -> Callable[..., Any]:
    """Return the optimizer for ``Learner(opt_func=…)``: fastai's own where it has it, else torch's in its wrapper.

    Raises:
        PlanError: torch has no such optimizer.
    """
    rec = advice.recommendation if isinstance(advice, Advice) else advice
    info, settings = OPTIMIZER_INFO[rec.optimizer], settings_of(rec)
    decay = {"wd": rec.weight_decay, "decouple_wd": rec.optimizer == "adamw"}
    if rec.optimizer in {"adam", "adamw"}:
        return partial(Adam, mom=settings.beta1, sqr_mom=settings.beta2, eps=settings.epsilon, **decay)
    if rec.optimizer == "sgd" and not settings.nesterov:
        return partial(SGD, mom=settings.momentum, **decay)
    if not info.in_torch() or info.companion is not None:
        raise PlanError(f"a Learner cannot step {info.title}; ask again with optimizer='adamw'")
    kind = getattr(torch.optim, str(info.torch_class))
    return partial(OptimWrapper, opt=kind, weight_decay=rec.weight_decay, **arguments(settings))


def apply(learn: Learner, advice: Advice) -> None:
    """Give a Learner the optimizer, the schedule and the clipping that were advised, for ``learn.fit(epochs)``."""
    rec = advice.recommendation
    learn.opt_func, learn.opt = opt_func(advice), None
    learn.lr, learn.wd = rec.learning_rate, rec.weight_decay
    learn.remove_cbs([callback for callback in learn.cbs if isinstance(callback, AdvisedSchedule | GradientClip)])
    learn.add_cb(AdvisedSchedule(rec))
    if rec.clip_norm is not None:
        learn.add_cb(GradientClip(rec.clip_norm))


class AdvisedSchedule(Callback):
    """The advised learning rate of every step, drawn over the passes that ``fit`` is given."""

    order = 60  # as ParamScheduler, after the callbacks that change the passes

    def __init__(self, recommendation: Recommendation) -> None:
        super().__init__()
        self.recommendation = recommendation
        self._curve: Callable[[int], float] | None = None

    def before_fit(self) -> None:
        """Draw the curve over this run."""
        self._curve = curve_of(self.recommendation, self.n_epoch * len(self.dls.train))

    def before_batch(self) -> None:
        """Set the rate of the step, every group's share of it."""
        if not self.training or self._curve is None:
            return
        rate = self._curve(self.epoch * self.n_iter + self.iter)
        shares = [group.rate_factor for group in self.recommendation.groups] or [1.0]
        if len(shares) != len(self.opt.hypers):
            shares = [1.0]
        self.opt.set_hyper("lr", [rate * share for share in shares])


class GuardCallback(Callback):
    """Watches the losses of batches and passes; see ``advisor.Guard``, whose answers are ``warn`` and ``stop`` here."""

    order = 65  # after the rate of the step is set
    name = "advisor_guard"  # on the Learner; fastai warns where that is also the name of an attribute here

    def __init__(self, advice: Advice | None = None, **settings: Any) -> None:
        super().__init__()
        self.guard: Guard | None = None
        self._advice, self._settings = advice, settings

    def before_fit(self) -> None:
        """Begin to watch."""
        settings = {"total_steps": self.n_epoch * len(self.dls.train), **self._settings}
        self.guard = Guard(advice=self._advice, **settings)

    def after_batch(self) -> None:
        """Look at the loss of a step; a lost run ends where it is to be stopped.

        Raises:
            CancelFitException: fastai's way to end a fit.
        """
        if not self.training or self.guard is None:
            return
        rate = max(hyper["lr"] for hyper in self.opt.hypers)
        try:
            self.guard.step(self.loss, learning_rate=rate)
        except TrainingStoppedError as stopped:
            raise CancelFitException from stopped

    def after_epoch(self) -> None:
        """Look at the held-out loss."""
        names, values = self.recorder.metric_names[1:], self.recorder.log[1:]
        found = dict(zip(names, values, strict=False)).get("valid_loss")
        if self.guard is not None and found is not None:
            self.guard.held_out(found)


class _Batches:
    """Batches of a fastai loader as plain tensors: its own subclasses carry what only its display needs."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Any]:
        for batch in self._loader:
            yield _plain(batch)


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.as_subclass(Tensor)
    if isinstance(value, tuple | list):
        return tuple(_plain(part) for part in value)
    return {name: _plain(part) for name, part in value.items()} if isinstance(value, dict) else value


def _split(learn: Learner, batch: Any) -> tuple[Any, Any]:
    """Return inputs and targets of a batch as ``Learner`` splits them."""
    inputs = getattr(learn.dls, "n_inp", 1 if len(batch) == 1 else len(batch) - 1)
    return batch[:inputs], batch[inputs:]


@contextmanager
def _draws_kept(loader: Any) -> Iterator[None]:
    """Put the loader's own generator back, so that the order of batches is as without advice."""
    own = getattr(loader, "rng", None)
    state = own.getstate() if isinstance(own, random.Random) else None
    try:
        yield
    finally:
        if own is not None and state is not None:
            own.setstate(state)
            loader.rng = own  # every pass over the batches makes a new one from it


def _torch_optimizer(learn: Learner) -> torch.optim.Optimizer:
    """Return the Learner's optimizer, or torch's with the same groups and settings."""
    own = learn.opt_func if isinstance(learn.opt_func, OptimWrapper) else None
    if own is None:
        own = learn.opt_func(learn.splitter(learn.model), lr=learn.lr)
    if isinstance(own, OptimWrapper):
        return own.opt
    steps = {getattr(step, "func", step).__name__ for step in own.cbs}
    groups = []
    for parameters, hyper in zip(own.param_lists, own.hypers, strict=True):
        decay = hyper.get("wd", 0.0) if learn.wd is None else learn.wd
        group = {"params": list(parameters), "lr": hyper["lr"], "weight_decay": decay}
        if "adam_step" in steps:
            group |= {"betas": (hyper["mom"], hyper["sqr_mom"]), "eps": hyper["eps"]}
        elif steps & {"sgd_step", "momentum_step"}:
            group["momentum"] = hyper["mom"]
        groups.append(group)
    if "adam_step" in steps:
        return torch.optim.AdamW(groups) if "weight_decay" in steps else torch.optim.Adam(groups)
    if steps & {"sgd_step", "momentum_step"} and not steps & {"larc_layer_lr", "larc_step"}:
        return torch.optim.SGD(groups)
    raise PlanError("advisor does not know the Learner's optimizer; give optimizer= with the name that comes closest")
