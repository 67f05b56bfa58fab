"""Keras 3: advice for a compiled model on the torch backend, and optimizer and schedule on any."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from advisor.api.advice import Advice
from advisor.catalogue.optimizers import OPTIMIZER_INFO
from advisor.errors import ModelError, PlanError, TrainingStoppedError
from advisor.facts.names import Budget
from advisor.guard.guard import Guard
from advisor.pipeline import advise as advise_model
from advisor.recipe.optimizers import settings_of
from advisor.recipe.schedules import curve_of, run_length
from advisor.results import Recommendation


def advise(model: keras.Model, data: tuple[Any, Any], *, budget: Budget | float = "quick", **settings: Any) -> Advice:
    """Advise for a compiled model by its own loss; the model is left as it is.

    Args:
        model: compiled and built.
        data: ``(x, y)`` arrays.
        budget: how much is trained to check the advice.
        **settings: of ``advisor.advise``, such as ``epochs=20``.

    Raises:
        ModelError: another backend than torch, or a model that is not compiled or not built.
    """
    backend = keras.backend.backend()
    if backend != "torch":
        raise ModelError(
            f"this model runs on {backend}, and trials train on torch; set KERAS_BACKEND=torch, or take the rules' "
            "answer: advisor.recommend(model=advisor.ModelFacts(...), plan=...)"
        )
    if not getattr(model, "compiled", False):
        raise ModelError("the model has no loss yet; call model.compile(loss=...) first")
    x, y = (np.asarray(part) for part in data)
    if not model.built:
        raise ModelError(f"the model has no weights yet; call model.build({(None, *x.shape[1:])}) first")

    def loss(copy: Any, batch: Any) -> Any:
        inputs, target = batch
        return copy.compute_loss(x=inputs, y=target, y_pred=copy(inputs, training=copy.training))

    return advise_model(lambda: _fresh(model), (x, y), loss, budget=budget, **settings)


def optimizer(advice: Advice | Recommendation, total_steps: int | None = None) -> keras.optimizers.Optimizer:
    """Return the optimizer with its schedule, weight decay and clipping, for ``model.compile``.

    Args:
        advice: what was advised.
        total_steps: optimizer steps of the whole run; None: the advice's.

    Raises:
        PlanError: Keras has no such optimizer, or the length is not known.
    """
    rec = advice.recommendation if isinstance(advice, Advice) else advice
    info = OPTIMIZER_INFO[rec.optimizer]
    if info.keras_class is None:
        raise PlanError(f"Keras has no {info.title}; ask again with optimizer='adamw'")
    settings = settings_of(rec)
    usual = {"beta1": "beta_1", "beta2": "beta_2", "momentum": "momentum", "epsilon": "epsilon"}
    names = usual | dict(info.keras_keywords)
    keywords = {keyword: getattr(settings, name) for name, keyword in names.items() if name in info.settings}
    if "nesterov" in info.settings:
        keywords["nesterov"] = settings.nesterov
    if rec.weight_decay:
        keywords["weight_decay"] = rec.weight_decay
    kind = getattr(keras.optimizers, info.keras_class)
    return kind(Schedule.of(rec, total_steps), global_clipnorm=rec.clip_norm, **keywords)


@keras.saving.register_keras_serializable(package="advisor")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """The advised learning rate of every optimizer step."""

    def __init__(self, rates: list[float]) -> None:
        self.rates = rates

    @classmethod
    def of(cls, recommendation: Recommendation, total_steps: int | None = None) -> Schedule:
        """Return the schedule of a recommendation.

        Raises:
            PlanError: the length of the run is not known.
        """
        steps, curve = run_length(recommendation, total_steps), curve_of(recommendation, total_steps)
        return cls([curve(step) for step in range(steps)])

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step; the last one's past the end."""
        place = keras.ops.minimum(keras.ops.cast(step, "int32"), len(self.rates) - 1)
        return keras.ops.take(keras.ops.convert_to_tensor(self.rates, dtype="float32"), place)

    def get_config(self) -> dict[str, Any]:
        """Return what makes it again."""
        return {"rates": self.rates}


class GuardCallback(keras.callbacks.Callback):
    """Watches the losses of batches and epochs; see ``advisor.Guard``, whose answers are ``warn`` and ``stop`` here.

    Keras logs the mean since the epoch began; the loss of single batches is worked out from it.
    """

    def __init__(self, advice: Advice | None = None, **settings: Any) -> None:
        super().__init__()
        self.guard = Guard(advice=advice, **settings)
        self._sum = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Begin a new mean."""
        del epoch, logs
        self._sum = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the loss of a batch; a lost run ends where it is to be stopped."""
        if not logs or "loss" not in logs:
            return
        total = float(logs["loss"]) * (batch + 1)
        loss, self._sum = total - self._sum, total
        try:
            self.guard.step(loss, learning_rate=float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))
        except TrainingStoppedError:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the held-out loss."""
        del epoch
        if logs and "val_loss" in logs:
            self.guard.held_out(logs["val_loss"])


def _fresh(model: keras.Model) -> keras.Model:
    """Return a copy with the same loss and weights, ready for torch."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.compile(loss=model.loss)
    return copy
