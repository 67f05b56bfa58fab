"""The same recipe for Lightning, Hugging Face Trainer and Keras."""

from __future__ import annotations

from textwrap import indent

from advisor.catalogue.optimizers import OPTIMIZER_INFO, OptimizerInfo
from advisor.errors import PlanError
from advisor.recipe.code_parts import TRAIN_MODE, OptimizerCode, optimizer_code, schedule_code
from advisor.recipe.optimizers import settings_of
from advisor.results import Recommendation

_LIGHTNING = """\
import math

import lightning
import torch
from torch import nn
{imports}
{schedule}


class Model(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))  # replace by your own

    def training_step(self, batch, _):
        x, y = batch
        return nn.functional.mse_loss(self.net(x), y)

    def configure_optimizers(self):
        # Norms and biases are not decayed.
        trainable = [p for p in self.parameters() if p.requires_grad]
        decayed = [p for p in trainable if p.ndim >= 2]
        others = [p for p in trainable if p.ndim < 2]
        optimizer = {optimizer}
{averaging}        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, multiplier)
        return {{"optimizer": optimizer, "lr_scheduler": {{"scheduler": scheduler, "interval": "step"}}}}


data = torch.utils.data.TensorDataset(torch.randn({rows}, 8), torch.randn({rows}, 1))  # replace by your own
loader = torch.utils.data.DataLoader(data, batch_size={batch}, shuffle=True)
trainer = lightning.Trainer(max_steps=TOTAL_STEPS{clip})
trainer.fit(Model(), loader)
"""

_HUGGINGFACE = """\
import math

import torch
from torch import nn
from transformers import Trainer, TrainingArguments
{imports}

class Model(nn.Module):  # replace by your own; a transformers model returns the loss by itself
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x, labels):
        output = self.net(x)
        return {{"loss": nn.functional.mse_loss(output, labels), "logits": output}}


model = Model()
data = [{{"x": torch.randn(8), "labels": torch.randn(1)}} for _ in range({rows})]  # replace by your own

{schedule}


# Norms and biases are not decayed.
trainable = [p for p in model.parameters() if p.requires_grad]
decayed = [p for p in trainable if p.ndim >= 2]
others = [p for p in trainable if p.ndim < 2]
optimizer = {optimizer}
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, multiplier)

arguments = TrainingArguments(
    output_dir="out",
    max_steps=TOTAL_STEPS,
    per_device_train_batch_size={batch},
    max_grad_norm={clip},  # 0 does not clip
    report_to="none",
)
Trainer(model, arguments, train_dataset=data, optimizers=(optimizer, scheduler)).train()
"""

_KERAS = """\
import math

import keras
import numpy as np

# Replace these two by your own model and data.
model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)])
x, y = np.random.default_rng(0).normal(size=({rows}, 8)), np.random.default_rng(1).normal(size=({rows}, 1))

PEAK = {peak:.6g}
{schedule}


class Schedule(keras.callbacks.Callback):
    \"\"\"Sets the learning rate before every optimizer step.\"\"\"

    step = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = PEAK * multiplier(self.step)
        self.step += 1


model.build((None, 8))
optimizer = keras.optimizers.{optimizer}
{exclude}model.compile(optimizer, loss="mse")
steps_per_epoch = math.ceil(len(x) / {batch})
model.fit(x, y, batch_size={batch}, epochs=math.ceil(TOTAL_STEPS / steps_per_epoch), callbacks=[Schedule()])
"""

_KERAS_EXCLUDE = """\
optimizer.exclude_from_weight_decay([v for v in model.trainable_variables if len(v.shape) < 2])  # norms and biases
"""


def lightning(recommendation: Recommendation) -> str:
    """Return a Lightning script.

    Raises:
        PlanError: Muon, which needs two optimizers.
    """
    code = _single(recommendation, "Lightning's automatic optimization")
    clip = recommendation.clip_norm
    batch = _batch(recommendation)
    return _LIGHTNING.format(
        imports=code.imports,
        schedule=schedule_code(recommendation),
        optimizer=indent(code.expression, " " * 8).lstrip(),
        averaging=f"        {TRAIN_MODE}" if code.averages else "",
        batch=batch,
        rows=4 * batch,
        clip=f", gradient_clip_val={clip:g}" if clip is not None else "",
    )


def huggingface(recommendation: Recommendation) -> str:
    """Return a script for the Trainer of transformers.

    Raises:
        PlanError: Muon, which needs two optimizers.
    """
    code = _single(recommendation, "the Trainer")
    batch = _batch(recommendation)
    return _HUGGINGFACE.format(
        imports=code.imports,
        schedule=schedule_code(recommendation),
        optimizer=code.expression,
        batch=batch,
        rows=4 * batch,
        clip=f"{recommendation.clip_norm or 0.0:g}",
    )


def keras(recommendation: Recommendation) -> str:
    """Return a Keras 3 script; weight decay is decoupled there for every optimizer.

    Raises:
        PlanError: Keras has no such optimizer.
    """
    info = OPTIMIZER_INFO[recommendation.optimizer]
    if info.keras_class is None:
        raise PlanError(f"Keras has no {info.title}; choose another with optimizer=, or take the torch snippet")
    batch = _batch(recommendation)
    return _KERAS.format(
        peak=recommendation.learning_rate,
        schedule=schedule_code(recommendation),
        optimizer=f"{info.keras_class}({', '.join(_keras_settings(recommendation, info))})",
        exclude=_KERAS_EXCLUDE if recommendation.weight_decay else "",
        batch=batch,
        rows=4 * batch,
    )


def _keras_settings(recommendation: Recommendation, info: OptimizerInfo) -> list[str]:
    usual = {"beta1": "beta_1", "beta2": "beta_2", "momentum": "momentum", "epsilon": "epsilon"}
    settings = settings_of(recommendation)
    parts = ["PEAK"]
    for name, keyword in (usual | dict(info.keras_keywords)).items():
        if name in info.settings:
            parts.append(f"{keyword}={getattr(settings, name):g}")
    if "nesterov" in info.settings:
        parts.append(f"nesterov={settings.nesterov}")
    if recommendation.weight_decay:
        parts.append(f"weight_decay={recommendation.weight_decay:.6g}")
    if recommendation.clip_norm is not None:
        parts.append(f"global_clipnorm={recommendation.clip_norm:g}")
    return parts


def _single(recommendation: Recommendation, what: str) -> OptimizerCode:
    code = optimizer_code(recommendation)
    if code.beside is not None:
        raise PlanError(f"Muon needs AdamW beside it and {what} steps one optimizer; take the torch snippet")
    return code


def _batch(recommendation: Recommendation) -> int:
    return min(recommendation.batch_size or 32, 256)
