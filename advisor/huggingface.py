"""Hugging Face's Trainer: arguments from an advice, advice from a trainer, and a guard."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainingArguments

from advisor.api.advice import Advice
from advisor.errors import PlanError, TrainingStoppedError
from advisor.facts import completed_settings
from advisor.facts.names import Budget
from advisor.guard.guard import Guard
from advisor.pipeline import advise as advise_model
from advisor.recipe import training_arguments as own


def training_arguments(advice: Advice, output_dir: str = "out", **settings: Any) -> TrainingArguments:
    """Return arguments that train as advised.

    Args:
        advice: what was advised.
        output_dir: of the run.
        **settings: further arguments; they win over the advice.

    Raises:
        PlanError: the Trainer has no such schedule or optimizer by name.
    """
    rec = advice.recommendation
    arguments = own.training_arguments(rec)
    if not arguments.complete:
        raise PlanError(
            f"TrainingArguments cannot say {own.unsaid(rec)}; write "
            "Trainer(..., optimizers=tuple(advice.build(model, total_steps)))"
        )
    return TrainingArguments(output_dir=output_dir, **{**dict(arguments.values), **settings})


def advise(trainer: Trainer, *, budget: Budget | float = "quick", **settings: Any) -> Advice:
    """Advise for a trainer's model on its training data, by its own loss and collator; nothing of it is changed.

    Adapters (PEFT, LoRA) are seen as such: only what trains is trained.

    Args:
        trainer: not started yet.
        budget: how much is trained to check the advice.
        **settings: of ``advisor.advise``; epochs, batch size and accumulation are the trainer's where none are given.
    """
    arguments = trainer.args
    loader = DataLoader(
        trainer.train_dataset,
        batch_size=arguments.train_batch_size,
        collate_fn=trainer.data_collator,
        shuffle=True,
    )
    limited = arguments.max_steps > 0
    stated = {
        "steps": arguments.max_steps if limited else None,
        "epochs": None if limited else arguments.num_train_epochs,
        "accumulation": arguments.gradient_accumulation_steps,
        "precision": "bfloat16" if arguments.bf16 else "float16" if arguments.fp16 else None,
        "batch_size": arguments.train_batch_size,
    }

    stand_in = _with_own_records(trainer)

    def loss(model: nn.Module, batch: Any) -> Tensor:
        found = stand_in.compute_loss(model, dict(batch))
        return found[0] if isinstance(found, tuple) else found

    return advise_model(trainer.model, loader, loss, budget=budget, **completed_settings(settings, stated))


def _with_own_records(trainer: Trainer) -> Trainer:
    """Return a trainer that shares everything but its numbers and containers: TRL's losses keep metrics and counts."""
    stand_in = copy.copy(trainer)
    rows = (trainer.train_dataset, trainer.eval_dataset)
    for name, value in vars(trainer).items():
        if not any(value is data for data in rows):
            setattr(stand_in, name, _with_own_containers(value))
    return stand_in


def _with_own_containers(value: Any) -> Any:
    match value:
        case dict():
            own = copy.copy(value)  # of its own class, which may make values that are missing
            own.update({name: _with_own_containers(inner) for name, inner in value.items()})
            return own
        case list():
            return [_with_own_containers(inner) for inner in value]
        case deque() | set():
            return copy.copy(value)
        case _:
            return value


def apply(trainer: Trainer, advice: Advice) -> None:
    """Give a trainer the optimizer, the schedule and the clipping that were advised."""
    steps = advice.recommendation.total_steps
    trainer.optimizer, trainer.lr_scheduler = advice.build(trainer.model, steps)
    trainer.args.max_grad_norm = advice.recommendation.clip_norm or 0.0


class GuardCallback(TrainerCallback):
    """Watches what the trainer logs; see ``advisor.Guard``. Set ``logging_steps=1`` for a look at every step."""

    def __init__(self, advice: Advice | None = None, **settings: Any) -> None:
        self._advice, self._settings = advice, settings
        self.guard: Guard | None = None

    def on_train_begin(self, args: TrainingArguments, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin to watch."""
        del args, control
        settings = {"total_steps": state.max_steps, **self._settings}
        parts = (kwargs.get("model"), kwargs.get("optimizer"), kwargs.get("lr_scheduler"))
        self.guard = Guard(*parts, advice=self._advice, **settings)

    def on_log(
        self, args: TrainingArguments, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        """Look at what was logged; a lost run ends where it is to be stopped."""
        del args, kwargs
        if self.guard is None or not logs:
            return
        self.guard.steps = state.global_step - 1
        try:
            if "loss" in logs:
                self.guard.step(
                    logs["loss"], gradient_norm=logs.get("grad_norm"), learning_rate=logs.get("learning_rate")
                )
            if "eval_loss" in logs:
                self.guard.held_out(logs["eval_loss"])
        except TrainingStoppedError:
            control.should_training_stop = True
