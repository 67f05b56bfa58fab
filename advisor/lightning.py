"""Lightning: advice from a module's own ``training_step`` and loaders, at fit start or before it, and a guard."""

from __future__ import annotations

from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.utilities.types import LRSchedulerConfig
from torch import Tensor

from advisor.api.advice import Advice
from advisor.errors import PlanError, TrainingStoppedError
from advisor.facts import completed_settings, says
from advisor.facts.names import Budget
from advisor.guard.guard import Guard
from advisor.pipeline import advise as advise_model


def advise(
    module: lightning.LightningModule, data: Any, *, budget: Budget | float = "quick", **settings: Any
) -> Advice:
    """Advise for a module on its training data; neither is changed.

    Args:
        module: with a ``training_step`` that returns a loss, or a dict with one. The optimizer that it configures is
            kept, with its settings and the ratios between its groups.
        data: a ``LightningDataModule`` or a loader.
        budget: how much is trained to check the advice.
        **settings: of ``advisor.advise``, such as ``epochs=20``.

    Raises:
        PlanError: manual optimization, or several optimizers.
    """
    if isinstance(data, lightning.LightningDataModule):
        data.prepare_data()
        data.setup("fit")
        data = data.train_dataloader()
    if not says(settings, "optimizer"):
        settings["optimizer"] = _optimizer_of(module)
    return _advise(module, data, budget, settings)


class AdviceCallback(Callback):
    """Advises when ``fit`` starts, and sets learning rates, schedule and clipping.

    The optimizer stays the module's own, with the ratios between its groups; its scheduler is replaced. Clipping is set
    where the trainer has none.

    Attributes:
        advice: what was advised; None before ``fit``.
    """

    def __init__(self, *, budget: Budget | float = "quick", **settings: Any) -> None:
        self.budget = budget
        self.settings = settings
        self.advice: Advice | None = None

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Advise, and change the trainer."""
        if len(trainer.optimizers) != 1 or not pl_module.automatic_optimization:
            raise _several(len(trainer.optimizers))
        steps = int(trainer.estimated_stepping_batches)
        optimizer = trainer.optimizers[0]
        settings = completed_settings(self.settings, {"steps": steps, "optimizer": optimizer})
        self.advice = _advise(pl_module, trainer.train_dataloader, self.budget, settings)
        scheduler = self.advice.apply(optimizer, steps)
        trainer.strategy.lr_scheduler_configs = [LRSchedulerConfig(scheduler=scheduler, interval="step")]
        if trainer.gradient_clip_val is None:
            trainer.gradient_clip_val = self.advice.recommendation.clip_norm


class GuardCallback(Callback):
    """Watches the training loss, and the held-out one when ``val_loss`` is logged; see ``advisor.Guard``."""

    def __init__(self, advice: Advice | None = None, *, monitor: str = "val_loss", **settings: Any) -> None:
        self.monitor = monitor
        self.guard: Guard | None = None
        self._advice, self._settings = advice, settings

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Begin to watch."""
        scheduler = next((config.scheduler for config in trainer.lr_scheduler_configs), None)
        settings = {"total_steps": int(trainer.estimated_stepping_batches), **self._settings}
        self.guard = Guard(pl_module, trainer.optimizers[0], scheduler, advice=self._advice, **settings)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the loss of the step; a lost run ends where it is to be stopped."""
        del pl_module, batch, batch_idx
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        if self.guard is None or loss is None:
            return
        try:
            self.guard.step(loss)
        except TrainingStoppedError as stopped:
            lightning.pytorch.utilities.rank_zero_warn(str(stopped))
            trainer.should_stop = True

    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Look at the held-out loss."""
        del pl_module
        value = trainer.callback_metrics.get(self.monitor)
        if self.guard is not None and value is not None and not trainer.sanity_checking:
            self.guard.held_out(value)


def _advise(module: lightning.LightningModule, loader: Any, budget: Budget | float, settings: dict[str, Any]) -> Advice:
    trainer, module._trainer = module._trainer, None  # noqa: SLF001 - copies of the module must not copy the trainer
    try:
        return advise_model(module, loader, _training_loss, budget=budget, **settings)
    finally:
        module._trainer = trainer  # noqa: SLF001 - as it was


def _training_loss(module: Any, batch: Any) -> Tensor:
    module.log = module.log_dict = lambda *_, **__: None  # nothing is logged in trials
    output = module.training_step(batch, 0)
    return output["loss"] if isinstance(output, dict) else output


def _optimizer_of(module: lightning.LightningModule) -> Any:
    configured = module.configure_optimizers()
    if isinstance(configured, dict):
        configured = configured["optimizer"]
    while isinstance(configured, list | tuple) and configured:
        if len(configured) > 1 and not isinstance(configured[0], list | tuple):
            raise _several(len(configured))
        configured = configured[0]
    return configured


def _several(count: int) -> PlanError:
    return PlanError(
        f"a module with {count} optimizers, or with manual optimization, steps by itself; write advisor.advise(part, "
        "data, loss) for each part that has its own"
    )
